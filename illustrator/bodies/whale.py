"""The whale, which neither stands nor sits: it lies in the water, or in the air if the story is there."""

from illustrator.bodies.accessories import ON_HEAD
from illustrator.bodies.faces import Face, draw_face
from illustrator.colors import darker
from illustrator.pen import Pen
from illustrator.scene import Figure, Look
from illustrator.surface import blob, curve, ellipse, svg

_BODY = (
    "M190 40C200 -90 110 -170 -20 -168C-130 -166 -190 -90 -262 -96"
    "C-272 -140 -320 -170 -366 -166C-352 -130 -350 -104 -318 -80C-346 -54 -340 -26 -346 4"
    "C-296 2 -262 -24 -252 -52C-200 -40 -190 60 -60 88C60 112 180 110 190 40z"
)
_BELLY = "M192 24C120 40 20 30 -60 2C-120 -20 -170 -10 -210 -30C-180 30 -130 72 -60 88C60 112 184 110 192 24z"


def size_of(look: Look) -> float:
    """Return the scale of a whale, which is some 560 units long at size 1."""
    return max(1.0, float(look.height**0.5))


def draw_whale(pen: Pen, figure: Figure, x: float, y: float, scale: float, facing: int) -> None:
    """Draw a whale around a point on the waterline, as high as two adults and as long as three."""
    look = figure.look
    size = scale * size_of(look)
    # The tail is longer than the head, so the middle of the whale is moved to x.
    with pen.surface.moved(x + 80 * size * facing, y - 110 * size, scale=(size * facing, size)):
        body = svg(_BODY)
        pen.shape(body, look.skin, form=14)
        with pen.surface.within(body):
            pen.fine().shape(svg(_BELLY), look.accent, line=0)
            for lift in (0, 20, 40, 60):
                pen.fine().mark(
                    curve((-150, lift - 6), (20, 40 + lift * 0.9), (196, 34 + lift)), darker(look.accent, 0.2), 3
                )
        pen.shape(blob((-20, 40), (-70, 120), (-110, 128), (-84, 40)), darker(look.skin, 0.12), form=5)
        for side, reach in ((-1, 34), (1, 34)):
            spray = curve(
                (16, -172), (16 + side * 8, -232), (16 + side * reach, -238), (16 + side * (reach + 16), -206)
            )
            pen.fine().mark(spray, (214, 238, 250), 11)
        for kind, color in look.wears.items():
            if kind in {"scarf", "ribbon", "satchel", "tail ribbon"}:
                pen.bar(curve((-214, -84), (-226, -70), (-222, -40)), color, 30)
                pen.shape(blob((-250, -46), (-190, -50), (-184, 18), (-248, 22)), color, form=6)
            elif kind in ON_HEAD and kind != "antenna":
                with pen.surface.moved(60, -90, scale=0.8):
                    ON_HEAD[kind](pen, color)
        with pen.surface.moved(112, -46, scale=0.86):
            draw_face(pen, Face(look.skin, look.eyes, darker(look.skin, 0.6), eye_gap=38, mouth_y=56), figure.mood)
        pen.fine().glaze(ellipse(-30, -130, 70, 16), (255, 255, 255), 0.25)
