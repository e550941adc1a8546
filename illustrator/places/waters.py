"""Places at the water: ship, sea, beach, river, lake, island, swamp, underwater; and the water before the figures."""

from illustrator.colors import darker, lighter, mix
from illustrator.hours import CORALS, DARK_WOOD, SAND, SEA, WOOD
from illustrator.places.buildings import planks
from illustrator.places.nature import (
    fireflies,
    flowers,
    hills,
    meadow_ground,
    mountains,
    reeds,
    rock,
    seaweed,
    tufts,
    water,
    waves,
)
from illustrator.places.stage import BOTTOM, HORIZON, Stage
from illustrator.places.trees import bare_tree, fallen_leaves, fir, leafy_cloud, palm, round_tree
from illustrator.surface import box, curve, ellipse, fall, line, polygon, svg

_LAGOON = (64, 178, 190)


def ship(stage: Stage) -> None:
    """Paint the deck of a sailing ship, rigging above, sea around."""
    water(stage, 560)
    waves(stage, 640, size=22)
    middle = stage.width / 2
    for share, tall in ((0.2, 0.8), (0.8, 0.8)):
        _mast(stage, stage.width * share, 790, 660 * tall)
    stage.pen.shape(box(-40, 690, stage.width + 80, 80), (150, 102, 66))
    stage.pen.shape(box(-40, 676, stage.width + 80, 24, 6), (196, 148, 92), line=0.9)
    for x in range(10, int(stage.width), 74):
        stage.pen.shape(box(x, 698, 22, 66, 6), (176, 126, 80), line=0.7)
    planks(stage, 764, (196, 150, 102))
    stage.thing("barrel", stage.width * 0.1, 850, 130)
    stage.thing("wheel", middle, 800, 150)
    stage.pen.shape(box(middle - 12, 770, 24, 60, 4), DARK_WOOD)
    stage.thing("lantern", stage.width * 0.93, 850, 110)


def _mast(stage: Stage, x: float, y: float, height: float) -> None:
    pen = stage.pen
    pen.bar(line((x, y), (x, y - height)), DARK_WOOD, 24)
    for level, wide in ((0.38, 190), (0.72, 150)):
        top = y - height * (level + 0.22)
        tall = height * 0.29
        pen.bar(line((x - wide, top), (x + wide, top)), DARK_WOOD, 12)
        pen.shape(
            svg(
                f"M{x - wide + 14} {top}H{x + wide - 14}"
                f"Q{x + wide + 16} {top + tall * 0.6} {x + wide - 26} {top + tall}"
                f"Q{x} {top + tall * 0.82} {x - wide + 26} {top + tall}"
                f"Q{x - wide - 16} {top + tall * 0.6} {x - wide + 14} {top}z"
            ),
            stage.snowed((250, 242, 222), 0.3),
            form=12,
        )
    pen.shape(svg(f"M{x} {y - height - 52}l66 18l-66 20z"), (206, 70, 66))
    for dx in (-210, 210):
        pen.mark(line((x, y - height), (x + dx, y - 70)), (96, 76, 66), 3)


def sea(stage: Stage) -> None:
    """Paint the open sea, swell behind swell."""
    water(stage, 540)
    for y, size, color in ((640, 20, lighter(SEA, 0.16)), (730, 28, lighter(SEA, 0.06))):
        waves(stage, y, color=color, size=size)
    for share, y in ((0.16, 300), (0.28, 250), (0.86, 330)):
        x = stage.width * share
        stage.pen.fine().mark(
            curve((x - 24, y - 10), (x - 8, y - 16), (x, y), (x + 8, y - 16), (x + 24, y - 10)), (250, 250, 252), 6
        )


def sea_front(stage: Stage) -> None:
    """Paint two swells before the figures at sea."""
    waves(stage, 900, color=darker(SEA, 0.06), size=34)
    waves(stage, 962, color=darker(SEA, 0.2), size=38)


def beach(stage: Stage) -> None:
    """Paint sand, palms, shells, a calm bay."""
    hills(stage, 560, (110, 160, 130), far=0.6, swing=60)
    water(stage, 560, color=_LAGOON)
    sand = svg(
        f"M-40 720C{stage.width * 0.3} 690 {stage.width * 0.5} 760 {stage.width * 0.75} 720"
        f"S{stage.width + 40} 716 {stage.width + 40} 716V{BOTTOM}H-40z"
    )
    stage.pen.glaze(
        svg(
            f"M-40 708C{stage.width * 0.3} 678 {stage.width * 0.5} 746 {stage.width * 0.75} 706"
            f"S{stage.width + 40} 702 {stage.width + 40} 702V{BOTTOM}H-40z"
        ),
        stage.pen.at((236, 250, 250), 0),
        0.85,
    )
    stage.pen.shape(sand, stage.snowed(SAND), line=0.6)
    for x in stage.spread(stage.across(18)):
        y = stage.between(770, 985)
        stage.pen.fine().mark(curve((x - 13, y), (x, y - 6), (x + 13, y)), darker(SAND, 0.16), 3, opacity=0.7)
    palm(stage, stage.width * 0.12, 790, 440, lean=10)
    palm(stage, stage.width * 0.9, 760, 340, lean=-16)
    stage.thing("umbrella-on-ground", stage.width * 0.76, 800, 170)
    for name, share, y, size in (("spiral-shell", 0.3, 950, 52), ("starfish", 0.66, 962, 50), ("crab", 0.9, 930, 58)):
        stage.thing(name, stage.width * share, y, size)


def river(stage: Stage) -> None:
    """Paint a river that winds through trees."""
    mountains(stage, HORIZON - 20, 280, (128, 142, 168), far=0.65, count=3)
    hills(stage, 540, (118, 170, 112), far=0.45)
    for x in stage.spread(stage.across(10), 20):
        fir(stage, x, HORIZON + 24, stage.between(100, 170), far=0.32)
    meadow_ground(stage, HORIZON + 10)
    middle = stage.width * 0.62
    edge = stage.width + 40
    bed = svg(
        f"M{middle - 16} {HORIZON + 16}C{middle + 130} 650 {middle + 110} 690 {middle - 30} 724"
        f"S{middle + 20} 860 {middle + 130} 1010V{BOTTOM}H{edge}V860C{edge} 800 {middle + 330} 790 {middle + 250} 722"
        f"S{middle + 30} 640 {middle + 20} {HORIZON + 16}z"
    )
    stream = stage.pen.at(stage.still_water(SEA), 0)
    stage.pen.shape(
        bed,
        SEA,
        line=0.8,
        paint=fall(HORIZON, 1000, mix(stage.hour.sky[-1], stream, 0.5), stream),
    )
    for x, y in ((60, 690), (90, 734), (70, 786), (180, 830), (150, 880), (250, 920), (190, 966)):
        stage.pen.mark(
            curve((middle + x - 40, y), (middle + x, y - 7), (middle + x + 40, y)), (234, 248, 252), 4.5, opacity=0.7
        )
    rock(stage, middle + 60, 900, 46)
    rock(stage, middle + 300, 800, 40)
    reeds(stage, stage.width * 0.14, 850, 130)
    round_tree(stage, stage.width * 0.07, 760, 300)
    round_tree(stage, stage.width * 0.95, 740, 260)
    flowers(stage, 14, 860)


def lake(stage: Stage) -> None:
    """Paint a wide calm lake among mountains, a jetty, reeds."""
    mountains(stage, 560, 340, (120, 134, 168), far=0.55, count=3)
    for x in stage.spread(stage.across(14), 20):
        fir(stage, x, 574, stage.between(70, 120), far=0.42)
    water(stage, 570, color=(58, 142, 182))
    stage.ridge(800, 26, (124, 178, 92), line=0.7)
    left = stage.width * 0.6
    stage.pen.shape(polygon((left, 690), (left + 84, 690), (left + 210, 850), (left + 30, 850)), WOOD, line=0.9)
    for index in range(6):
        y = 706 + index * 24
        stage.pen.fine().mark(line((left + index * 5, y), (left + 96 + index * 20, y)), darker(WOOD, 0.3), 4)
    for dx, y in ((2, 720), (94, 720), (24, 816), (178, 816)):
        stage.pen.bar(line((left + dx, y), (left + dx, y + 44)), DARK_WOOD, 14)
    reeds(stage, stage.width * 0.1, 850, 200)
    reeds(stage, stage.width * 0.93, 880, 210)
    stage.seasonal_thing("duck", stage.width * 0.26, 720, 62)
    tufts(stage, 18, 860)
    fallen_leaves(stage, 18, 850)
    fireflies(stage, 16)


def island(stage: Stage) -> None:
    """Paint a small island with palms, water all around."""
    water(stage, 540, color=_LAGOON)
    waves(stage, 660, color=lighter(_LAGOON, 0.1), size=18)
    waves(stage, 730, color=_LAGOON, size=22)
    middle = stage.width / 2
    stage.pen.shape(ellipse(middle, 940, stage.width * 0.56, 230), (238, 250, 250), line=0)
    stage.pen.shape(ellipse(middle, 950, stage.width * 0.53, 220), stage.snowed(SAND), line=0.7)
    stage.pen.shape(ellipse(middle, 900, stage.width * 0.34, 110), stage.snowed((140, 190, 98), 0.7), line=0.5)
    palm(stage, stage.width * 0.2, 850, 460, lean=-6)
    palm(stage, stage.width * 0.27, 860, 330, lean=20)
    palm(stage, stage.width * 0.82, 850, 420, lean=12)
    leafy_cloud(stage, stage.width * 0.86, 856, 66, (84, 156, 92))
    rock(stage, stage.width * 0.1, 890, 54)
    stage.thing("spiral-shell", stage.width * 0.66, 965, 48)


def swamp(stage: Stage) -> None:
    """Paint dead trees in still green water, mist, reeds, toadstools."""
    hills(stage, 540, (96, 124, 104), far=0.6)
    for x in stage.spread(stage.across(6), 20):
        bare_tree(stage, x, 620, stage.between(220, 330), far=0.5)
    water(stage, 600, color=(92, 126, 88))
    stage.ridge(826, 24, (112, 134, 78), line=0.7)
    for share, y, wide in ((0.2, 690, 50), (0.7, 670, 42), (0.84, 760, 60), (0.42, 740, 46)):
        stage.pen.shape(ellipse(stage.width * share, y, wide, wide * 0.28), stage.grass((122, 172, 92)), line=0.7)
    stage.seasonal_thing("lotus", stage.width * 0.84, 758, 60)
    bare_tree(stage, stage.width * 0.1, 850, 520)
    bare_tree(stage, stage.width * 0.93, 830, 440)
    for share in (0.04, 0.24, 0.8):
        reeds(stage, stage.width * share, 870, 170)
    for share in (0.16, 0.9):
        stage.seasonal_thing("mushroom", stage.width * share, 910, 70)
    fireflies(stage, 20)


def underwater(stage: Stage) -> None:
    """Paint the bottom of the sea: rays, corals, weed, fish, bubbles."""
    surface, width = stage.pen.surface, stage.width
    dark = stage.is_dark
    deep = ((14, 46, 92), (20, 74, 128), (28, 110, 150)) if dark else ((126, 220, 232), (52, 164, 204), (24, 104, 164))
    surface.cover(fall(0, 1000, *deep))
    for x in stage.spread(stage.across(5)):
        ray = polygon((x, -20), (x + 60, -20), (x - 60, 900), (x - 240, 900))
        surface.fill(ray, fall(0, 860, (240, 255, 255), deep[-1]), 0.16)
    stage.ridge(720, 70, (60, 132, 150), far=0.3, line=0.5)
    for x in stage.spread(stage.across(6)):
        seaweed(stage, x, 800, stage.between(120, 260), (50, 140, 120))
    stage.ridge(820, 40, (236, 208, 150), line=0.7)
    for share, size in ((0.08, 210), (0.2, 130), (0.86, 230), (0.96, 150)):
        stage.thing("coral", width * share, 860, size)
    for share in (0.03, 0.14, 0.26, 0.76, 0.92):
        seaweed(
            stage,
            width * share,
            880,
            stage.between(180, 330),
            stage.pick(((72, 160, 104), (110, 170, 92), *CORALS[:1])),
        )
    rock(stage, width * 0.7, 870, 54, color=(132, 130, 150))
    for name, share, y, size, flip in (
        ("tropical-fish", 0.16, 360, 84, False),
        ("fish", 0.82, 300, 74, True),
        ("tropical-fish", 0.74, 470, 60, True),
        ("jellyfish", 0.9, 560, 96, False),
        ("fish", 0.3, 250, 54, False),
    ):
        stage.thing(name, width * share, y, size, flip=flip)
    for name, share, y, size in (("spiral-shell", 0.34, 940, 54), ("starfish", 0.62, 952, 56)):
        stage.thing(name, width * share, y, size)
    for x in stage.spread(stage.across(16)):
        bubble = ellipse(x, stage.between(80, 800), stage.between(4, 12))
        stage.pen.glaze(bubble, (240, 252, 255), 0.3)
        surface.stroke(bubble, (240, 252, 255), 2.2, 0.8)
