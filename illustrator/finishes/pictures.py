"""Finished pictures: the resolution of the drawing in each style, and the finish of the style."""

import numpy as np

from illustrator.finishes import comic, ink, paper_cut, pixel, watercolor
from illustrator.finishes.hands import HANDS
from illustrator.painting import Painting, Sheet
from illustrator.portrait import draw_portrait
from illustrator.scene import Look, SceneIdea, Style
from illustrator.surface import Pixels

_FINISHES = {
    Style.WATERCOLOR: watercolor.finish,
    Style.INK: ink.finish,
    Style.COMIC: comic.finish,
    Style.PIXEL: pixel.finish,
    Style.PAPER_CUT: paper_cut.finish,
}


def picture_of_scene(idea: SceneIdea, size: tuple[int, int]) -> Pixels:
    """Return the idea as a picture `size` pixels wide and high: height × width × red, green, blue."""
    hands = HANDS[idea.style]
    painting = Painting(idea, _drawing_size(idea.style, size), hands.world, hands.people)
    return finished(painting.draw(), idea.style, size)


def picture_of_character(look: Look, style: Style, size: tuple[int, int]) -> Pixels:
    """Return a character alone, in the same style and the same colours as in the scenes."""
    return finished(draw_portrait(look, _drawing_size(style, size), HANDS[style]), style, size)


def _drawing_size(style: Style, size: tuple[int, int]) -> tuple[int, int]:
    """Return the size in dots of the drawing of a picture; fewer than its pixels when the style's pixels are large."""
    if style is not Style.PIXEL:
        return size
    block = pixel.block(size)
    return -(-size[0] // block) * 2, -(-size[1] // block) * 2


def finished(sheet: Sheet, style: Style, size: tuple[int, int]) -> Pixels:
    """Return the sheet with the finish of the style."""
    finish = _FINISHES.get(style)
    return np.ascontiguousarray(sheet.colors) if finish is None else finish(sheet.colors, sheet.actors, size)
