"""Faces: eyes, brows, mouth and cheeks of eight moods, the same for people, animals and robots."""

from dataclasses import dataclass

from illustrator.colors import INK, darker, lighter, luminance, mix
from illustrator.pen import Pen
from illustrator.scene import Color, Look, Mood, Species
from illustrator.surface import Path, arc, curve, ellipse, line, polygon, svg

_MOUTH: Color = (158, 48, 62)
_TONGUE: Color = (240, 122, 122)
_BLUSH: Color = (240, 110, 100)
_TEAR: Color = (120, 196, 240)
_WHITE: Color = (255, 255, 255)
_DARK: Color = (40, 30, 44)


@dataclass(frozen=True)
class Features:
    """The features of a mood: the kind of eyes, the rise of the brows' inner and outer ends, the kind of mouth."""

    eyes: str
    brows: tuple[float, float] | None
    mouth: str
    tear: bool = False


MOODS: dict[Mood, Features] = {
    Mood.CALM: Features("open", (0, 0), "smile"),
    Mood.HAPPY: Features("open", (3, 3), "laugh"),
    Mood.SAD: Features("open", (11, -4), "frown", tear=True),
    Mood.SCARED: Features("wide", (13, 2), "wave"),
    Mood.ANGRY: Features("open", (-10, 8), "frown"),
    Mood.SURPRISED: Features("wide", (9, 10), "round"),
    Mood.SLEEPY: Features("closed", (-2, -2), "yawn"),
    Mood.PROUD: Features("content", (4, 4), "smirk"),
}


@dataclass(frozen=True)
class Face:
    """A face to draw: colours, the place of the mouth, and visible features; in a head of radius 84 around (0, 0)."""

    skin: Color
    iris: Color
    brow: Color
    mouth_y: float = 38.0
    eye_gap: float = 30.0
    eye_y: float = 8.0
    has_brows: bool = True
    has_blush: bool = True
    mouth_scale: float = 1.0


def draw_face(pen: Pen, face: Face, mood: Mood) -> None:
    """Draw the features of a mood on a head that is drawn already."""
    features = MOODS[mood]
    fine = pen.fine()
    if face.has_blush:
        for side in (-1, 1):
            spot = ellipse(side * 48 + 4, face.eye_y + 24, 14, 9)
            fine.glaze(spot, pen.at(_BLUSH, 0), 0.34 if luminance(face.skin) > 0.4 else 0.42)
    for side in (-1, 1):
        _draw_eye(fine, features.eyes, side * face.eye_gap + 5, face.eye_y, face)
    if face.has_brows and features.brows is not None:
        inner, outer = features.brows
        for side in (-1, 1):
            x = side * face.eye_gap + 5
            ends = (x - side * 13, face.eye_y - 23 - inner), (x + side * 14, face.eye_y - 23 - outer)
            middle = (x, face.eye_y - 28 - (inner + outer) / 2)
            fine.mark(curve(ends[0], middle, ends[1]), face.brow, 5.2)
    _draw_mouth(fine, features.mouth, face)
    if features.tear:
        tear = svg(f"M{face.eye_gap + 22} {face.eye_y + 10}q9 14 0 20q-9 -6 0 -20z")
        fine.shape(tear, _TEAR, line=0)


def _draw_eye(pen: Pen, kind: str, x: float, y: float, face: Face) -> None:
    if kind == "closed":
        pen.mark(arc(x, y - 2, 13, 9, 15, 165), _DARK, 5)
    elif kind == "content":
        pen.mark(arc(x, y + 7, 12, 12, 195, 345), _DARK, 5)
    else:
        wide = kind == "wide"
        if wide:
            pen.shape(ellipse(x, y, 15.5, 18), _WHITE, line=0)
            pen.mark(ellipse(x, y, 15.5, 18), _DARK, 2.2)
        colored = luminance(face.iris) > 0.3
        if colored and not wide:
            pen.shape(ellipse(x, y, 12.5, 14.5), _DARK, line=0)
            pen.shape(ellipse(x, y + 0.5, 10, 12), face.iris, line=0)
        rx, ry = (7.5, 9) if wide else (6.2, 9) if colored else (10.5, 13)
        pen.shape(ellipse(x, y, rx, ry), _DARK, line=0)
        pen.shape(ellipse(x + 3.2, y - 4.6, 3.7), _WHITE, line=0)
        if not colored and not wide:
            pen.shape(ellipse(x - 3, y + 5, 2), mix(_DARK, _WHITE, 0.5), line=0)


def _draw_mouth(pen: Pen, kind: str, face: Face) -> None:
    x, y, k = 5.0, face.mouth_y, face.mouth_scale
    ink = _DARK if luminance(face.skin) > 0.28 else mix(INK, (0, 0, 0), 0.3)
    if kind == "laugh":
        mouth = svg(
            f"M{x - 19 * k} {y - 5}q{19 * k} 6 {38 * k} 0q-2 {25 * k} -{19 * k} {25 * k}"
            f"q-{17 * k} 0 -{19 * k} -{25 * k}z"
        )
        pen.shape(mouth, _MOUTH, line=0)
        pen.shape(ellipse(x, y + 14 * k, 10 * k, 6 * k), _TONGUE, line=0)
        pen.mark(mouth, ink, 2.4)
    elif kind == "round":
        pen.shape(ellipse(x, y + 5, 9 * k, 12 * k), _MOUTH, line=0)
        pen.mark(ellipse(x, y + 5, 9 * k, 12 * k), ink, 2.4)
    elif kind == "yawn":
        pen.shape(ellipse(x, y + 3, 6 * k, 5 * k), _MOUTH, line=0)
    else:
        pen.mark(_mouth_line(kind, x, y, k), ink, 4.6)


def _mouth_line(kind: str, x: float, y: float, k: float) -> Path:
    if kind == "frown":
        return arc(x, y + 13, 15 * k, 11, 205, 335)
    if kind == "wave":
        points = [(x + dx * k, y + 4 + (5 if index % 2 else -3)) for index, dx in enumerate((-18, -9, 0, 9, 18))]
        return curve(*points)
    if kind == "smirk":
        return curve((x - 12 * k, y + 1), (x + 4, y + 13), (x + 20 * k, y - 5))
    return arc(x, y - 5, 15 * k, 11, 22, 158)


def draw_glasses(pen: Pen, color: Color, eye_y: float, gap: float = 30.0) -> None:
    """Draw round glasses over the eyes."""
    for side in (-1, 1):
        rim = ellipse(side * gap + 5, eye_y, 22)
        pen.glaze(rim, (235, 245, 255), 0.28)
        pen.mark(rim, color, 5)
    pen.mark(line((5 - gap + 22, eye_y - 3), (5 + gap - 22, eye_y - 3)), color, 5)


def draw_freckles(pen: Pen, skin: Color) -> None:
    """Draw a few spots across the nose."""
    for dx, dy in ((-14, 24), (-6, 28), (16, 24), (24, 28), (4, 25)):
        pen.shape(ellipse(dx + 2, dy, 2.4), darker(skin, 0.35), line=0)


def draw_beak(pen: Pen, color: Color, mood: Mood) -> None:
    """Draw a beak at the place of nose and mouth; it is open in moods that open mouths."""
    if MOODS[mood].mouth in {"laugh", "round", "wave"}:
        pen.shape(svg("M-14 30q20 26 40 0z"), darker(color, 0.3), line=0.7)
    pen.shape(polygon((-18, 24), (6, 16), (32, 24), (8, 44)), color, line=0.8)


@dataclass(frozen=True)
class _Shape:
    """The places of eyes and mouth in a head."""

    eye_gap: float = 30.0
    eye_y: float = 8.0
    mouth_y: float = 38.0
    mouth_scale: float = 1.0


_BEAKED = _Shape(eye_gap=32, mouth_y=400)
_MUZZLED = _Shape(mouth_y=46, mouth_scale=0.7)
_SHAPES = {
    Species.FROG: _Shape(eye_gap=46, eye_y=-56, mouth_y=30, mouth_scale=1.5),
    Species.OWL: _BEAKED,
    Species.BIRD: _BEAKED,
    Species.PENGUIN: _BEAKED,
    Species.HORSE: _Shape(eye_gap=34, eye_y=-8, mouth_y=66),
    Species.ELEPHANT: _Shape(eye_gap=36, eye_y=-4, mouth_y=44, mouth_scale=0.7),
    Species.TURTLE: _Shape(),
    Species.HUMAN: _Shape(),
    Species.ROBOT: _Shape(eye_y=-2, mouth_y=28),
}


def face_of(look: Look) -> Face:
    """Return the face of a species; a face with a beak shows no mouth."""
    shape = _SHAPES.get(look.species, _MUZZLED)
    skin, brow = look.skin, mix(look.skin, _DARK, 0.7)
    if look.species is Species.HUMAN:
        brow = mix(look.hair_color, _DARK, 0.35)
    elif look.species is Species.ROBOT:
        skin, brow = lighter(look.skin, 0.6), (60, 66, 84)
    return Face(
        skin,
        look.eyes,
        brow,
        mouth_y=shape.mouth_y,
        eye_gap=shape.eye_gap,
        eye_y=shape.eye_y,
        has_brows=look.species is not Species.FROG,
        mouth_scale=shape.mouth_scale,
    )


def beak_of(look: Look) -> Color:
    """Return the colour of a beak."""
    return look.accent if look.species is Species.BIRD else (242, 162, 62)
