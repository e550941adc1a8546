"""Characters: a big head, a small body, and whatever their look says; drawn from the feet up.

A figure's own units have their origin between its feet, with y upwards; it is about 340 of them tall.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio.illustrator.canvas import Canvas, Color, Point, mix
from studio.illustrator.looks import Look
from studio.illustrator.palettes import BLUSH, COLOURS, INK, WHITE

_EDGE = 4.0
_HANDS: dict[str, tuple[Point, Point]] = {
    "stand": ((-76, 104), (76, 104)),
    "walk": ((-86, 122), (64, 98)),
    "wave": ((-76, 104), (118, 226)),
    "cheer": ((-118, 228), (118, 228)),
}


@dataclass(frozen=True)
class Figure:
    """Somebody on the canvas: where the feet are, how large, which pose and mood."""

    canvas: Canvas
    look: Look
    x: float
    y: float
    scale: float
    pose: str
    mood: str

    def draw(self) -> None:
        self.canvas.ellipse(self.x, self.y, 86 * self.scale, 15 * self.scale, INK, opacity=0.28)
        _BODIES.get(self.look.species, _animal)(self)
        _hats(self)

    def at(self, point: Point) -> Point:
        return self.x + point[0] * self.scale, self.y - point[1] * self.scale

    def oval(self, x: float, y: float, rx: float, ry: float, color: Color, *, edged: bool = True) -> None:
        px, py = self.at((x, y))
        if edged:
            self.canvas.ellipse(px, py, (rx + _EDGE) * self.scale, (ry + _EDGE) * self.scale, mix(color, INK, 0.6))
        self.canvas.ellipse(px, py, rx * self.scale, ry * self.scale, color)

    def limb(self, points: Sequence[Point], width: float, color: Color) -> None:
        path = [self.at(point) for point in points]
        self.canvas.line(path, mix(color, INK, 0.6), (width + 2 * _EDGE) * self.scale)
        self.canvas.line(path, color, width * self.scale)

    def patch(self, points: Sequence[Point], rounding: float, color: Color, *, edged: bool = True) -> None:
        path = [self.at(point) for point in points]
        if edged:
            self.canvas.polygon(path, mix(color, INK, 0.6), rounding=(rounding + _EDGE) * self.scale)
        self.canvas.polygon(path, color, rounding=rounding * self.scale)

    def bow(self, x: float, y: float, rx: float, ry: float, color: Color, *, width: float, turn: int = 0) -> None:
        px, py = self.at((x, y))
        self.canvas.curve(px, py, rx * self.scale, ry * self.scale, color, width=width * self.scale, turn=turn)


def _person(figure: Figure) -> None:
    look = figure.look
    if look.hair_style == "long":
        figure.patch([(-72, 260), (72, 260), (78, 168), (-78, 168)], 18, look.hair)
    _legs(figure, look.trousers, COLOURS["brown"])
    figure.patch([(-34, 182), (34, 182), (56, 82), (-56, 82)], 14, look.coat)
    for button in (152, 124, 96):
        figure.oval(0, button, 5, 5, mix(look.coat, WHITE, 0.6), edged=False)
    _arms(figure, look.coat, look.skin)
    _scarf(figure)
    for side in (-1, 1):
        figure.oval(side * 84, 244, 13, 17, look.skin)
    figure.oval(0, 252, 86, 80, look.skin)
    _hair(figure)
    _face(figure, eyes=(34, 240), mouth=214)


def _animal(figure: Figure) -> None:
    look = figure.look
    light = mix(look.skin, WHITE, 0.72)
    _tail(figure, light)
    _legs(figure, look.skin, mix(look.skin, INK, 0.25) if look.species != "bird" else COLOURS["orange"])
    figure.oval(0, 122, 62, 78, look.skin)
    figure.oval(0, 112, 40, 56, light, edged=False)
    _arms(figure, look.skin, look.skin)
    _scarf(figure)
    _ears(figure)
    figure.oval(0, 250, 90, 76, look.skin)
    if look.species == "bird":
        for side in (-1, 1):
            figure.oval(side * 34, 252, 34, 36, light, edged=False)
        figure.patch([(-14, 232), (14, 232), (0, 210)], 4, COLOURS["orange"])
        _face(figure, eyes=(34, 252), mouth=None)
    else:
        figure.oval(0, 222, 46, 32, light, edged=False)
        figure.oval(0, 236, 11, 8, INK, edged=False)
        _face(figure, eyes=(40, 256), mouth=222)


def _robot(figure: Figure) -> None:
    look = figure.look
    glow, dark = COLOURS["mint"], mix(look.skin, INK, 0.45)
    figure.limb([(0, 330), (0, 366)], 6, dark)
    figure.oval(0, 372, 12, 12, look.coat)
    _legs(figure, dark, dark)
    figure.patch([(-46, 170), (46, 170), (50, 86), (-50, 86)], 16, look.skin)
    figure.patch([(-22, 148), (22, 148), (22, 112), (-22, 112)], 8, mix(look.skin, WHITE, 0.5), edged=False)
    figure.oval(-9, 130, 8, 8, look.coat, edged=False)
    _arms(figure, dark, look.skin)
    _scarf(figure)
    for side in (-1, 1):
        figure.oval(side * 90, 250, 14, 24, look.coat)
    figure.patch([(-66, 302), (66, 302), (66, 204), (-66, 204)], 26, look.skin)
    figure.patch([(-54, 286), (54, 286), (54, 220), (-54, 220)], 14, mix(COLOURS["navy"], INK, 0.55), edged=False)
    for side in (-1, 1):
        figure.bow(side * 30, 256, 12, 14, glow, width=6, turn=0 if figure.mood == "sleepy" else 180)
    figure.bow(0, 232 if figure.mood != "sad" else 224, 13, 8, glow, width=5, turn=180 if figure.mood == "sad" else 0)


_BODIES: dict[str, Callable[[Figure], None]] = {"person": _person, "robot": _robot}


def _legs(figure: Figure, leg: Color, foot: Color) -> None:
    stride = 20 if figure.pose == "walk" else 0
    for side in (-1, 1):
        figure.limb([(side * 24, 78), (side * (28 + stride), 22)], 28, leg)
        figure.oval(side * (32 + stride), 12, 25, 13, foot)


def _arms(figure: Figure, sleeve: Color, hand: Color) -> None:
    for side, (x, y) in zip((-1, 1), _HANDS[figure.pose], strict=True):
        figure.limb([(side * 46, 168), (side * 46 * 0.4 + x * 0.6, (168 + y) / 2), (x, y)], 26, sleeve)
        figure.oval(x, y, 15, 15, hand)


def _scarf(figure: Figure) -> None:
    color = figure.look.items.get("scarf")
    if color is not None:
        figure.limb([(26, 180), (40, 128)], 26, color)
        figure.oval(0, 184, 62, 20, color)


def _hair(figure: Figure) -> None:
    look = figure.look
    if look.hair_style == "none":
        return
    if look.hair_style == "curly":
        for step in range(9):
            angle = math.radians(step * 22.5)
            figure.oval(86 * math.cos(angle), 266 + 66 * math.sin(angle), 25, 25, look.hair)
    rim = [(92 * math.cos(math.radians(a)), 256 + 86 * math.sin(math.radians(a))) for a in range(-6, 187, 12)]
    fringe = [(-62, 268), (-40, 292), (-8, 300), (30, 294), (62, 268)]
    figure.patch([*rim, *fringe], 2, look.hair, edged=look.hair_style != "curly")
    figure.bow(-22, 300, 40, 22, mix(look.hair, WHITE, 0.25), width=5, turn=180)


def _ears(figure: Figure) -> None:
    look = figure.look
    inner = mix(look.skin, BLUSH, 0.55)
    for side in (-1, 1):
        if look.species in ("fox", "cat"):
            figure.patch([(side * 76, 286), (side * 70, 350), (side * 24, 318)], 7, look.skin)
            figure.patch([(side * 67, 296), (side * 64, 332), (side * 38, 314)], 3, inner, edged=False)
        elif look.species == "dog":
            figure.oval(side * 84, 262, 24, 50, mix(look.skin, INK, 0.3))
        elif look.species == "bear":
            figure.oval(side * 64, 312, 27, 27, look.skin)
            figure.oval(side * 64, 312, 14, 14, inner, edged=False)
        elif look.species == "rabbit":
            figure.oval(side * 36, 362, 21, 68, look.skin)
            figure.oval(side * 36, 356, 10, 48, inner, edged=False)


def _tail(figure: Figure, tip: Color) -> None:
    fur = figure.look.skin
    if figure.look.species == "fox":
        figure.limb([(44, 70), (86, 70), (114, 92), (124, 122), (122, 150)], 42, fur)
        figure.oval(121, 160, 19, 24, tip, edged=False)
    elif figure.look.species in ("cat", "dog"):
        figure.limb([(44, 66), (84, 62), (106, 82), (113, 112), (104, 142)], 18, fur)
    elif figure.look.species == "rabbit":
        figure.oval(64, 66, 24, 24, tip)


def _face(figure: Figure, *, eyes: Point, mouth: float | None) -> None:
    x, y = eyes
    for side in (-1, 1):
        if figure.mood == "sleepy":
            figure.bow(side * x, y + 4, 12, 8, INK, width=5)
        else:
            figure.oval(side * x, y, 9, 12, INK, edged=False)
            figure.oval(side * x + 3, y + 5, 3.5, 3.5, WHITE, edged=False)
        px, py = figure.at((side * (x + 22), y - 22))
        figure.canvas.ellipse(px, py, 15 * figure.scale, 9 * figure.scale, BLUSH, opacity=0.5)
        if "glasses" in figure.look.items:
            for turn in (0, 180):
                figure.bow(side * x, y, 25, 25, mix(figure.look.items["glasses"], INK, 0.4), width=5, turn=turn)
    if mouth is None:
        return
    if figure.mood == "surprised":
        figure.oval(0, mouth - 4, 9, 11, mix(BLUSH, INK, 0.6), edged=False)
    else:
        sad = figure.mood == "sad"
        figure.bow(0, mouth - (8 if sad else 0), 15, 10, INK, width=5, turn=180 if sad else 0)


def _hats(figure: Figure) -> None:
    hat, crown = figure.look.items.get("hat"), figure.look.items.get("crown")
    if hat is not None:
        figure.patch([(-50, 322), (50, 322), (36, 372), (-36, 372)], 14, hat)
        figure.patch([(-84, 312), (84, 312)], 12, mix(hat, INK, 0.12))
    if crown is not None:
        figure.patch([(-34, 322), (34, 322), (42, 364), (18, 345), (0, 374), (-18, 345), (-42, 364)], 5, crown)
