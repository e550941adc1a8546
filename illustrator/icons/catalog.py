"""Icons as shapes: those of the Fluent Emoji Flat set (see `fluent_emoji.LICENSE`), and our own in the same terms."""

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path as FilePath

from illustrator.colors import color_of, saturated
from illustrator.pen import Pen
from illustrator.scene import Color
from illustrator.surface import Path, box, ellipse, joined, line, polygon, svg

ICONS_FILE = FilePath(__file__).with_name("icons.json.gz")
_HANDMADE_FILE = "handmade.txt"
_ICON_GRID, _ICON_GROUND = 32.0, 30.0


@dataclass(frozen=True)
class Part:
    """One shape of an icon, filled, or drawn along its path with a `width`; `lined` shapes belong to the silhouette."""

    color: Color
    path: Path
    opacity: float = 1.0
    width: float = 0.0
    lined: bool = True


@dataclass(frozen=True)
class Icon:
    """An icon: parts in a square with sides of `grid`, whose foot is the line at `ground`."""

    grid: float
    ground: float
    parts: tuple[Part, ...]
    outline: Path | None


@cache
def _icon_texts() -> dict[str, list[tuple[str, str, float, float]]]:
    texts: dict[str, list[tuple[str, str, float, float]]] = json.loads(gzip.decompress(ICONS_FILE.read_bytes()))
    return texts


@cache
def _handmade_texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    lines: list[str] = []
    for text in (resources.files(__package__ or "") / _HANDMADE_FILE).read_text().splitlines():
        if text.startswith("[") and text.endswith("]"):
            lines = texts.setdefault(text[1:-1], [])
        elif text and not text.startswith("# "):
            lines.append(text)
    return texts


def is_drawn(name: str) -> bool:
    """Return True if the set has an icon of this name or we have made one."""
    return name in _handmade_texts() or name in _icon_texts()


def is_handmade(name: str) -> bool:
    """Return True if the icon of this name is one of our own."""
    return name in _handmade_texts()


@lru_cache(maxsize=256)
def icon(name: str) -> Icon:
    """Return the icon of this name, our own before the set's; raises `KeyError` when there is none."""
    if name in _handmade_texts():
        parts = tuple(_handmade_part(text) for text in _handmade_texts()[name])
        return Icon(100.0, 100.0, parts, _silhouette(parts))
    parts = tuple(
        Part(saturated(color_of(color), 0.84), svg(outline), opacity, width)
        for color, outline, opacity, width in _icon_texts()[name]
    )
    return Icon(_ICON_GRID, _ICON_GROUND, parts, _silhouette(parts))


def draw_icon(pen: Pen, name: str, *, far: float = 0.0) -> None:
    """Draw an icon 100 units high, its foot at (0, 0), in the pen's hand, with one outline around all parts."""
    found = icon(name)
    scale = 100 / found.grid
    with pen.surface.moved(-50, -found.ground * scale, scale=scale):
        fine = pen.scaled(scale)
        if found.outline is not None:
            fine.outline(found.outline, found.parts[0].color, far=far)
        for part in found.parts:
            if part.width:
                fine.mark(part.path, part.color, part.width, far=far, opacity=part.opacity)
            elif part.opacity < 1:
                fine.glaze(part.path, fine.at(part.color, far), part.opacity)
            else:
                fine.shape(part.path, part.color, far=far, line=0.34 if part.lined and found.grid > 40 else 0)


def _silhouette(parts: tuple[Part, ...]) -> Path | None:
    filled = [part.path for part in parts if not part.width and part.lined and part.opacity > 0.5]
    return joined(*filled) if filled else None


def _handmade_part(text: str) -> Part:
    color, kind, rest = text.split(maxsplit=2)
    code, _, percent = color.rstrip("!").partition("~")
    opacity = int(percent) / 100 if percent else 1.0
    lined = not color.endswith("!")
    if kind == "path":
        return Part(color_of(code), svg(rest), opacity, lined=lined)
    numbers = [float(number) for number in rest.split()]
    if kind == "line":
        return Part(color_of(code), line(*_pairs(numbers[1:])), opacity, numbers[0], lined)
    if kind == "poly":
        return Part(color_of(code), polygon(*_pairs(numbers)), opacity, lined=lined)
    if kind == "oval":
        return Part(color_of(code), ellipse(*numbers[:4]), opacity, lined=lined)
    return Part(color_of(code), box(*numbers), opacity, lined=lined)


def _pairs(numbers: list[float]) -> Iterator[tuple[float, float]]:
    return zip(numbers[::2], numbers[1::2], strict=True)
