"""The cast of a scene: the characters that it lists, else those in its prompt, in the scene before, or in the story."""

from collections.abc import Sequence

from illustrator.parsing.language import spoken_of, words_of
from illustrator.parsing.people import Mention, gender_of, is_deserted, mentions_of, pronouns_of
from illustrator.storyboard import CastMember, Storyboard

MAX_FIGURES = 8
"""Largest number of figures in a scene."""


def cast_of_story(storyboard: Storyboard) -> tuple[CastMember, ...]:
    """Return the characters of the storyboard, followed by those that only a scene lists."""
    cast = {_key(character.name): character for character in storyboard.characters}
    for scene in storyboard.scenes:
        for listed in scene.characters:
            cast.setdefault(_key(listed.name), listed)
    return tuple(cast.values())


def cast_of_scene(
    storyboard: Storyboard, index: int, cast: Sequence[CastMember], named: Sequence[Mention], extras: Sequence[Mention]
) -> list[int]:
    """Return the positions in the story's `cast` of the characters in the scene at this index.

    `named` and `extras` are the mentions in its prompt. Unnamed people are there alone unless a pronoun means somebody
    else.
    """
    keys = [_key(character.name) for character in cast]
    listed = {keys.index(_key(character.name)) for character in storyboard.scenes[index].characters}
    spoken = {mention.character for mention in named if mention.character is not None}
    if listed or spoken:
        return sorted(listed or spoken)
    words = words_of(storyboard.scenes[index].prompt)
    pronouns = pronouns_of(words)
    if is_deserted(words) or (extras and not pronouns):
        return []
    before = _cast_before(storyboard, index, cast) if pronouns else []
    return _meant_by(pronouns, before or list(range(len(cast))), cast)[:MAX_FIGURES]


def _meant_by(pronouns: frozenset[str], candidates: list[int], cast: Sequence[CastMember]) -> list[int]:
    """Return the one candidate that "he" or "she" can mean, else all candidates."""
    for pronoun in ("he", "she"):
        if pronoun in pronouns and "they" not in pronouns:
            for fitting in (pronoun, ""):
                same = [each for each in candidates if gender_of(cast[each]) == fitting]
                if same:
                    return same[:1]
    return candidates


def _cast_before(storyboard: Storyboard, index: int, cast: Sequence[CastMember]) -> list[int]:
    if index == 0:
        return []
    spoken = spoken_of(storyboard.scenes[index - 1].prompt)
    named, extras = mentions_of([word.casefold() for word in spoken], spoken, cast)
    return cast_of_scene(storyboard, index - 1, cast, named, extras)


def _key(name: str) -> str:
    return name.strip().casefold()
