"""Mentions of people: characters by name or by kind, pronouns, and unnamed people."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from illustrator.parsing.glossary import english_of, in_english
from illustrator.parsing.grammar import count_before
from illustrator.parsing.language import MASK, Hit, Lexicon, denied, nouns, words_of
from illustrator.storyboard import CastMember
from illustrator.vocabulary.tables import rows_of, word_set, words_in

CROWDS = word_set("crowds")
"""Kinds that consist of many people."""

_TITLES = word_set("titles")
_MALE = word_set("male")
_FEMALE = word_set("female")
_HE = frozenset({"he", "him", "himself"})
_SHE = frozenset({"she", "herself"})
_THEY = word_set("they")
_IT = frozenset({"it", "itself"})
_NOBODY = word_set("nobody")


@dataclass(frozen=True)
class Mention:
    """A mention in the words from `start` to before `end`: of one character, or of `count` people of a kind."""

    start: int
    end: int
    character: int | None = None
    kind: str = ""
    count: int = 1


@dataclass(frozen=True)
class Kind:
    """A kind of unnamed person: its name, and the look of such a person where the text says nothing else."""

    name: str
    age: str
    species: str
    wears: tuple[str, ...]
    is_known: bool = True


def mentions_of(
    words: Sequence[str], spoken: Sequence[str], characters: Sequence[CastMember]
) -> tuple[list[Mention], list[Mention]]:
    """Return the mentions of characters and those of extras, each in the order of the text.

    `spoken` are the same words in their original spelling: a name that is also a common word needs its capital.
    """
    named = sorted(
        (mention for index, each in enumerate(characters) for mention in _named(words, spoken, each, index)),
        key=lambda mention: (mention.start, -mention.end),
    )
    taken = {position for mention in named for position in range(mention.start, mention.end)}
    extras: list[Mention] = []
    english = in_english([MASK if position in taken else word for position, word in enumerate(words)])
    for hit in _kinds().find(english):
        if taken.intersection(range(hit.start, hit.end)) or denied(english, hit.start, hit.end):
            continue
        index = _meant(english, hit, characters, {mention.character for mention in named})
        if index is not None:
            named.append(Mention(hit.start, hit.end, character=index))
        elif extras and extras[-1].kind in CROWDS and tuple(english[extras[-1].end : hit.start]) == ("of",):
            extras[-1] = replace(extras[-1], end=hit.end)
        elif _is_somebody(english, hit) and not _describes(english, hit, named, characters):
            plural = hit.phrase not in _singulars()
            count = count_before(english, hit.start, is_plural=plural)
            extras.append(Mention(hit.start, hit.end, kind=hit.meaning.name, count=count))
    return sorted(named, key=lambda mention: mention.start), extras


def pronouns_of(words: Sequence[str]) -> frozenset[str]:
    """Return the pronouns among the words, in their first form: "he", "she", "it", "they"."""
    found = set(words)
    groups = {"he": _HE, "she": _SHE, "they": _THEY | {"we"}, "it": _IT}
    return frozenset(name for name, group in groups.items() if found & group)


def is_deserted(words: Sequence[str]) -> bool:
    """Return True if the words say that nobody is there."""
    text = " ".join(words)
    return any(f" {phrase} " in f" {text} " for phrase in _NOBODY)


@lru_cache(maxsize=1024)
def gender_of(character: CastMember) -> str:
    """Return the pronoun that fits the name or the description: "he", "she", or the empty text."""
    for word in english_of(f"{character.name}. {character.description}"):
        if word in _MALE:
            return "he"
        if word in _FEMALE:
            return "she"
    return ""


def kind_named(name: str) -> Kind:
    """Return the kind of people that the name begins with."""
    hit = _kinds().at(words_of(name), 0)
    return (
        hit.meaning
        if hit is not None and hit.meaning.species != "animal"
        else Kind(name, "adult", "human", (), is_known=False)
    )


def _named(words: Sequence[str], spoken: Sequence[str], character: CastMember, index: int) -> Iterator[Mention]:
    full = words_of(character.name)
    parts = [full, *([word] for word in full if word not in _TITLES and len(word) > 1)] if full else []
    needs_capital = character.name[:1].isupper() or any(word[:1].isupper() for word in character.name.split())
    position = 0
    while position < len(words):
        for part in parts:
            end = position + len(part)
            if tuple(words[position:end]) == tuple(part):
                capital = any(word[:1].isupper() for word in spoken[position:end])
                if capital or not needs_capital or len(part) > 1 or not _is_a_word(part[0]):
                    yield Mention(position, end, character=index)
                    position = end - 1
                    break
        position += 1


def _is_a_word(word: str) -> bool:
    """Return True if a name is also a common word, so that it counts only with a capital."""
    return _kinds().at((word,), 0) is not None or word in _COMMON_WORDS


_COMMON_WORDS = word_set("common_words")


def _meant(
    words: Sequence[str], hit: Hit[Kind], characters: Sequence[CastMember], spoken_of: set[int | None]
) -> int | None:
    """Return the character that "the boy" or "the little fox" describes; one without a mention so far comes first."""
    before = words[max(0, hit.start - 3) : hit.start]
    if not {"the", "The"}.intersection(before) or hit.phrase not in _singulars():
        return None
    fitting = [index for index, each in enumerate(characters) if hit.phrase in _what_they_are(each)]
    return next((index for index in fitting if index not in spoken_of), fitting[0] if fitting else None)


def _is_somebody(words: Sequence[str], hit: Hit[Kind]) -> bool:
    """Return True if a word means a person and does not describe an animal, as in "a giant turtle"."""
    following = _kinds().at(words, hit.end) if hit.end < len(words) else None
    is_like = following is not None and following.meaning.species == "animal" and hit.phrase in _singulars()
    return hit.meaning.species != "animal" and not is_like


def _describes(
    words: Sequence[str], hit: Hit[Kind], named: Sequence[Mention], characters: Sequence[CastMember]
) -> bool:
    """Return True if the words are in apposition to a name: "Bao, the white duck" or "Aria the sailor"."""
    return any(
        mention.end <= hit.start <= mention.end + 5
        and any(word in ("the", "a", "an") for word in words[mention.end : hit.start])
        and all(
            word in (",", "the", "a", "an") or word not in (".", "and", ";") for word in words[mention.end : hit.start]
        )
        and words[mention.end] in (",", "the")
        and mention.character is not None
        and hit.phrase in _what_they_are(characters[mention.character])
        for mention in named
    )


@lru_cache(maxsize=1024)
def _what_they_are(character: CastMember) -> frozenset[str]:
    """Return the words for people and animals that can mean a character."""
    words = english_of(f"{character.name}. {character.description}")
    found = list(_kinds().find(words))
    return frozenset(hit.phrase.rpartition(" ")[2] for hit in found) | frozenset(hit.phrase for hit in found)


@cache
def _kinds() -> Lexicon[Kind]:
    """Return the words for people, and those for animals with the species `animal`, because a character may be one."""
    entries: list[tuple[str, Kind]] = []
    for row in rows_of("people"):
        for word in words_in(row["words"]):
            kind = Kind(word, row["age"], row["species"], words_in(row["wears"]))
            entries += nouns([word], kind)
    for row in rows_of("species"):
        for word in words_in(row["words"]):
            entries += nouns([word], Kind(word, "adult", "animal", ()))
    return Lexicon(entries)


@cache
def _singulars() -> frozenset[str]:
    tables = ("people", "species")
    return frozenset(
        " ".join(words_of(word)) for table in tables for row in rows_of(table) for word in words_in(row["words"])
    )
