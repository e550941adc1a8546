"""Plants, ground and water, of which outdoor places are composed; each drawn on a stage."""

import math

from illustrator.colors import darker, lighter, mix
from illustrator.hours import BLOSSOMS, GRASS, SEA, SNOW, STONE
from illustrator.places.stage import BOTTOM, Stage
from illustrator.places.trees import fallen_leaf
from illustrator.scene import Color, Season
from illustrator.seasons import DRIFT
from illustrator.surface import (
    Point,
    curve,
    ellipse,
    fall,
    line,
    polygon,
    shifted,
    svg,
    without,
)


def meadow_ground(stage: Stage, y: float, *, color: Color = GRASS, swing: float = 26) -> None:
    """Draw two rolls of ground, the nearer one richer, with tufts of grass on it."""
    stage.ridge(y, swing, lighter(color, 0.22), far=0.25, line=0.6)
    stage.ridge(y + 90, swing, color, line=0.7)
    tufts(stage, 26, y + 110)


def tufts(stage: Stage, count: int, top: float, color: Color = GRASS) -> None:
    """Draw tufts of grass, three blades each, or drifts where snow lies."""
    blade = darker(stage.grass(color), 0.28)
    for index, x in enumerate(stage.spread(stage.across(count))):
        y = stage.between(top, 990)
        if not stage.is_snowy:
            for dx in (-7, 0, 7):
                stage.pen.mark(line((x + dx * 0.5, y), (x + dx, y - 15 + abs(dx))), blade, 3.2, opacity=0.8)
        elif index % 2:
            stage.snow_pen().fine().mark(curve((x - 32, y), (x, y - 10), (x + 32, y)), DRIFT, 4.4, opacity=0.8)


def flowers(stage: Stage, count: int, top: float) -> None:
    """Draw small blossoms on the ground: twice as many in spring, fallen leaves in autumn, none in snow."""
    for x in stage.spread(stage.across(count), 20):
        y, color, size = stage.between(top, 985), stage.pick(BLOSSOMS), stage.between(4.5, 7.5)
        chance = stage.apart(x, y)
        if stage.growth is Season.AUTUMN:
            fallen_leaf(stage, x, y, chance)
        elif stage.growth is not Season.WINTER:
            _flower(stage, x, y, size, color)
        if stage.growth is Season.SPRING:
            _flower(
                stage, x + chance.uniform(-40, 40), chance.uniform(top, 985), size * 0.9, chance.choice(BLOSSOMS[:4])
            )


def _flower(stage: Stage, x: float, y: float, size: float, color: Color) -> None:
    fine = stage.pen.fine()
    for turn in range(0, 360, 72):
        dx, dy = size * math.cos(math.radians(turn)), size * math.sin(math.radians(turn))
        fine.shape(ellipse(x + dx, y + dy, size * 0.68), color, line=0)
    fine.shape(ellipse(x, y, size * 0.6), (250, 196, 70), line=0)


def path(stage: Stage, x: float, top: float, color: Color = (226, 196, 146)) -> None:
    """Draw a winding path from the horizon to the lower edge."""
    way = svg(
        f"M{x - 12} {top}C{x + 60} {top + 80} {x - 160} {top + 150} {x - 150} 1010"
        f"L{x - 150} {BOTTOM}H{x + 170}L{x + 170} 1010"
        f"C{x + 100} {top + 190} {x + 130} {top + 80} {x + 14} {top}z"
    )
    stage.pen.shape(way, stage.snowed(color, 0.5), line=0.5)


def rock(stage: Stage, x: float, y: float, size: float, *, color: Color = STONE, far: float = 0.0) -> None:
    """Draw a boulder with a bright side."""
    outline = [(-1.0, 0), (-0.86, -0.5), (-0.3, -0.86), (0.36, -0.78), (0.9, -0.4), (1.0, 0)]
    points: list[Point] = [(x + dx * size, y + dy * size * stage.between(0.85, 1.1)) for dx, dy in outline]
    whole = polygon(*points)
    stage.pen.shape(whole, stage.snowed(color, 0.35), far=far, form=size * 0.22)
    if stage.is_snowy:
        stage.snow_pen().fine().shape(without(whole, shifted(whole, 0, size * 0.26)), SNOW, far=far, line=0)


def mountains(
    stage: Stage, y: float, height: float, color: Color, *, far: float, count: int = 4, snow: float = 0.34
) -> None:
    """Draw a chain of peaks, whose snow line is a share of their height below the top."""
    xs = stage.spread(stage.across(count) + 1, 140)
    for x in sorted(xs, key=lambda _: stage.chance.random()):
        tall, half = height * stage.between(0.72, 1.12), height * stage.between(0.66, 0.95)
        peak = (x, y - tall)
        stage.pen.shape(polygon((x - half, y + 60), peak, (x + half, y + 60)), color, far=far, line=0.8)
        shade = polygon(peak, (x + half, y + 60), (x + half * 0.16, y + 60), (x + half * 0.2, y - tall * 0.5))
        stage.pen.fine().shape(shade, darker(color, 0.2), far=far, line=0)
        if snow:
            k = 0.62 if stage.is_snowy else snow
            left, right = (x - half * k, y - tall + (tall + 60) * k), (x + half * k, y - tall + (tall + 60) * k)
            teeth = [
                (x + half * k * t, left[1] + (tall * 0.07 if i % 2 else -tall * 0.05))
                for i, t in enumerate((0.6, 0.2, -0.2, -0.6))
            ]
            stage.pen.shape(polygon(peak, right, *teeth, left), SNOW, far=far * 0.8, line=0.5)


def hills(stage: Stage, y: float, color: Color, *, far: float, swing: float = 90) -> None:
    """Draw round hills in the distance."""
    stage.ridge(y, swing, color, far=far, line=0.7)


def water(stage: Stage, top: float, *, color: Color = SEA, bottom: float = BOTTOM) -> None:
    """Draw water that mirrors the sky near the horizon and has glints on it."""
    color = stage.still_water(color)
    near, shore = stage.pen.at(color, 0.0), mix(stage.pen.at(color, 0.1), stage.hour.sky[-1], 0.5)
    sheet = polygon((-40, top), (stage.width + 40, top), (stage.width + 40, bottom), (-40, bottom))
    stage.pen.shape(sheet, color, line=0.4, paint=fall(top, top + 330, shore, mix(shore, near, 0.7), near))
    for x in stage.spread(stage.across(22), 30):
        y = top + 12 + stage.between(0, 1) ** 1.6 * min(330, bottom - top - 20)
        long = 16 + (y - top) * 0.16
        stage.pen.mark(line((x - long, y), (x + long, y)), lighter(color, 0.75), 2.4 + (y - top) * 0.008, opacity=0.55)
    if stage.hour.has_disc:
        x = stage.hour.disc_at[0] * stage.width
        for index in range(7):
            y, long = top + 10 + index * 17, stage.between(14, 50) * (1 - index * 0.08)
            stage.pen.surface.stroke(line((x - long, y), (x + long, y)), lighter(stage.hour.disc, 0.3), 4.2, 0.5)


def waves(stage: Stage, y: float, *, color: Color = SEA, size: float = 30, opacity: float = 1.0) -> None:
    """Draw a row of crests across the whole width, with foam on top, down to the lower edge."""
    step, shift = size * 3.6, stage.between(0, 100)
    crest = (
        f"c{step * 0.3} 0 {step * 0.36} {-size} {step * 0.6} {-size}"
        f"c{step * 0.04} {size * 0.8} {step * 0.2} {size} {step * 0.4} {size}"
    )
    count = int((stage.width + 200 + shift) / step) + 1
    whole = svg(f"M{-80 - shift} {BOTTOM}V{y}{crest * count}V{BOTTOM}z")
    if opacity < 1:
        stage.pen.glaze(whole, stage.pen.at(color, 0), opacity)
    else:
        stage.pen.shape(whole, color, line=0.8)
    foam = without(whole, shifted(whole, 2, 7))
    stage.pen.glaze(foam, stage.pen.at((240, 250, 255), 0), 0.85)


def reeds(stage: Stage, x: float, y: float, height: float) -> None:
    """Draw a clump of bulrushes."""
    for index in range(5):
        dx, tall = (index - 2) * 13, height * stage.between(0.7, 1.05)
        top = (x + dx * 1.7, y - tall)
        stage.pen.mark(curve((x + dx * 0.5, y), (x + dx, y - tall * 0.5), top), stage.grass((92, 140, 74)), 5)
        if index % 2 == 0:
            stage.pen.bar(line(top, (top[0] - dx * 0.1, top[1] + tall * 0.2)), (122, 78, 50), 12, line=0.7)


def crystals(stage: Stage, x: float, y: float, size: float, color: Color = (92, 196, 232)) -> None:
    """Draw a cluster of glowing crystals."""
    pen = stage.glowing()
    for dx, tall, wide, turn in (
        (-0.5, 0.8, 0.26, -24),
        (0.5, 0.7, 0.24, 26),
        (-0.2, 1.15, 0.3, -8),
        (0.24, 1.35, 0.34, 8),
    ):
        with pen.surface.moved(x + dx * size * 0.5, y, turn=turn):
            w, h = wide * size * 0.5, tall * size
            pen.shape(polygon((-w, 0), (-w, -h * 0.76), (0, -h), (w, -h * 0.76), (w, 0)), color, line=0.8)
            pen.fine().shape(
                polygon((-w, 0), (-w, -h * 0.76), (0, -h), (-w * 0.1, -h * 0.72), (-w * 0.1, 0)),
                lighter(color, 0.5),
                line=0,
            )
    stage.shine(x, y - size * 0.6, size * 2.6, color, 0.85)


def corner_leaves(stage: Stage, color: Color = (52, 118, 84)) -> None:
    """Draw broad leaves that grow into the picture from the lower corners."""
    green = stage.snowed(color, 0.5)
    for x, side in ((-6, 1), (stage.width + 6, -1)):
        for turn, long in ((72, 150), (50, 190), (24, 170), (4, 130)):
            with stage.pen.surface.moved(x, 1014, turn=side * turn):
                leaf = svg(f"M0 0C-34 {-long * 0.4} -24 {-long * 0.8} 0 {-long}C24 {-long * 0.8} 34 {-long * 0.4} 0 0z")
                stage.pen.shape(leaf, mix(green, (30, 80, 80), (turn % 3) * 0.22), line=0.9)
                stage.pen.fine().mark(line((0, -6), (0, -long * 0.86)), lighter(green, 0.3), 3, opacity=0.7)


def fireflies(stage: Stage, count: int, top: float = 360) -> None:
    """Draw points of light over the ground, on nights of spring and summer."""
    if not stage.is_dark or stage.growth in (Season.AUTUMN, Season.WINTER):
        return
    pen, chance, part = stage.glowing(), stage.apart(0, top), stage.width / stage.across(count)
    for index in range(stage.across(count)):
        x, y = part * (index + chance.uniform(0.2, 0.8)), chance.uniform(top, 900)
        pen.glaze(ellipse(x, y, 13), (255, 240, 130), 0.28)
        pen.glaze(ellipse(x, y, 4.6), (255, 250, 190), 1.0)


def seaweed(stage: Stage, x: float, y: float, height: float, color: Color) -> None:
    """Draw a waving ribbon of weed."""
    sway = stage.between(16, 30)
    path_ = curve(
        (x, y),
        (x - sway, y - height * 0.25),
        (x + sway, y - height * 0.5),
        (x - sway, y - height * 0.75),
        (x + sway * 0.4, y - height),
    )
    stage.pen.bar(path_, color, 15, line=0.8)
