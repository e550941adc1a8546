"""Paths, paints, surfaces and their pixels: the only module that calls the drawing library.

Other modules use only the names defined here, so another library could replace skia.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt
from skia_canvas_pyr import Canvas, Path2D

from illustrator.scene import Color

Path = Path2D
Point = tuple[float, float]
Mode = Literal[
    "source-over",
    "source-atop",
    "destination-in",
    "destination-out",
    "multiply",
    "screen",
    "soft-light",
    "lighter",
    "color-dodge",
]
Pixels = npt.NDArray[np.uint8]
Stop = tuple[float, Color, float]

_TURN = 2 * math.pi


def ellipse(x: float, y: float, rx: float, ry: float | None = None, turn: float = 0.0) -> Path:
    """Return an ellipse around a point, turned by degrees; a circle without `ry`."""
    path = Path2D()
    path.ellipse(x, y, rx, rx if ry is None else ry, math.radians(turn), 0, _TURN)
    path.closePath()  # type: ignore[no-untyped-call]
    return path


def arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Path:
    """Return a part of an ellipse from one angle to another, in degrees clockwise from the right; an open line."""
    path = Path2D()
    path.ellipse(x, y, rx, ry, 0, math.radians(start), math.radians(end))
    return path


def box(x: float, y: float, width: float, height: float, radius: float = 0.0) -> Path:
    """Return a rectangle from its upper left corner, with round corners of `radius`."""
    path = Path2D()
    if radius:
        path.roundRect(x, y, width, height, min(radius, width / 2, height / 2))
    else:
        path.rect(x, y, width, height)
    path.closePath()  # type: ignore[no-untyped-call]
    return path


def polygon(*points: Point) -> Path:
    """Return a closed outline with straight sides."""
    path = line(*points)
    path.closePath()  # type: ignore[no-untyped-call]
    return path


def line(*points: Point) -> Path:
    """Return a line through points, straight between them."""
    path = Path2D()
    path.moveTo(*points[0])
    for point in points[1:]:
        path.lineTo(*point)
    return path


def curve(*points: Point) -> Path:
    """Return a line that bends through the middles between its points and begins and ends on the outer two."""
    path = Path2D()
    path.moveTo(*points[0])
    for here, there in pairwise(points[1:]):
        end = there if there is points[-1] else ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
        path.quadraticCurveTo(*here, *end)
    if len(points) == 2:
        path.lineTo(*points[1])
    return path


def blob(*points: Point) -> Path:
    """Return a closed outline that bends through the middles between its points, so that it has no corner."""
    path = Path2D()
    path.moveTo((points[-1][0] + points[0][0]) / 2, (points[-1][1] + points[0][1]) / 2)
    for here, there in zip(points, (*points[1:], points[0]), strict=True):
        path.quadraticCurveTo(*here, (here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
    path.closePath()  # type: ignore[no-untyped-call]
    return path


def svg(commands: str) -> Path:
    """Return the outline of the `d` of an SVG path."""
    return Path2D(commands)


def joined(*paths: Path) -> Path:
    """Return one outline around paths that overlap; where the library finds none, all the outlines together."""
    whole = Path2D(paths[0])
    for path in paths[1:]:
        try:
            whole = whole.union(path)
        except ValueError:
            whole.addPath(path)
    return whole


def without(path: Path, hole: Path) -> Path:
    """Return a path with another one cut out of it; all of it where the library finds no outline."""
    try:
        return path.difference(hole)
    except ValueError:
        return path


def shifted(path: Path, dx: float, dy: float) -> Path:
    """Return the path moved."""
    return path.offset(dx, dy)


def wobbled(path: Path, amount: float, scale: float, seed: int) -> Path:
    """Return the path as an unsteady hand draws it, at most `amount` units off, on a sheet enlarged by `scale`."""
    return path.jitter(18 / scale, amount, seed).round(14 / scale)


@dataclass(frozen=True)
class Gradient:
    """A paint that changes along a line, or outward from a point with a `radius`; stops are (position, colour,
    opacity).
    """

    start: Point
    end: Point
    stops: tuple[Stop, ...]
    radius: float = 0.0


def fall(top: float, bottom: float, *colors: Color) -> Gradient:
    """Return a paint that goes from the first colour at the top to the last one at the bottom."""
    last = max(1, len(colors) - 1)
    return Gradient((0, top), (0, bottom), tuple((index / last, color, 1.0) for index, color in enumerate(colors)))


def glow(x: float, y: float, radius: float, color: Color, strength: float) -> Gradient:
    """Return a paint that is strongest in the middle and fades to nothing at the rim."""
    stops = tuple((share, color, strength * (1 - share) ** 2) for share in (0.0, 0.25, 0.5, 0.75, 1.0))
    return Gradient((x, y), (x, y), stops, radius)


Paint = Color | Gradient


class Surface:
    """A sheet of `size` pixels on which things are drawn in units of `1 / scale` pixels, transparent at first."""

    def __init__(self, size: tuple[int, int], scale: float) -> None:
        self.size = size
        self.scale = scale
        # The context only borrows its canvas, so this name keeps the canvas alive.
        self._canvas = Canvas(size[0], size[1], {"gpu": False})
        self._context = self._canvas.getContext("2d")
        self._context.lineCap = "round"
        self._context.lineJoin = "round"
        self._context.scale(scale, scale)

    def fill(self, path: Path, paint: Paint, opacity: float = 1.0, mode: Mode = "source-over") -> None:
        """Fill an outline."""
        self._context.globalCompositeOperation = mode
        self._context.fillStyle = self._style(paint, opacity)
        self._context.fill(path)

    def cover(self, paint: Paint, opacity: float = 1.0, mode: Mode = "source-over") -> None:
        """Fill the whole sheet, wherever its origin has been moved."""
        self._context.globalCompositeOperation = mode
        self._context.fillStyle = self._style(paint, opacity)
        self._context.fillRect(-4000, -4000, 12000, 12000)

    def stroke(self, path: Path, color: Color, width: float, opacity: float = 1.0) -> None:
        """Draw along a path, with round ends and joints."""
        self._context.globalCompositeOperation = "source-over"
        self._context.strokeStyle = _code(color, opacity)
        self._context.lineWidth = width
        self._context.stroke(path)

    @contextmanager
    def moved(
        self, x: float, y: float, *, scale: float | tuple[float, float] = 1.0, turn: float = 0.0
    ) -> Iterator[None]:
        """Draw around another point, at another scale, turned by degrees clockwise."""
        sx, sy = scale if isinstance(scale, tuple) else (scale, scale)
        self._context.save()
        self._context.translate(x, y)
        if turn:
            self._context.rotate(math.radians(turn))
        self._context.scale(sx, sy)
        yield
        self._context.restore()

    @contextmanager
    def within(self, path: Path) -> Iterator[None]:
        """Draw only inside an outline."""
        self._context.save()
        self._context.clip(path)
        yield
        self._context.restore()

    def lay(self, sheet: "Surface", opacity: float = 1.0, mode: Mode = "source-over") -> None:
        """Draw another sheet of the same size over this one."""
        context = self._context
        context.save()
        context.resetTransform()
        context.globalAlpha = opacity
        context.globalCompositeOperation = mode
        context.drawImage(sheet._canvas, 0, 0, *self.size)  # noqa: SLF001 - a sheet of the same class
        context.restore()

    def pixels(self) -> Pixels:
        """Return the content of the sheet: height × width × red, green, blue, opacity."""
        data = self._context.getImageData(0, 0, *self.size).data
        return np.frombuffer(data, np.uint8).reshape(self.size[1], self.size[0], 4)

    def _style(self, paint: Paint, opacity: float) -> object:
        if not isinstance(paint, Gradient):
            return _code(paint, opacity)
        (x0, y0), (x1, y1) = paint.start, paint.end
        if paint.radius:
            style = self._context.createRadialGradient(x0, y0, 0, x1, y1, paint.radius)
        else:
            style = self._context.createLinearGradient(x0, y0, x1, y1)
        for where, color, strength in paint.stops:
            style.addColorStop(where, _code(color, strength * opacity))
        return style


def points_along(points: Sequence[Point], start: Point, end: Point) -> list[Point]:
    """Return points in a frame from (0, 0) to (1, 0) placed between two others; y is a share of their distance."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    return [(start[0] + x * dx - y * dy, start[1] + x * dy + y * dx) for x, y in points]


def _code(color: Color, opacity: float) -> str:
    red, green, blue = color
    return f"#{red:02x}{green:02x}{blue:02x}" if opacity >= 1.0 else f"rgba({red},{green},{blue},{opacity:.4f})"
