"""Clothes of trunk, legs and arms, drawn around a skeleton."""

from illustrator.bodies.outfits import Outfit
from illustrator.bodies.skeleton import Skeleton, arm_joint, leg_joint
from illustrator.bodies.trunks import FEATHERED, trunk_path
from illustrator.colors import accent_of, darker, lighter, mix
from illustrator.hours import GOLD
from illustrator.pen import Pen
from illustrator.scene import Color, Look, Species
from illustrator.surface import Path, Point, blob, box, curve, ellipse, line, points_along, polygon, svg, without

_SEATED = 30.0
"""Length of a garment below the hips on a sitting figure."""


def draw_legs(pen: Pen, look: Look, skeleton: Skeleton, outfit: Outfit) -> None:
    """Draw both legs with their clothes, the back leg first."""
    size = skeleton.size
    thin = look.species in FEATHERED
    bare = look.accent if thin else mix(look.skin, (70, 76, 92), 0.25) if look.species is Species.ROBOT else look.skin
    wide = (14 if thin else 32) * (size * skeleton.breadth) ** 0.5
    for index in range(2 - skeleton.pose.legs_seen, 2):
        hip, knee, foot = leg_joint(skeleton, index), skeleton.knees[index], skeleton.feet[index]
        ankle = (foot[0], foot[1] - 15 * size)
        pen.bar(curve(hip, knee, ankle), bare, wide)
        if outfit.legs is not None:
            length, color = outfit.legs
            if length < 1:
                pen.bar(line(hip, knee), color, wide + 5 * size)
            else:
                pen.bar(curve(hip, knee, ankle), color, wide + 1)
        _draw_foot(pen, look, skeleton, outfit, knee, foot, wide)


def _draw_foot(pen: Pen, look: Look, skeleton: Skeleton, outfit: Outfit, knee: Point, foot: Point, wide: float) -> None:
    size = skeleton.size
    turned = 8 if foot[0] >= skeleton.hips[0] - 30 or skeleton.pose.lean > 2 else -8
    sole = ellipse(foot[0] + turned * size, foot[1] - 9 * size, 25 * size, 14 * size)
    if outfit.footwear is None:
        color = look.accent if look.species in FEATHERED else darker(look.skin, 0.18)
        pen.shape(sole, color, form=4)
        return
    kind, color = outfit.footwear
    if kind == "boots":
        pen.bar(line(_toward(foot, knee, 0.62), _toward(foot, knee, 0.12)), color, wide + 7 * size)
    elif kind == "socks":
        pen.bar(line(_toward(foot, knee, 0.5), foot), color, wide + 2)
    if kind == "sandals":
        pen.shape(sole, look.skin)
        pen.bar(line((foot[0] - 12 * size, foot[1] + 2), (foot[0] + 26 * size, foot[1] + 2)), color, 7 * size)
        pen.bar(
            line((foot[0] - 4 * size, foot[1] - 14 * size), (foot[0] + 16 * size, foot[1] - 12 * size)), color, 6 * size
        )
    else:
        pen.shape(sole, color if kind != "socks" else darker(color, 0.1), form=4)


def draw_trunk_clothes(pen: Pen, skeleton: Skeleton, outfit: Outfit, *, seated: bool) -> None:
    """Draw the garments of the trunk, undermost first, in the trunk's frame; on a seated body they end at the lap."""
    if outfit.skirt is not None:
        reach = _SEATED if seated else 52.0
        pen.shape(_skirt(skeleton, reach), outfit.skirt, form=8)
    for cut, color in outfit.trunk:
        reach = (min(cut.length, _SEATED) if seated else cut.length) * skeleton.size
        flare = 1 + (cut.flare - 1) * (0.6 if seated else 1.0)
        path = trunk_path(skeleton, length=reach, flare=flare)
        if cut.detail == "apron":
            path = _apron(skeleton, reach)
        elif cut.detail == "open":
            path = without(path, polygon((-12, -200), (16, -200), (20, 60), (-16, 60)))
        pen.shape(path, color, form=9)
        with pen.surface.within(path):
            _DETAILS.get(cut.detail, _plain)(pen.fine(), skeleton, color, reach)


def _skirt(skeleton: Skeleton, reach: float) -> Path:
    size, wide = skeleton.size, 46 * skeleton.breadth
    return svg(
        f"M{-wide * 0.86} {-26 * size}L{wide * 0.86} {-26 * size}L{wide * 1.45} {reach * size}"
        f"Q0 {(reach + 12) * size} {-wide * 1.45} {reach * size}z"
    )


def _apron(skeleton: Skeleton, reach: float) -> Path:
    size, wide = skeleton.size, 40 * skeleton.breadth
    top = -92 * size
    return svg(
        f"M{-wide * 0.6} {top}L{wide * 0.66} {top}L{wide * 0.8} {-30 * size}"
        f"Q{wide * 1.3} {reach} {wide} {reach + 4}L{-wide} {reach + 4}"
        f"Q{-wide * 1.3} {reach} {-wide * 0.76} {-30 * size}z"
    )


def _plain(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    del pen, skeleton, color, reach


def _buttons(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(line((4, -200), (4, reach + 30)), darker(color, 0.3), 2.6, opacity=0.8)
    for y in (-84, -58, -32, -6, 20):
        pen.shape(ellipse(12, y * size, 4.6 * size), accent_of(color), line=0)


def _belt(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    _buttons(pen, skeleton, color, reach)
    draw_belt(pen, skeleton, darker(color, 0.55))


def draw_belt(pen: Pen, skeleton: Skeleton, color: Color) -> None:
    """Draw a belt with a buckle."""
    size, wide = skeleton.size, 50 * skeleton.breadth
    pen.shape(box(-wide, -24 * size, 2 * wide, 15 * size, 4), color, line=0.6)
    pen.shape(box(-7 * size, -27 * size, 22 * size, 21 * size, 4), GOLD, line=0.5)


def _trim(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(line((-150, reach + 4 * size), (150, reach + 4 * size)), accent_of(color), 11 * size, opacity=0.85)
    pen.mark(curve((-26, -120 * size), (2, -92 * size), (30, -120 * size)), accent_of(color), 7 * size, opacity=0.85)


def _sash(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(line((-150, -18 * size), (150, -18 * size)), accent_of(color), 12 * size)
    pen.mark(curve((10, -14 * size), (18, 14 * size), (14, 40 * size)), accent_of(color), 8 * size)
    pen.mark(line((-150, reach + 8), (150, reach + 8)), accent_of(color), 8 * size, opacity=0.7)


def _wrap(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(line((-30, -124 * size), (18, -50 * size), (22, reach + 30)), accent_of(color), 7 * size)
    pen.mark(line((30, -124 * size), (4, -84 * size)), accent_of(color), 7 * size)
    pen.mark(line((-150, -28 * size), (150, -28 * size)), darker(color, 0.45), 26 * size)


def _drape(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(curve((-60, -118 * size), (10, -60 * size), (90, reach * 0.5)), accent_of(color), 13 * size)
    pen.mark(line((-150, reach + 4), (150, reach + 4)), GOLD, 9 * size)


def _hem(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    for y in (-66, -48):
        pen.mark(line((-150, y * size), (150, y * size)), accent_of(color), 6 * size, opacity=0.55)
    pen.mark(line((-150, reach + 10 * size), (150, reach + 10 * size)), darker(color, 0.25), 10 * size, opacity=0.6)


def _pocket(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(
        svg(f"M{-28 * size} {4 * size}L{-18 * size} {-34 * size}L{26 * size} {-34 * size}L{36 * size} {4 * size}"),
        darker(color, 0.3),
        3.4,
    )
    for x in (-8, 14):
        pen.mark(line((x, -112 * size), (x, -78 * size)), lighter(color, 0.7), 3.6)


def _bib(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    shirt = lighter(mix(color, (236, 206, 160), 0.8), 0.2)
    pen.shape(box(-150, -160 * size, 300, 88 * size), shirt, line=0)
    for x in (-24, 30):
        pen.mark(line((x * size, -130 * size), (x * size, -66 * size)), color, 13 * size)
        pen.shape(ellipse(x * size, -64 * size, 6 * size), GOLD, line=0)
    pen.shape(box(-16 * size, -52 * size, 40 * size, 30 * size, 6), darker(color, 0.18), line=0)


def _lapels(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.shape(polygon((-22 * size, -130 * size), (30 * size, -130 * size), (4, -44 * size)), (248, 246, 240), line=0)
    pen.mark(line((-26 * size, -126 * size), (4, -44 * size), (34 * size, -126 * size)), darker(color, 0.35), 4)
    pen.mark(line((4, -44 * size), (4, reach + 40)), darker(color, 0.35), 3)


def _brass(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    for y in (-88, -64, -40, 4):
        for x in (-16, 20):
            pen.shape(ellipse(x * size, y * size, 5 * size), GOLD, line=0)
    pen.mark(line((-150, -18 * size), (150, -18 * size)), darker(color, 0.4), 12 * size)


def _panel(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.shape(box(-26 * size, -84 * size, 58 * size, 44 * size, 8), darker(color, 0.3), line=0)
    for x, light in ((-12, (232, 86, 74)), (4, (246, 196, 70)), (20, (92, 190, 120))):
        pen.shape(ellipse(x * size, -68 * size, 6 * size), light, line=0)
    pen.mark(line((-150, -22 * size), (150, -22 * size)), darker(color, 0.35), 9 * size)


def _zip(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.mark(line((4, -200), (4, reach + 40)), accent_of(color), 4)
    pen.mark(curve((-30, -118 * size), (4, -96 * size), (38, -118 * size)), darker(color, 0.35), 9 * size)
    pen.mark(line((-150, reach + 10 * size), (150, reach + 10 * size)), darker(color, 0.3), 12 * size, opacity=0.7)


def _plate(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    size = skeleton.size
    pen.glaze(ellipse(-16 * size, -78 * size, 22 * size, 34 * size), (255, 255, 255), 0.35)
    pen.mark(line((4, -130 * size), (4, -30 * size)), darker(color, 0.4), 3)
    for y in (-26, -8, 10):
        pen.mark(curve((-80, y * size - 6), (4, y * size + 6), (80, y * size - 6)), darker(color, 0.4), 4)


def _stripes(pen: Pen, skeleton: Skeleton, color: Color, reach: float) -> None:
    for index, y in enumerate((-90, -62, -34, -6, 18)):
        stripe = curve((-150, y - 14), (0, y + 16), (150, y - 14))
        pen.mark(stripe, (accent_of(color), darker(color, 0.35))[index % 2], 10 * skeleton.size)


_DETAILS = {
    "buttons": _buttons,
    "belt": _belt,
    "trim": _trim,
    "sash": _sash,
    "wrap": _wrap,
    "drape": _drape,
    "hem": _hem,
    "pocket": _pocket,
    "bib": _bib,
    "lapels": _lapels,
    "brass": _brass,
    "panel": _panel,
    "zip": _zip,
    "plate": _plate,
    "stripes": _stripes,
}


def draw_arm(pen: Pen, look: Look, skeleton: Skeleton, outfit: Outfit, index: int) -> None:
    """Draw the back (0) or front (1) arm with its sleeve and hand."""
    size = skeleton.size
    shoulder, elbow, hand = arm_joint(skeleton, index), skeleton.elbows[index], skeleton.hands[index]
    if look.species in FEATHERED and outfit.sleeve is None:
        frame = ((0.0, -0.2), (0.4, -0.3), (1.05, -0.02), (1.12, 0.1), (0.6, 0.3), (0.0, 0.24))
        pen.shape(blob(*points_along(frame, shoulder, hand)), darker(look.skin, 0.16), form=4)
        return
    wide = 27 * (size * skeleton.breadth) ** 0.5
    skin = mix(look.skin, (70, 76, 92), 0.25) if look.species is Species.ROBOT else look.skin
    pen.bar(curve(shoulder, elbow, hand), skin, wide * 0.86)
    if outfit.sleeve is not None:
        length, color = outfit.sleeve
        sleeve = (
            curve(shoulder, elbow, _toward(hand, elbow, 0.12))
            if length > 0.7
            else line(shoulder, _toward(shoulder, elbow, 0.85))
        )
        pen.bar(sleeve, darker(color, 0.06), wide)
    if "bracelet" in look.wears:
        pen.bar(line(_toward(hand, elbow, 0.3), _toward(hand, elbow, 0.42)), look.wears["bracelet"], wide * 1.05)
    palm = outfit.gloves or (look.accent if look.species is Species.ROBOT else skin)
    pen.shape(ellipse(*hand, 17 * size**0.7), palm, form=4)


def _toward(start: Point, end: Point, share: float) -> Point:
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share
