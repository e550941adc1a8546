"""The clothes of a character: the named garments in their named colours, and those that have to be added."""

import random
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from illustrator.parsing.descriptions import color_before, color_named
from illustrator.parsing.language import Lexicon, denied, nouns, words_of
from illustrator.parsing.people import kind_named
from illustrator.scene import Age, Color, Species
from illustrator.wardrobe import Garment, Slot, wardrobe

_BODIES = {
    "she": ("dress", "sweater", "shirt", "t-shirt", "tunic"),
    "he": ("shirt", "sweater", "t-shirt", "tunic", "vest"),
    "": ("shirt", "sweater", "t-shirt", "tunic"),
}
_LEGS = {
    Age.CHILD: ("trousers", "shorts", "trousers"),
    Age.ADULT: ("trousers",),
    Age.ELDER: ("trousers",),
}
_FEET = ("shoes", "boots", "shoes")
_BRIGHT = ("red", "teal", "yellow", "blue", "purple", "green", "rose", "orange", "turquoise", "cream")
_MUTED = ("navy", "brown", "charcoal", "olive", "grey", "tan")


def worn_by(words: Sequence[str], species: Species, age: Age, gender: str, seed: str) -> Mapping[str, Color]:
    """Return the colour of each garment, in the order of dressing. Only people get garments that are not named."""
    worn: dict[str, Color | None] = {}
    for hit in _garments().find(words):
        if not denied(words, hit.start, hit.end):
            worn.setdefault(hit.meaning.kind, color_before(words, hit.start) or _inner_color(hit.phrase))
    if species is Species.HUMAN:
        for kind in (*_usual_for(words, worn), *_missing(worn, age, gender, seed)):
            worn.setdefault(kind, None)
    return {
        kind: color or _usual(garment, seed)
        for kind, garment in wardrobe().items()
        for color in ([worn[kind]] if kind in worn else [])
    }


def _usual_for(words: Sequence[str], worn: Mapping[str, Color | None]) -> Iterator[str]:
    """Yield the usual garments of the named kinds of people, for the slots that are empty."""
    slots = {wardrobe()[kind].slot for kind in worn}
    for position in range(len(words)):
        for kind in kind_named(" ".join(words[position : position + 2])).wears:
            if kind in wardrobe() and wardrobe()[kind].slot not in slots:
                slots.add(wardrobe()[kind].slot)
                yield kind


def _missing(worn: Mapping[str, Color | None], age: Age, gender: str, seed: str) -> list[str]:
    """Return a garment for body, legs and feet where one is missing."""
    added: list[str] = []
    garments = [wardrobe()[kind] for kind in worn]
    if not any(garment.slot is Slot.BODY for garment in garments):
        choices = _BODIES[gender]
        if any(garment.slot is Slot.LEGS for garment in garments):
            choices = tuple(kind for kind in choices if not wardrobe()[kind].is_whole)
        body = _chance(seed, "body").choice(choices)
        added.append(body)
        garments.append(wardrobe()[body])
    if not any(garment.slot is Slot.LEGS or garment.is_whole for garment in garments):
        added.append(_chance(seed, "legs").choice(("skirt", *_LEGS[age]) if gender == "she" else _LEGS[age]))
    if not any(garment.slot is Slot.FEET for garment in garments):
        added.append(_chance(seed, "feet").choice(_FEET))
    return added


def _usual(garment: Garment, seed: str) -> Color:
    if garment.color:
        return color_named(garment.color)
    shades = _MUTED if garment.slot in (Slot.LEGS, Slot.FEET, Slot.WAIST) else _BRIGHT
    return color_named(_chance(seed, f"color of {garment.kind}").choice(shades))


def _inner_color(phrase: str) -> Color | None:
    """Return the colour within a garment's own words, as in "golden crown"."""
    words = words_of(phrase)
    return color_before(words, len(words) - 1) if len(words) > 1 else None


def _chance(seed: str, what: str) -> random.Random:
    return random.Random(f"{seed} {what}")  # noqa: S311 - a drawing needs no secure randomness


@cache
def _garments() -> Lexicon[Garment]:
    return Lexicon(
        form
        for garment in wardrobe().values()
        for word in (garment.kind, *garment.words)
        for form in nouns([word], garment)
    )
