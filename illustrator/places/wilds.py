"""Places in the country: forest, jungle, meadow, garden, farm, mountains, desert, snowfield, cave."""

from illustrator.colors import darker, lighter
from illustrator.places.nature import (
    corner_leaves,
    crystals,
    fireflies,
    flowers,
    hills,
    meadow_ground,
    mountains,
    path,
    rock,
    tufts,
)
from illustrator.places.stage import HORIZON, Stage
from illustrator.places.trees import fallen_leaves, fir, great_tree, leafy_cloud, palm, round_tree
from illustrator.seasons import CROPS
from illustrator.surface import box, curve, ellipse, fall, line, polygon, svg


def forest(stage: Stage) -> None:
    """Paint firs behind firs, two great trees, a path, toadstools."""
    for y, tall, far in ((560, 260, 0.72), (600, 300, 0.52), (640, 330, 0.3)):
        for x in stage.spread(stage.across(8), 40):
            fir(stage, x, y, tall * stage.between(0.8, 1.15), far=far)
    stage.ridge(632, 22, (104, 158, 92), far=0.12, line=0.6)
    path(stage, stage.width * 0.54, 640)
    tufts(stage, 26, 720)
    for share, tall, side in ((0.05, 700, 1), (0.96, 640, -1)):
        great_tree(stage, stage.width * share, tall, side)
    for share, y, size in ((0.2, 840, 66), (0.25, 862, 46), (0.78, 830, 58)):
        stage.seasonal_thing("mushroom", stage.width * share, y, size)
    flowers(stage, 10, 780)
    fallen_leaves(stage, 34, 700)
    fireflies(stage, 22)


def jungle(stage: Stage) -> None:
    """Paint broad leaves, palms, lianas, bright blossoms."""
    hills(stage, 500, (86, 150, 104), far=0.6)
    for x in stage.spread(stage.across(9), 40):
        palm(stage, x, 640, stage.between(280, 420), far=0.45, lean=stage.between(-16, 16))
    for x in stage.spread(stage.across(8), 40):
        leafy_cloud(stage, x, 640, stage.between(90, 140), (64, 140, 92), far=0.25)
    stage.ridge(650, 26, (96, 160, 84), line=0.6)
    path(stage, stage.width * 0.5, 660, (196, 160, 110))
    for share, lean in ((0.1, 10), (0.9, -10)):
        palm(stage, stage.width * share, 830, 640, lean=lean)
    for x in stage.spread(stage.across(6)):
        long = stage.between(180, 330)
        stage.pen.bar(curve((x, -20), (x + 30, long * 0.5), (x - 10, long)), (74, 132, 74), 8, line=0.7)
        for share in (0.4, 0.7, 1.0):
            stage.pen.shape(ellipse(x + 8, long * share, 19, 10, 30), (92, 164, 84), line=0.7)
    for share, y, size in ((0.22, 800, 84), (0.79, 790, 78), (0.3, 880, 60)):
        stage.thing("hibiscus", stage.width * share, y, size)
    tufts(stage, 24, 720)
    corner_leaves(stage, (44, 128, 84))


def meadow(stage: Stage) -> None:
    """Paint rolling green, flowers, a few trees."""
    hills(stage, 520, (126, 184, 140), far=0.6)
    hills(stage, 560, (134, 190, 120), far=0.35, swing=60)
    for share, tall in ((0.1, 230), (0.2, 190), (0.84, 250)):
        round_tree(stage, stage.width * share, 650, tall, far=0.14)
    meadow_ground(stage, HORIZON + 14)
    flowers(stage, 60, 730)
    for share, y in ((0.3, 430), (0.68, 470)):
        stage.seasonal_thing("butterfly", stage.width * share, y, 46)
    fireflies(stage, 20)


def garden(stage: Stage) -> None:
    """Paint a fence, beds of flowers, a greenhouse, a path."""
    hills(stage, 540, (130, 188, 124), far=0.5)
    for x in stage.spread(stage.across(4)):
        round_tree(stage, x, 640, stage.between(180, 240), far=0.2)
    _greenhouse(stage, stage.width * 0.76, 720)
    meadow_ground(stage, 660)
    for x in range(-20, int(stage.width * 0.52), 96):
        stage.thing("fence", x + 48, 736, 108)
    path(stage, stage.width * 0.5, 700)
    for row, (y, size) in enumerate(((790, 92), (866, 112))):
        for index, name in enumerate(("tulip", "sunflower", "hyacinth", "tulip")):
            x = stage.width * (0.03 + 0.085 * index + 0.02 * row)
            stage.seasonal_thing(name, x, y, size)
    for index, name in enumerate(("leafy-green", "carrot", "tomato")):
        stage.seasonal_thing(name, stage.width * (0.76 + 0.09 * index), 850, 72)
    flowers(stage, 26, 760)
    stage.seasonal_thing("butterfly", stage.width * 0.4, 420, 46)
    fireflies(stage, 14)


def _greenhouse(stage: Stage, x: float, y: float) -> None:
    pen, frame = stage.pen, (240, 244, 240)
    glass = svg(f"M{x - 180} {y}V{y - 170}L{x - 110} {y - 270}H{x + 110}L{x + 180} {y - 170}V{y}z")
    pen.shape(glass, (176, 222, 216), line=0.9)
    for index, name in enumerate(("potted-plant", "sunflower", "herb", "potted-plant")):
        stage.thing(name, x - 130 + index * 86, y - 6, 130)
    pen.glaze(glass, (226, 250, 246), 0.25)
    for dx in (-180, -90, 0, 90, 180):
        pen.bar(line((x + dx, y), (x + dx, y - 170), (x + dx * 0.61, y - 270)), frame, 8, line=0.6)
    pen.bar(line((x - 180, y - 170), (x + 180, y - 170)), frame, 8, line=0.6)
    stage.shine(x, y - 120, 300, strength=0.5)


def farm(stage: Stage) -> None:
    """Paint a red barn, fields in rows, a fence, hay, animals."""
    hills(stage, 530, (150, 190, 112), far=0.55)
    stage.thing("windmill", stage.width * 0.14, 620, 210, far=0.3)
    meadow_ground(stage, 610)
    field = polygon(
        (stage.width * 0.5, 640), (stage.width + 40, 640), (stage.width + 40, 800), (stage.width * 0.34, 800)
    )
    crop, furrow = CROPS[stage.growth]
    stage.pen.shape(field, stage.snowed(crop, 0.7), line=0.6)
    for index in range(9):
        x = stage.width * (0.52 + 0.06 * index)
        stage.pen.fine().mark(line((x, 644), (x - 120 + index * 14, 798)), furrow, 6, opacity=0.7)
    _barn(stage, stage.width * 0.76, 690)
    for x in range(-20, int(stage.width * 0.6), 100):
        stage.thing("fence", x + 50, 776, 104)
    for name, share, y, size in (
        ("ewe", 0.1, 770, 90),
        ("sheaf-of-rice", 0.5, 800, 130),
        ("sheaf-of-rice", 0.58, 810, 110),
        ("rooster", 0.93, 840, 86),
    ):
        stage.seasonal_thing(name, stage.width * share, y, size)
    tufts(stage, 22, 830)
    fallen_leaves(stage, 18, 830)


def _barn(stage: Stage, x: float, y: float) -> None:
    pen, red = stage.pen, (188, 66, 58)
    pen.shape(
        svg(f"M{x - 150} {y}V{y - 160}L{x - 100} {y - 244}L{x} {y - 296}L{x + 100} {y - 244}L{x + 150} {y - 160}V{y}z"),
        red,
        form=12,
    )
    roof = svg(
        f"M{x - 166} {y - 154}L{x - 108} {y - 252}L{x} {y - 312}L{x + 108} {y - 252}"
        f"L{x + 166} {y - 154}L{x + 144} {y - 148}L{x + 94} {y - 236}L{x} {y - 286}"
        f"L{x - 94} {y - 236}L{x - 144} {y - 148}z"
    )
    pen.shape(roof, stage.snowed((112, 74, 66), 0.8))
    pen.shape(box(x - 62, y - 124, 124, 124), (226, 206, 180), line=0.9)
    pen.fine().mark(line((x - 56, y - 118), (x + 56, y - 6)), red, 9)
    pen.fine().mark(line((x + 56, y - 118), (x - 56, y - 6)), red, 9)
    stage.glowing().shape(ellipse(x, y - 206, 30), (255, 216, 130) if stage.is_dark else (92, 66, 70), line=0.9)
    stage.shine(x, y - 206, 200)


def mountain_pass(stage: Stage) -> None:
    """Paint peaks behind peaks, firs, boulders, a stony way."""
    mountains(stage, 600, 420, (140, 148, 186), far=0.62, count=3)
    mountains(stage, 640, 320, (116, 124, 154), far=0.28, count=3, snow=0.28)
    for x in stage.spread(stage.across(11), 20):
        fir(stage, x, 676, stage.between(90, 150), far=0.2)
    stage.ridge(664, 30, (140, 160, 112), line=0.7)
    path(stage, stage.width * 0.52, 676, (196, 182, 158))
    for share, y, size in ((0.08, 800, 92), (0.19, 830, 48), (0.92, 790, 84), (0.82, 850, 40)):
        rock(stage, stage.width * share, y, size)
    for share, y, tall in ((0.02, 780, 300), (0.98, 770, 320)):
        fir(stage, stage.width * share, y, tall)
    tufts(stage, 16, 760)


def desert(stage: Stage) -> None:
    """Paint dunes, cacti, distant pyramids."""
    for share, tall in ((0.28, 190), (0.42, 130)):
        stage.thing("pyramid", stage.width * share, 590, tall, far=0.45)
    sand = (242, 200, 124)
    stage.ridge(570, 60, lighter(sand, 0.2), far=0.35, line=0.6)
    for top, swing, color in ((640, 90, sand), (740, 70, darker(sand, 0.07))):
        points = stage.ridge(top, swing, color, line=0.7)
        crest = [(x, height + 6) for x, height in points]
        stage.pen.fine().mark(line(*crest), lighter(color, 0.5), 6, opacity=0.6)
    for x in stage.spread(stage.across(12)):
        at = stage.between(800, 985)
        stage.pen.fine().mark(curve((x - 34, at), (x, at - 10), (x + 34, at)), darker(sand, 0.2), 3.4, opacity=0.6)
    for share, y, size in ((0.1, 800, 250), (0.9, 780, 190), (0.78, 720, 110)):
        stage.thing("cactus", stage.width * share, y, size)
    rock(stage, stage.width * 0.2, 830, 36, color=(196, 140, 96))


def snowfield(stage: Stage) -> None:
    """Paint white hills, snowy firs, ice."""
    snow = (236, 243, 252)
    mountains(stage, 590, 280, (160, 178, 214), far=0.6, count=3, snow=0.6)
    stage.ridge(560, 50, (214, 226, 244), far=0.3, line=0.6)
    for x in stage.spread(stage.across(8), 20):
        fir(stage, x, 640, stage.between(130, 210), far=0.3)
    stage.ridge(630, 40, snow, line=0.6)
    stage.ridge(760, 36, (248, 251, 255), line=0.5)
    for share, y, tall in ((0.05, 800, 380), (0.94, 780, 340)):
        fir(stage, stage.width * share, y, tall)
    for x in stage.spread(stage.across(12)):
        at = stage.between(800, 985)
        stage.pen.fine().mark(curve((x - 30, at), (x, at - 9), (x + 30, at)), (190, 208, 236), 4.4, opacity=0.8)
    rock(stage, stage.width * 0.2, 830, 42, color=(190, 212, 236))


def cave(stage: Stage) -> None:
    """Paint rock walls, stalactites, glowing crystals, an underground lake."""
    width, stone = stage.width, (104, 98, 128)
    stage.pen.surface.cover(fall(0, 1000, (44, 40, 70), (76, 70, 108), (58, 52, 84)))
    middle = width / 2
    opening = ellipse(middle, 480, min(330, width * 0.34), 300)
    stage.pen.surface.fill(opening, fall(200, 760, *stage.hour.sky[1:]), 0.75 if not stage.is_dark else 0.55)
    stage.ridge(620, 36, lighter(stone, 0.14), far=0.1, line=0.6)
    lake = ellipse(middle + 40, 704, min(330, width * 0.36), 44)
    stage.pen.shape(lake, (70, 150, 190), line=0.8)
    for dx, y in ((-120, 694), (60, 712), (150, 694)):
        stage.pen.mark(line((middle + dx, y), (middle + dx + 60, y)), (190, 232, 246), 3.4, opacity=0.7)
    stage.ridge(744, 18, stone, line=0.7)
    for side in (-1, 1):
        x = middle + side * width / 2
        wall = svg(
            f"M{x + side * 60} -20H{x - side * width * 0.2}"
            f"Q{x - side * width * 0.06} 200 {x - side * width * 0.15} 380"
            f"T{x - side * width * 0.1} 640T{x - side * width * 0.2} 800L{x + side * 60} 900z"
        )
        stage.pen.shape(wall, darker(stone, 0.14), form=16)
    for x in stage.spread(stage.across(9), 20):
        long, half = stage.between(90, 250), stage.between(26, 48)
        stage.pen.shape(
            polygon((x - half, -10), (x + half, -10), (x + half * 0.1, long), (x - half * 0.1, long)),
            darker(stone, 0.2),
            form=8,
        )
    for share, y, size in ((0.1, 830, 130), (0.22, 800, 80), (0.86, 820, 140), (0.95, 880, 90)):
        crystals(stage, width * share, y, size, ((92, 196, 236), (150, 140, 240))[int(share * 10) % 2])
    for share, y, size in ((0.02, 900, 80), (0.3, 846, 30), (0.76, 850, 36)):
        rock(stage, width * share, y, size, color=stone)
