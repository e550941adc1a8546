"""What a character looks like: decided once, from name and description, and the same in every picture."""

import random
import re
from collections.abc import Mapping
from dataclasses import dataclass

from stories.wire import Cast
from studio.illustrator import words
from studio.illustrator.canvas import Color
from studio.illustrator.palettes import COATS, COLOURS, HAIRS, ROBOT_SHELLS, SKINS
from studio.illustrator.reading import finder, seeded

_find_species = finder(words.SPECIES)
_ANY_COLOUR = "|".join(COLOURS)


@dataclass(frozen=True)
class Look:
    """A resolved character. `skin` is fur, feathers or metal where it is not skin; `items` are worn, by kind."""

    species: str
    skin: Color
    hair: Color
    hair_style: str
    coat: Color
    trousers: Color
    items: Mapping[str, Color]
    height: float


def look_of(character: Cast) -> Look:
    """What the description says, and where it says nothing, what chance seeded with name and description says."""
    text = f"{character.description or ''} {character.name}".casefold()
    chance = seeded(f"{character.name}\n{character.description or ''}")
    species = _find_species(text) or "person"
    by_chance = {"skin": chance.choice(SKINS), "hair": chance.choice(HAIRS), "coat": chance.choice(COATS)}
    trousers = chance.choice([COLOURS[name] for name in ("navy", "brown", "charcoal", "olive")])
    style_by_chance = chance.choice(("short", "curly", "short"))
    return Look(
        species=species,
        skin=_skin(species, text, by_chance["skin"], chance),
        hair=_colour_of(text, words.HAIR) or (COLOURS["silver"] if _says(text, words.ELDERLY) else by_chance["hair"]),
        hair_style=_hair_style(text, style_by_chance),
        coat=_colour_of(text, words.GARMENTS) or by_chance["coat"],
        trousers=trousers,
        items={
            kind: _colour_of(text, listed) or (COLOURS["gold"] if kind == "crown" else chance.choice(COATS))
            for kind, listed in words.ITEMS.items()
            if _says(text, listed)
        },
        height=0.86 if _says(text, words.SMALL) else 1.0,
    )


def _skin(species: str, text: str, by_chance: Color, chance: random.Random) -> Color:
    if species == "person":
        pattern = "|".join(word for listed in words.SKINS.values() for word in listed.split())
        said = re.search(rf"\b({pattern})[ -]skin", text)
        return by_chance if said is None else SKINS[int(finder(words.SKINS)(said[1]) or 0)]
    fallback = chance.choice(ROBOT_SHELLS) if species == "robot" else COLOURS[words.FURS[species]]
    return _colour_of(text, f"{words.SPECIES[species]} fur feathers metal") or fallback


def _hair_style(text: str, by_chance: str) -> str:
    for style, listed in (("none", words.NO_HAIR), ("curly", words.CURLY_HAIR), ("long", words.LONG_HAIR)):
        if _says(text, listed):
            return style
    return by_chance


def _says(text: str, listed: str) -> bool:
    return re.search(rf"\b({'|'.join(listed.split())})\b", text) is not None


def _colour_of(text: str, nouns: str) -> Color | None:
    """The colour word that stands at most two other words before one of the nouns."""
    noun = "|".join(nouns.split())
    between = rf"(?:(?!(?:{_ANY_COLOUR})\b)\w+[ -]+){{0,2}}"
    match = re.search(rf"\b({_ANY_COLOUR})[ -]+{between}(?:{noun})\b", text)
    return COLOURS[match[1]] if match else None
