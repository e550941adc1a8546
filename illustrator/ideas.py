"""Ideas of scenes and locations, read from the words of a storyboard."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from illustrator.casting import look_of
from illustrator.parsing.clauses import Actor
from illustrator.parsing.deeds import Deed, deeds_of
from illustrator.parsing.glossary import in_english
from illustrator.parsing.language import MASK, spoken_of, words_of
from illustrator.parsing.people import CROWDS, Mention, gender_of, mentions_of
from illustrator.parsing.presence import MAX_FIGURES, cast_of_scene, cast_of_story
from illustrator.parsing.remainder import not_understood_in
from illustrator.parsing.styles import style_of, text_of
from illustrator.parsing.surroundings import Texts, surroundings_of
from illustrator.parsing.things import Thing, counted, things_in
from illustrator.scene import Action, Figure, Mood, SceneIdea
from illustrator.storyboard import CastMember, Scene, Storyboard

_CROWD_SIZE = 4
_SCENES_REMEMBERED = 6


def idea_of_scene(storyboard: Storyboard, index: int) -> SceneIdea:
    """Return the idea of the scene at this position."""
    scene = storyboard.scenes[index]
    spoken = spoken_of(scene.prompt)
    words = tuple(word.casefold() for word in spoken)
    everybody = cast_of_story(storyboard)
    named, extras = mentions_of(words, spoken, everybody)
    present = cast_of_scene(storyboard, index, everybody, named, extras)
    cast = [everybody[each] for each in present]
    masked = in_english(_masked(words, named))
    location = _location_of(storyboard, scene)
    around = surroundings_of(_texts(storyboard, index, masked, location))
    somebody = frozenset(p for mention in (*named, *extras) for p in range(mention.start, mention.end))
    things = things_in(masked, somebody, around.place)
    props = counted(things, masked)
    deeds, deed_words = deeds_of(masked, _actors(masked, named, extras, present, cast), things, len(cast) + len(extras))
    style, style_is_known = style_of(storyboard.style)
    understood = around.understood | somebody | deed_words | _positions(things)
    return SceneIdea(
        place=around.place,
        time=around.time,
        weather=around.weather,
        style=style,
        camera=around.camera,
        figures=_figures(storyboard.title, cast, extras, deeds),
        seed=f"{index}\n{scene.prompt}",
        backdrop_seed=f"{storyboard.title}\n{location.name if location else around.place}",
        props=props,
        extras=_extra_counts(extras),
        words={thing.name: thing.word for thing in reversed(things) if thing.word != thing.name},
        not_understood=not_understood_in(
            masked, understood, around, style_is_known=style_is_known or not storyboard.style
        ),
        season=around.season,
        moon=around.moon,
    )


def idea_of_location(storyboard: Storyboard, index: int) -> SceneIdea:
    """Return the idea of a location as its reference shows it, without figures."""
    location = storyboard.locations[index]
    words = words_of(f"{location.name}. {location.description}")
    around = surroundings_of(
        Texts(words, location_name=words_of(location.name), location=words, title=words_of(storyboard.title))
    )
    things = things_in(words, frozenset(), around.place)
    return SceneIdea(
        place=around.place,
        time=around.time,
        weather=around.weather,
        style=style_of(storyboard.style)[0],
        camera=around.camera,
        figures=(),
        seed=f"{location.name}\n{location.description}",
        backdrop_seed=f"{storyboard.title}\n{location.name}",
        props=counted(things, words),
        season=around.season,
        moon=around.moon,
    )


def _texts(storyboard: Storyboard, index: int, prompt: tuple[str, ...], location: CastMember | None) -> Texts:
    first = "" if location is not None else " ".join(f"{it.name}. {it.description}" for it in storyboard.locations[:1])
    scenes = storyboard.scenes[index - 1 :: -1] if index else []
    before = tuple(words_of(scene.prompt) for scene in scenes)
    return Texts(
        prompt=prompt,
        earlier=before[: _scenes_at(scenes[:_SCENES_REMEMBERED], storyboard.scenes[index].location)],
        before=before,
        location_name=words_of(location.name) if location is not None else (),
        location=words_of(location.description) if location is not None else (),
        elsewhere=words_of(first),
        title=words_of(storyboard.title),
        style=words_of(text_of(storyboard.style)),
    )


def _scenes_at(scenes: Sequence[Scene], location: str | None) -> int:
    """Return the number of leading `scenes` at the named location; their hour holds for the next scene there."""
    return len(list(takewhile(lambda scene: location is not None and scene.location == location, scenes)))


def _location_of(storyboard: Storyboard, scene: Scene) -> CastMember | None:
    """Return the location that the scene names, else the location whose name is in its prompt."""
    if scene.location is not None:
        wanted = scene.location.strip().casefold()
        known = [each for each in storyboard.locations if each.name.strip().casefold() == wanted]
        return known[0] if known else CastMember(name=scene.location)
    text = f" {' '.join(words_of(scene.prompt))} "
    for location in storyboard.locations:
        name = " ".join(word for word in words_of(location.name) if word not in ("the", "a", "an"))
        if name and f" {name} " in text and not any(f" {left} {name} " in text for left in _LEAVING):
            return location
    return None


_LEAVING = ("leaves the", "leave the", "left the", "leaving the", "leaves", "from the", "out of the")


def _masked(words: Sequence[str], named: Sequence[Mention]) -> tuple[str, ...]:
    """Return the words without names, so that Rose is not a flower and Storm not a weather."""
    taken = {position for mention in named for position in range(mention.start, mention.end)}
    return tuple(MASK if position in taken else word for position, word in enumerate(words))


def _actors(
    words: Sequence[str],
    named: Sequence[Mention],
    extras: Sequence[Mention],
    present: Sequence[int],
    cast: Sequence[CastMember],
) -> list[Actor]:
    """Return the actors in the words, as numbers of figures: first the cast, then each group of extras as one."""
    number = {character: position for position, character in enumerate(present)}
    actors = [Actor(m.start, m.end, (number[m.character],)) for m in named if m.character in number]
    actors += [Actor(m.start, m.end, (len(cast) + position,)) for position, m in enumerate(extras)]
    spoken_before: list[int] = []
    for position, word in enumerate(words):
        spoken_before += [actor.figures[0] for actor in actors if actor.start == position and len(actor.figures) == 1]
        if word in ("they", "everyone", "everybody", "both"):
            actors.append(Actor(position, position + 1, tuple(range(len(cast))) or tuple(range(len(extras)))))
        elif word in ("he", "she"):
            gender = {at: gender_of(character) for at, character in enumerate(cast)}
            fitting = [figure for figure in reversed(spoken_before) if gender.get(figure, "") in (word, "")]
            fitting += [figure for figure, known in gender.items() if known in (word, "")]
            actors.append(Actor(position, position + 1, tuple(fitting[:1] or spoken_before[-1:])))
    return sorted(actors, key=lambda actor: actor.start)


def _figures(
    title: str, cast: Sequence[CastMember], extras: Sequence[Mention], deeds: Sequence[Deed]
) -> tuple[Figure, ...]:
    figures = [_figure(character, deed, cast) for character, deed in zip(cast, deeds, strict=False)]
    for number, (mention, deed) in enumerate(zip(extras, deeds[len(cast) :], strict=True)):
        for one in range(_CROWD_SIZE if mention.kind in CROWDS else mention.count):
            if len(figures) >= MAX_FIGURES:
                break
            look = look_of(CastMember(name=f"{mention.kind} {number} {one} {title}", description=mention.kind))
            figures.append(replace(_figure(CastMember(name=""), deed, cast), look=look))
    return tuple(figures[:MAX_FIGURES])


def _figure(character: CastMember, deed: Deed, cast: Sequence[CastMember]) -> Figure:
    look, bearer = look_of(character), deed.rests_on
    if isinstance(bearer, int):
        bearer = cast[bearer].name if bearer < len(cast) else None
    return Figure(character.name, look, deed.mood or Mood.CALM, deed.action or Action.STAND, deed.holds, bearer)


def _extra_counts(extras: Sequence[Mention]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for mention in extras:
        counts[mention.kind] = max(counts.get(mention.kind, 0), mention.count)
    return counts


def _positions(things: Sequence[Thing]) -> frozenset[int]:
    return frozenset(position for thing in things for position in range(thing.start, thing.end))
