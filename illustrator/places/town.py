"""Places in town: village, city street, market, station, rooftop, bridge, harbour."""

from illustrator.colors import darker, lighter
from illustrator.hours import DARK_WOOD, IRON, STONE, STRIPES, WOOD
from illustrator.places.buildings import (
    awning,
    house,
    lit_window,
    pavement,
    planks,
    skyscraper,
    stone_courses,
    townhouse,
)
from illustrator.places.nature import flowers, hills, meadow_ground, mountains, path, water
from illustrator.places.snow import snow_along
from illustrator.places.stage import BOTTOM, HORIZON, Stage
from illustrator.places.trees import fallen_leaves, fir, round_tree
from illustrator.scene import Color
from illustrator.surface import box, curve, ellipse, line, polygon, svg


def village(stage: Stage) -> None:
    """Paint cottages along a path."""
    hills(stage, 500, (126, 176, 118), far=0.55)
    for x in stage.spread(stage.across(4), -40):
        house(stage, x, HORIZON + 22, stage.between(110, 140), 150, far=0.35)
    meadow_ground(stage, HORIZON + 14)
    path(stage, stage.width * 0.52, HORIZON + 26)
    house(stage, stage.width * 0.13, 770, 230, 300)
    house(stage, stage.width * 0.88, 750, 210, 280)
    round_tree(stage, stage.width * 0.3, 720, 180, far=0.1)
    stage.thing("fence", stage.width * 0.31, 790, 78)
    stage.thing("lamp post", stage.width * 0.71, 780, 210)
    flowers(stage, 22, 800)


def city_street(stage: Stage) -> None:
    """Paint tall houses, shops, lamps, a pavement and a road."""
    _skyline(stage, HORIZON + 60, 0.55)
    at = -30.0
    while at < stage.width:
        wide = stage.between(130, 170)
        if not stage.width * 0.4 < at + wide / 2 < stage.width * 0.6:
            townhouse(stage, at, 700, wide, stage.chance.choice((4, 5, 5)), far=0.08)
            awning(stage, at + 10, 610, wide - 20, stage.pick(STRIPES))
        at += wide + 4
    pavement(stage, 694, (190, 182, 184))
    road = polygon((-40, 800), (stage.width + 40, 800), (stage.width + 40, 1500), (-40, 1500))
    stage.pen.shape(road, stage.snowed((104, 106, 122), 0.6), line=0.6)
    for x in range(-20, int(stage.width), 170):
        stage.pen.fine().shape(polygon((x, 962), (x + 90, 962), (x + 78, 976), (x - 14, 976)), (236, 226, 190), line=0)
    fallen_leaves(stage, 16, 810)
    for share in (0.16, 0.84):
        stage.thing("lamp post", stage.width * share, 812, 330)


def _skyline(stage: Stage, y: float, far: float) -> None:
    at = -20.0
    while at < stage.width:
        wide = stage.between(70, 130)
        skyscraper(stage, at, y, wide, stage.between(230, 470), far=far)
        at += wide + stage.between(-6, 10)


def market(stage: Stage) -> None:
    """Paint stalls under awnings, houses behind, lanterns on a line."""
    at = -40.0
    while at < stage.width:
        wide = stage.between(120, 160)
        townhouse(stage, at, HORIZON + 50, wide, stage.chance.choice((3, 4)), far=0.3, old=True)
        at += wide
    pavement(stage, HORIZON + 46, (222, 196, 160))
    goods = (
        ("red-apple", "tangerine", "pear", "grapes"),
        ("bread", "cheese-wedge", "garlic", "jar"),
        ("amphora", "yarn", "teapot", "bouquet"),
    )
    wide = min(330.0, stage.width * 0.34)
    spots = (0.0, stage.width - wide, stage.width / 2 - wide / 2) if stage.width > 1300 else (0.0, stage.width - wide)
    for index, x in enumerate(spots):
        _stall(stage, x, 790, wide, goods[index], STRIPES[index * 2 % 5])
    rope = curve(
        (-20, 250),
        (stage.width * 0.25, 350),
        (stage.width * 0.5, 270),
        (stage.width * 0.75, 350),
        (stage.width + 20, 250),
    )
    stage.pen.mark(rope, (90, 70, 70), 4)
    for share, y in ((0.14, 300), (0.3, 312), (0.5, 290), (0.7, 312), (0.86, 300)):
        stage.thing("red-paper-lantern", stage.width * share, y + 80, 88)
    stage.thing("barrel", stage.width * 0.38, 770, 100)
    stage.thing("basket", stage.width * 0.63, 772, 96)


def _stall(stage: Stage, x: float, y: float, width: float, goods: tuple[str, ...], color: Color) -> None:
    for dx in (10, width - 10):
        stage.pen.bar(line((x + dx, y), (x + dx, y - 290)), WOOD, 13)
    stage.pen.fine().shape(box(x + 16, y - 230, width - 32, 110), darker(color, 0.55), line=0)
    for index, name in enumerate(goods):
        for row in (0, 1):
            stage.thing(name, x + width * (index + 0.5 + 0.12 * row) / (len(goods) + 0.2), y - 108 + row * 18, 58)
    stage.pen.shape(polygon((x, y - 100), (x + width, y - 100), (x + width - 8, y), (x + 8, y)), WOOD, form=8)
    for dx in (0.25, 0.5, 0.75):
        stage.pen.fine().mark(line((x + width * dx, y - 92), (x + width * dx, y - 6)), DARK_WOOD, 4, opacity=0.7)
    awning(stage, x - 12, y - 312, width + 24, color)
    stage.shine(x + width / 2, y - 170, width * 0.9, strength=0.75)


def station(stage: Stage) -> None:
    """Paint a platform under a roof, a steam train, a clock, a lamp."""
    mountains(stage, HORIZON, 330, (118, 132, 160), far=0.55, count=3)
    for x in stage.spread(stage.across(8), 30):
        fir(stage, x, HORIZON + 36, stage.between(110, 170), far=0.4)
    meadow_ground(stage, HORIZON + 20)
    ballast = box(-40, 742, stage.width + 80, 44)
    stage.pen.shape(ballast, stage.snowed((148, 138, 136), 0.5), line=0.6)
    _train(stage, stage.width * 0.44, 762)
    for y in (752, 770):
        stage.pen.bar(line((-40, y), (stage.width + 40, y)), IRON, 7, line=0.7)
    platform = polygon((-40, 800), (stage.width + 40, 800), (stage.width + 40, BOTTOM), (-40, BOTTOM))
    stage.pen.shape(platform, stage.snowed((206, 190, 176), 0.7), line=0.8)
    stage.pen.shape(box(-40, 796, stage.width + 80, 22), stage.snowed((240, 226, 190), 0.7), line=0.7)
    roof = polygon(
        (stage.width * 0.55, 236), (stage.width + 40, 206), (stage.width + 40, 276), (stage.width * 0.57, 290)
    )
    for share in (0.64, 0.96):
        stage.pen.bar(line((stage.width * share, 270), (stage.width * share, 812)), (70, 104, 98), 15)
    stage.pen.shape(roof, (166, 74, 66))
    snow_along(stage, (stage.width * 0.555, 236), (stage.width + 40, 206), wide=24)
    fallen_leaves(stage, 14, 830)
    stage.pen.shape(ellipse(stage.width * 0.8, 352, 54), (250, 244, 226))
    stage.pen.fine().mark(
        line((stage.width * 0.8, 318), (stage.width * 0.8, 352), (stage.width * 0.8 + 24, 366)), (50, 40, 52), 6
    )
    stage.pen.fine().mark(ellipse(stage.width * 0.8, 352, 47), (166, 74, 66), 7)
    stage.thing("lamp post", stage.width * 0.1, 830, 330)
    if "bench" not in stage.without:
        stage.thing("bench", stage.width * 0.84, 856, 120)
    stage.thing("luggage", stage.width * 0.95, 870, 86)


def _train(stage: Stage, x: float, y: float) -> None:
    pen, green = stage.pen, (62, 122, 98)
    for _ in range(5):
        pen.glaze(
            ellipse(x - 150 + stage.between(-10, 120), y - 330 - stage.between(0, 130), stage.between(36, 66)),
            pen.at((248, 246, 248), 0.1),
            0.8,
        )
    for index in range(3):
        left = x + 92 + index * 330
        pen.shape(box(left, y - 210, 310, 182, 18), (green, (176, 70, 62), green)[index], form=10)
        pen.shape(box(left - 8, y - 224, 326, 26, 10), darker(green, 0.4))
        for window_ in range(3):
            lit_window(stage, left + 28 + window_ * 92, y - 176, 68, 66)
        for wheel in (60, 250):
            pen.shape(ellipse(left + wheel, y - 22, 29), IRON)
            pen.fine().shape(ellipse(left + wheel, y - 22, 10), (206, 190, 150), line=0)
    pen.shape(box(x - 230, y - 172, 220, 122, 40), green, form=12)
    pen.shape(polygon((x - 196, y - 168), (x - 204, y - 262), (x - 140, y - 262), (x - 150, y - 168)), IRON)
    pen.shape(box(x - 46, y - 252, 122, 222, 12), green, form=8)
    pen.shape(box(x - 58, y - 268, 146, 26, 8), darker(green, 0.4))
    lit_window(stage, x - 16, y - 226, 62, 66)
    for band in (-170, -100):
        pen.fine().mark(line((x + band, y - 170), (x + band, y - 52)), (226, 178, 84), 8)
    pen.shape(polygon((x - 236, y - 60), (x - 286, y - 6), (x - 200, y - 6), (x - 190, y - 60)), (176, 70, 62))
    for wheel in (-170, -90, 10):
        pen.shape(ellipse(x + wheel, y - 32, 38), (176, 70, 62))
        pen.fine().shape(ellipse(x + wheel, y - 32, 13), (226, 200, 150), line=0)
    stage.glowing().shape(ellipse(x - 232, y - 116, 17, 24), (255, 236, 170), line=0.8)
    stage.shine(x - 250, y - 116, 260)


def rooftop(stage: Stage) -> None:
    """Paint a flat roof high above the city, a washing line, pots of herbs, a water tank."""
    _skyline(stage, 760, 0.5)
    stage.pen.shape(box(-40, 690, stage.width + 80, 60), stage.snowed((186, 128, 104), 0.3))
    stone_courses(stage, 0, 692, stage.width, 56, (186, 128, 104))
    stage.pen.shape(box(-40, 676, stage.width + 80, 22, 4), stage.snowed((220, 176, 146), 0.8), line=0.8)
    pavement(stage, 750, (198, 170, 158))
    for share in (0.06, 0.94):
        stage.pen.bar(line((stage.width * share, 800), (stage.width * share, 420)), WOOD, 13)
    left, right = stage.width * 0.06, stage.width * 0.94
    stage.pen.mark(curve((left, 430), (stage.width * 0.5, 486), (right, 430)), (90, 70, 70), 4)
    for share, color in ((0.18, 0), (0.3, 1), (0.7, 2), (0.82, 3)):
        x = stage.width * share
        stage.pen.shape(svg(f"M{x - 40} 452q40 14 80 0l-4 100q-36 14 -72 0z"), lighter(STRIPES[color], 0.3), form=6)
    for share, name in ((0.05, "herb"), (0.13, "potted-plant"), (0.88, "potted-plant"), (0.96, "tulip")):
        stage.seasonal_thing(name, stage.width * share, 840, 100)
    stage.thing("chimney", stage.width * 0.72, 704, 150)


def bridge(stage: Stage) -> None:
    """Paint the top of a stone bridge over a river, its arches below, mountains behind."""
    mountains(stage, HORIZON - 40, 330, (126, 138, 166), far=0.6, count=3)
    hills(stage, HORIZON - 40, (116, 168, 116), far=0.35)
    for x in stage.spread(stage.across(9), 20):
        fir(stage, x, HORIZON - 10, stage.between(90, 140), far=0.35)
    water(stage, HORIZON - 6)
    width, stone = stage.width, stage.snowed(STONE, 0.15)
    stage.pen.shape(svg(f"M-40 836Q{width / 2} 690 {width + 40} 836V{BOTTOM}H-40z"), lighter(stone, 0.2))
    for share in (0.06, 0.27, 0.73, 0.94):
        y = 822 - 128 * (1 - (2 * share - 1) ** 2) * 0.5
        stage.pen.shape(box(width * share - 24, y - 34, 48, 92, 4), lighter(stone, 0.34), line=0.9)
    stage.pen.shape(
        svg(f"M-40 868Q{width / 2} 800 {width + 40} 868V{BOTTOM}H-40z"), stage.snowed((206, 196, 188), 0.6), line=0.7
    )
    fallen_leaves(stage, 14, 870, 940)
    arches = svg(f"M-40 962Q{width / 2} 912 {width + 40} 962V{BOTTOM}H-40z")
    stage.pen.shape(arches, stone)
    stone_courses(stage, 0, 950, width, 60, stone)
    count = max(2, round(width / 420))
    wide = width / count
    for index in range(count):
        x = wide * (index + 0.5)
        stage.pen.shape(
            svg(f"M{x - wide * 0.36} {BOTTOM}V1080A{wide * 0.36} 110 0 0 1 {x + wide * 0.36} 1080V{BOTTOM}z"),
            stage.still_water((52, 110, 150)),
        )
    for share in (0.06, 0.94):
        stage.thing("lamp post", width * share, 800, 270)


def harbour(stage: Stage) -> None:
    """Paint houses along a quay, boats at their moorings, a lighthouse."""
    hills(stage, 500, (120, 160, 140), far=0.6, swing=60)
    stage.thing("lighthouse", stage.width * 0.9, HORIZON + 8, 330, far=0.25)
    at = -30.0
    while at < stage.width * 0.66:
        wide = stage.between(94, 124)
        townhouse(stage, at, HORIZON + 12, wide, stage.chance.choice((3, 3, 4)), far=0.26, old=True)
        at += wide
    water(stage, HORIZON + 10)
    for share, size in ((0.3, 190), (0.74, 240)):
        stage.thing("sailboat", stage.width * share, HORIZON + 110, size, far=0.08)
    planks(stage, 790, stage.snowed((172, 128, 90), 0.7))
    stage.pen.shape(box(-40, 782, stage.width + 80, 20, 4), stage.snowed((196, 152, 108), 0.7))
    for share in (0.04, 0.5, 0.96):
        x = stage.width * share
        stage.pen.shape(box(x - 17, 716, 34, 116, 8), stage.snowed(DARK_WOOD, 0.2))
        stage.pen.bar(curve((x - 19, 758), (x, 768), (x + 19, 758)), (222, 196, 150), 8, line=0.7)
    stage.thing("barrel", stage.width * 0.1, 850, 116)
    stage.thing("fishing net", stage.width * 0.2, 862, 100)
    stage.thing("anchor", stage.width * 0.93, 868, 110)
