"""The outfit of a figure in terms of drawing: cuts of trunk, sleeves, legs and feet, each with its colour."""

from collections.abc import Mapping
from dataclasses import dataclass

from illustrator.colors import darker, lighter
from illustrator.scene import Color, Look, Species


@dataclass(frozen=True)
class Cut:
    """The cut of a garment of the trunk: its length below the hips, in units of an adult; the width of its hem; the
    length of its sleeves (0 none, 1 to the wrist); and the decoration on it.
    """

    length: float = 0.0
    flare: float = 1.0
    sleeves: float = 1.0
    detail: str = ""
    covers_legs: bool = False


CUTS: dict[str, Cut] = {
    "shirt": Cut(detail="buttons"),
    "t-shirt": Cut(sleeves=0.45),
    "sweater": Cut(detail="hem"),
    "hoodie": Cut(4, detail="pocket"),
    "tunic": Cut(36, 1.14, 0.8, "trim"),
    "dress": Cut(66, 1.5, 0.45, "trim"),
    "robe": Cut(84, 1.35, 1.0, "sash"),
    "kimono": Cut(80, 1.16, 0.9, "wrap"),
    "sari": Cut(80, 1.24, 0.4, "drape"),
    "pyjamas": Cut(8, detail="buttons", covers_legs=True),
    "overalls": Cut(detail="bib", covers_legs=True),
    "suit": Cut(18, detail="lapels", covers_legs=True),
    "uniform": Cut(22, 1.06, 1.0, "brass", covers_legs=True),
    "spacesuit": Cut(detail="panel", covers_legs=True),
    "swimsuit": Cut(0, 0.96, 0.0),
    "tutu": Cut(30, 1.9, 0.0, "trim"),
    "vest": Cut(2, 1.0, 0.0, "open"),
    "armor": Cut(10, 1.1, 0.5, "plate"),
    "apron": Cut(52, 1.04, 0.0, "apron"),
    "jacket": Cut(8, 1.08, 1.0, "zip"),
    "raincoat": Cut(50, 1.26, 1.0, "buttons"),
    "coat": Cut(54, 1.24, 1.0, "belt"),
    "lab coat": Cut(56, 1.18, 1.0, "buttons"),
    "poncho": Cut(20, 1.7, 0.4, "stripes"),
    "shawl": Cut(-52, 1.3, 0.4, "trim"),
}
_BARE = {Species.HUMAN: (92, 84, 104), Species.ROBOT: (120, 130, 146)}


@dataclass(frozen=True)
class Outfit:
    """Colours by part; None is bare. `trunk` holds the garments of the trunk, undermost first."""

    trunk: tuple[tuple[Cut, Color], ...]
    sleeve: tuple[float, Color] | None
    legs: tuple[float, Color] | None
    skirt: Color | None
    footwear: tuple[str, Color] | None
    gloves: Color | None


def outfit_of(look: Look) -> Outfit:
    """Return the outfit of a look, with plain clothes for a person who would otherwise have none."""
    wears = dict(look.wears)
    trunk = [(CUTS[kind], color) for kind, color in wears.items() if kind in CUTS]
    if look.species is Species.HUMAN and not any(cut.detail not in {"apron", "open"} for cut, _ in trunk):
        trunk.insert(0, (CUTS["shirt"], (236, 226, 206)))
    trunk.sort(key=lambda part: part[0].detail in {"apron", "plate"})
    sleeved = [(cut.sleeves, color) for cut, color in trunk if cut.sleeves > 0]
    return Outfit(
        trunk=tuple(trunk),
        sleeve=sleeved[-1] if sleeved else None,
        legs=_legs(look, wears, trunk),
        skirt=wears.get("skirt"),
        footwear=_footwear(look, wears),
        gloves=wears.get("gloves"),
    )


def _legs(look: Look, wears: Mapping[str, Color], trunk: list[tuple[Cut, Color]]) -> tuple[float, Color] | None:
    for kind, length in (("trousers", 1.0), ("shorts", 0.5)):
        if kind in wears:
            return length, wears[kind]
    whole = next((color for cut, color in trunk if cut.covers_legs), None)
    if whole is not None:
        return 1.0, whole
    bares = "swimsuit" in wears or "skirt" in wears or any(cut.length > 60 or cut.flare > 1.8 for cut, _ in trunk)
    if look.species is not Species.HUMAN or bares:
        return None
    return 1.0, darker(_BARE[look.species], 0.1)


def _footwear(look: Look, wears: Mapping[str, Color]) -> tuple[str, Color] | None:
    for kind in ("boots", "shoes", "slippers", "sandals", "socks"):
        if kind in wears:
            return kind, wears[kind]
    if "armor" in wears:
        return "boots", darker(wears["armor"], 0.2)
    if "spacesuit" in wears:
        return "boots", lighter(wears["spacesuit"], 0.4)
    return ("shoes", (92, 62, 48)) if look.species is Species.HUMAN else None
