"""The reference picture of a character: alone, whole, in daylight, on a plain ground."""

import numpy as np

from illustrator.bodies.figure import Standing, draw_figure, draw_shadow, height_of
from illustrator.bodies.whale import size_of
from illustrator.colors import WHITE, lighter, mix
from illustrator.finishes.hands import Hands
from illustrator.hours import HOURS
from illustrator.icons.drawing import draw_held
from illustrator.painting import MASK_SHARE, Sheet, seeded
from illustrator.pen import Pen
from illustrator.scene import Figure, Look, Mood, Species, Time
from illustrator.surface import Surface, ellipse, fall, glow

_FEET = 905.0


def draw_portrait(look: Look, size: tuple[int, int], hands: Hands) -> Sheet:
    """Draw a character as large as the picture allows."""
    surface, people = Surface(size, size[1] / 1000), Surface(size, size[1] / 1000)
    width = size[0] * 1000 / size[1]
    ground = mix(lighter(next(iter(look.wears.values()), look.accent), 0.5), WHITE, 0.5)
    surface.cover(fall(0, 1000, mix(ground, WHITE, 0.6), ground))
    surface.fill(ellipse(width / 2, 480, 560), glow(width / 2, 480, 560, WHITE, 0.8))
    figure = Figure("", look, Mood.HAPPY)
    scale = min(700 / height_of(figure), width / 330)
    if look.species is Species.WHALE:
        scale = width / 680 / size_of(look)
    at = Standing(width / 2, _FEET - (120 if look.species is Species.WHALE else 0), scale)
    haze = HOURS[Time.DAY].haze
    draw_shadow(Pen(surface, hands.world, WHITE, haze, seeded(look.seed)), figure, at)
    draw_figure(Pen(people, hands.people, WHITE, haze, seeded(look.seed)), figure, at, draw_held)
    surface.lay(people)
    mask = Surface((max(1, size[0] // MASK_SHARE), max(1, size[1] // MASK_SHARE)), size[1] / 1000 / MASK_SHARE)
    mask.lay(people)
    return Sheet(np.ascontiguousarray(surface.pixels()[..., :3]), mask.pixels()[..., 3])
