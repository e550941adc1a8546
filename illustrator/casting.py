"""The look of a character, decided once from name and description: the same in every scene, style and reference."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from illustrator.clothing import worn_by
from illustrator.parsing.descriptions import color_before, color_named, color_of_nouns, colors_in
from illustrator.parsing.glossary import english_of
from illustrator.parsing.language import Lexicon, nouns, words_of
from illustrator.parsing.people import gender_of, kind_named
from illustrator.scene import Age, Build, Color, Hair, Look, Species
from illustrator.storyboard import CastMember
from illustrator.vocabulary.tables import rows_of, word_set, words_in

_HAIR_NOUNS = word_set("hair_nouns")
_HAIR_STYLES: tuple[tuple[Hair, frozenset[str]], ...] = (
    (Hair.NONE, frozenset(["bald", "shaven", "hairless"])),
    (Hair.BRAIDS, frozenset(["braid", "braids", "braided", "plait", "plaits", "pigtails", "dreadlocks", "cornrows"])),
    (Hair.BUN, frozenset(["bun", "topknot", "chignon"])),
    (Hair.PONYTAIL, frozenset(["ponytail"])),
    (Hair.CURLY, frozenset(["curly", "curls", "afro", "frizzy", "wavy", "curl"])),
    (Hair.SPIKY, frozenset(["spiky", "messy", "tousled", "mohawk", "unruly", "wild", "windswept"])),
    (Hair.LONG, frozenset(["long", "flowing", "waist"])),
    (Hair.SHORT, frozenset(["short", "cropped", "bob", "straight"])),
)
_HAIR_BY_CHANCE = {
    "she": (Hair.LONG, Hair.BRAIDS, Hair.BUN, Hair.PONYTAIL, Hair.CURLY, Hair.SHORT, Hair.LONG),
    "he": (Hair.SHORT, Hair.SHORT, Hair.CURLY, Hair.SPIKY),
    "": (Hair.SHORT, Hair.CURLY, Hair.PONYTAIL, Hair.SPIKY),
}
_SLIM = word_set("slim")
_STOUT = word_set("stout")
_SIZES = {
    **dict.fromkeys(["tiny", "minuscule", "wee"], 0.75),
    **dict.fromkeys(["small", "little", "short", "baby", "petite", "young"], 0.88),
    **dict.fromkeys(["tall", "big", "large", "lanky"], 1.12),
    **dict.fromkeys(["enormous", "giant", "huge", "gigantic", "colossal", "massive", "mighty", "towering"], 1.3),
}
_OLD = word_set("old")
_YOUNG = word_set("young")
_NUMBER_WORDS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | dict(
    zip(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], range(20, 100, 10), strict=True)
)
_GROWN_UP, _ELDERLY = 15, 60
_HEIGHT_OF = {Age.CHILD: 0.72, Age.ADULT: 1.0, Age.ELDER: 0.95}
_COVERING = word_set("covering")
_TRIM = word_set("trim")


@dataclass(frozen=True)
class _Kind:
    """A row of the table of species."""

    species: Species
    height: float
    colors: tuple[Color, ...]
    accent: Color


@lru_cache(maxsize=1024)
def look_of(character: CastMember) -> Look:
    """Return the look that the description gives; chance, seeded with name and description, decides the rest."""
    words = english_of(character.description)
    everything = (*words, ".", *words_of(character.name))
    seed = hashlib.sha256(f"{character.name}\n{character.description}".encode()).hexdigest()
    kind, head = _species(words) or _species(everything) or (_species_table()[Species.HUMAN], _head(everything))
    age = _age(everything)
    is_human = kind.species is Species.HUMAN
    skin = _skin(everything, seed) if is_human else _covering(kind, words, head, seed)
    hair, hair_color = _hair(everything, gender_of(character), age, seed) if is_human else (Hair.NONE, skin)
    said = set(everything)
    return Look(
        species=kind.species,
        age=age,
        build=_build(said, kind.species, seed),
        height=_height(everything, head, kind, age),
        skin=skin,
        accent=color_of_nouns(words, _TRIM) or (skin if is_human else kind.accent),
        eyes=color_of_nouns(words, ("eyes", "eye", "eyed")) or chance(seed, "eyes").choice(_EYES),
        hair=hair,
        hair_color=hair_color,
        beard=is_human and bool(said & {"beard", "bearded", "goatee"}),
        moustache=is_human and bool(said & {"moustache", "mustache", "moustached", "moustaches"}),
        wears=worn_by(everything, kind.species, age, gender_of(character), seed),
        seed=seed,
    )


def chance(seed: str, what: str) -> random.Random:
    """Return the chance of one trait, which is independent of every other trait's."""
    return random.Random(f"{seed} {what}")  # noqa: S311 - a drawing needs no secure randomness


_EYES: tuple[Color, ...] = ((74, 48, 36), (60, 92, 130), (70, 110, 78), (44, 38, 44), (96, 66, 40))


def _species(words: Sequence[str]) -> tuple[_Kind, int] | None:
    """Return the first animal or person that the words name as the character's kind, and the position of that noun."""
    for hit in _beings().find(words):
        before = words[hit.start - 1] if hit.start else ""
        beyond = any(
            word in ("with", "of", "on", "like", "from", "who") for word in words[max(0, hit.start - 4) : hit.start]
        )
        following = _beings().at(words, hit.end) if hit.end < len(words) else None
        if following is None and not (beyond and hit.start > 3) and before != "like":
            return _species_table()[hit.meaning], hit.end - 1
    return None


def _head(words: Sequence[str]) -> int:
    return next((position for position, word in enumerate(words) if word in ("with", ",", ".", "in")), len(words))


def _covering(kind: _Kind, words: Sequence[str], head: int, seed: str) -> Color:
    said = color_before(words, head) if head < len(words) else None
    worn = color_of_nouns(words, _COVERING)
    return worn or said or chance(seed, "skin").choice(kind.colors)


def _skin(words: Sequence[str], seed: str) -> Color:
    tones = colors_in("skins")
    said = color_of_nouns(words, ("skin", "skinned", "complexion", "face"), tones)
    choices = [hit.meaning for row in rows_of("skins") for hit in tones.find(words_of(row["tone"]))]
    return said or chance(seed, "skin").choice(choices)


def _hair(words: Sequence[str], gender: str, age: Age, seed: str) -> tuple[Hair, Color]:
    phrases: set[str] = set()
    for position, word in enumerate(words):
        if word in _HAIR_NOUNS:
            phrases |= {word, *words[max(0, position - 4) : position]}
    phrases |= {word for word in words if word in _HAIR_STYLES[0][1]}
    style = next((style for style, said in _HAIR_STYLES if phrases & said), None)
    tones = colors_in("hairs")
    color = color_of_nouns(words, _HAIR_NOUNS, tones) or color_of_nouns(
        words, ("beard", "moustache", "mustache"), tones
    )
    if color is None and {"blonde", "blond", "redhead", "ginger", "brunette"}.intersection(words):
        color = next((hit.meaning for hit in tones.find(["red" if w == "redhead" else w for w in words])), None)
    if color is None:
        names = (
            ("grey", "white")
            if age is Age.ELDER
            else ("black", "dark brown", "brown", "auburn", "red", "blonde", "black")
        )
        hit = tones.at(words_of(chance(seed, "hair color").choice(names)), 0)
        color = hit.meaning if hit is not None else (0, 0, 0)
    return style or chance(seed, "hair").choice(_HAIR_BY_CHANCE[gender]), color


def _age(words: Sequence[str]) -> Age:
    years = _years(words)
    if years is not None:
        return Age.CHILD if years < _GROWN_UP else Age.ADULT if years < _ELDERLY else Age.ELDER
    if _OLD.intersection(words):
        return Age.ELDER
    if _YOUNG.intersection(words):
        return Age.CHILD
    return Age(kind_named_in(words))


def kind_named_in(words: Sequence[str]) -> str:
    """Return the age of the first kind of people in the words, or that of an adult."""
    for position in range(len(words)):
        kind = kind_named(" ".join(words[position : position + 2]))
        if kind.is_known:
            return kind.age
    return Age.ADULT


def _years(words: Sequence[str]) -> int | None:
    """Return an age in years, as in: "of nine", "seventy five years old", "8 year old"."""
    for position, word in enumerate(words):
        number = int(word) if word.isdecimal() and len(word) < 4 else _NUMBER_WORDS.get(word)
        if number is None:
            continue
        following = words[position + 1 : position + 3]
        if following and 20 <= number < 100 and _NUMBER_WORDS.get(following[0], 10) < 10:
            number, following = number + _NUMBER_WORDS[following[0]], words[position + 2 : position + 4]
        before = words[position - 1] if position else ""
        if (following[:1] and following[0] in ("year", "years")) or before in ("of", "aged", "about", "age"):
            return number
    return None


def _build(said: set[str], species: Species, seed: str) -> Build:
    if said & _SLIM:
        return Build.SLIM
    if said & _STOUT:
        return Build.STOUT
    by_chance = (Build.AVERAGE, Build.AVERAGE, Build.AVERAGE, Build.SLIM, Build.STOUT)
    return chance(seed, "build").choice(by_chance) if species is Species.HUMAN else Build.AVERAGE


def _height(words: Sequence[str], head: int, kind: _Kind, age: Age) -> float:
    base = _HEIGHT_OF[age] if kind.species is Species.HUMAN else kind.height
    for word in words[max(0, head - 5) : head]:
        if word in _SIZES and not (word in ("little", "young", "small") and age is Age.CHILD):
            return round(base * _SIZES[word], 3)
    return base


@cache
def _beings() -> Lexicon[Species]:
    entries = [
        form
        for row in rows_of("species")
        for word in words_in(row["words"])
        for form in nouns([word], Species(row["species"]))
    ]
    entries += [
        form
        for row in rows_of("people")
        for word in words_in(row["words"])
        for form in nouns([word], Species(row["species"]))
    ]
    return Lexicon(entries)


@cache
def _species_table() -> Mapping[Species, _Kind]:
    table = {
        Species(row["species"]): _Kind(
            Species(row["species"]),
            float(row["height"]),
            tuple(color_named(name) for name in words_in(row["colors"])),
            color_named(row["accent"]),
        )
        for row in rows_of("species")
    }
    return {Species.HUMAN: _Kind(Species.HUMAN, 1.0, (), (0, 0, 0)), **table}
