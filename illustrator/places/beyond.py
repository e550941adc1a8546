"""Places without ordinary ground: sky, space, the moon."""

import random

from illustrator.atmosphere import draw_cloud
from illustrator.colors import lighter, mix
from illustrator.places.stage import Stage
from illustrator.surface import ellipse, fall, glow


def sky(stage: Stage) -> None:
    """Paint the sky, high above the clouds."""
    chance = random.Random(stage.chance.random())  # noqa: S311 - a drawing needs no secure randomness
    for y, size in ((470, 1.5), (560, 1.9)):
        for x in stage.spread(stage.across(3), 100):
            draw_cloud(stage, x, y, size, chance, deep=0.3)
    for x in stage.spread(stage.across(4), 120):
        draw_cloud(stage, x, stage.between(740, 800), 2.2, chance, deep=0.14)
    for x in stage.spread(stage.across(3), 150):
        draw_cloud(stage, x, stage.between(930, 980), 3.0, chance)


def space(stage: Stage) -> None:
    """Paint stars, a nebula and planets."""
    _deep(stage)
    for name, share, y, size in (
        ("ringed-planet", 0.82, 300, 230),
        ("comet", 0.2, 280, 120),
        ("satellite", 0.14, 700, 120),
    ):
        stage.thing(name, stage.width * share, y, size)
    pen = stage.glowing()
    x = stage.width * 0.24
    pen.shape(ellipse(x, 1080, 330), (92, 150, 206), form=40, line=0.9)
    with pen.surface.within(ellipse(x, 1080, 330)):
        for dx, y, rx, ry in ((-120, 880, 120, 40), (90, 840, 90, 30), (40, 930, 140, 40)):
            pen.fine().shape(ellipse(x + dx, y, rx, ry), (120, 190, 140), line=0)
    pen.shape(ellipse(stage.width * 0.9, 830, 84), (222, 132, 104), form=18, line=0.9)
    for dx, dy, r in ((-24, -20, 16), (26, 12, 20), (-12, 34, 10)):
        pen.fine().shape(ellipse(stage.width * 0.9 + dx, 830 + dy, r), (190, 104, 86), line=0)


def moon(stage: Stage) -> None:
    """Paint grey ground full of craters under the earth in a black sky."""
    _deep(stage)
    pen = stage.glowing()
    x, y = stage.width * 0.2, 210
    stage.pen.surface.fill(ellipse(x, y, 210), glow(x, y, 210, (150, 200, 255), 0.7))
    globe = ellipse(x, y, 92)
    pen.shape(globe, (74, 142, 214), form=16)
    with pen.surface.within(globe):
        for dx, dy, rx, ry in ((-40, -30, 50, 34), (40, 30, 46, 38), (30, -60, 30, 14)):
            pen.fine().shape(ellipse(x + dx, y + dy, rx, ry), (112, 184, 116), line=0)
    ground = (186, 184, 202)
    stage.ridge(600, 60, mix(ground, (90, 90, 130), 0.3), line=0.7)
    stage.ridge(690, 40, ground, line=0.7)
    for index in range(stage.across(9)):
        at = (stage.between(0, stage.width), stage.between(730, 985))
        size = 26 + (at[1] - 720) * 0.2
        stage.pen.shape(ellipse(*at, size, size * 0.34), mix(ground, (90, 88, 120), 0.4), line=0.6)
        stage.pen.fine().shape(
            ellipse(at[0], at[1] + size * 0.1, size * 0.8, size * 0.22), mix(ground, (70, 68, 110), 0.6), line=0
        )
        del index
    stage.thing("satellite-antenna", stage.width * 0.86, 770, 170)


def _deep(stage: Stage) -> None:
    surface, width = stage.pen.surface, stage.width
    surface.cover(fall(0, 1000, (16, 12, 44), (34, 24, 84), (62, 36, 106)))
    for color, share, y in (((190, 80, 170), 0.7, 420), ((70, 110, 220), 0.25, 560), ((240, 140, 150), 0.9, 700)):
        with surface.moved(width * share, y, scale=(1.5, 0.7), turn=-24):
            surface.fill(ellipse(0, 0, 420), glow(0, 0, 420, color, 0.5))
    for x in stage.spread(stage.across(130)):
        star = ellipse(x, stage.between(0, 1000), stage.chance.choice((1.4, 1.8, 2.4, 3.6)))
        surface.fill(star, lighter((255, 240, 210), 0.4), stage.between(0.5, 1.0))
