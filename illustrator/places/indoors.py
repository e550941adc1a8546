"""Rooms: library, bedroom, kitchen, living room, attic, classroom, workshop, laboratory, inn, shop."""

from illustrator.colors import darker, lighter
from illustrator.hours import DARK_WOOD, WOOD
from illustrator.places.furniture import (
    FLOOR,
    beams,
    big_bed,
    bookcase,
    ceiling_lamp,
    counter,
    picture_frame,
    room,
    rug,
    table,
    wall_shelf,
    window,
)
from illustrator.places.stage import Stage
from illustrator.surface import box, line, polygon, svg


def book_room(stage: Stage) -> None:
    """Paint bookcases to the ceiling, a tall window, a ladder."""
    width = stage.width
    room(stage, (120, 84, 78), pattern="panels", floor=(132, 84, 58))
    window(stage, width / 2 - 74, 90, 148, 430, arched=True)
    case = min(360.0, width / 2 - 110)
    bookcase(stage, width / 2 - 112 - case, FLOOR, case, 640, rows=5)
    bookcase(stage, width / 2 + 112, FLOOR, case, 640, rows=5)
    if width > 1200:
        for side in (-1, 1):
            bookcase(stage, width / 2 + side * 660 - 180, FLOOR, 360, 640, rows=5)
    x = width / 2 + 190
    for dx in (0, 62):
        stage.pen.bar(line((x + dx, FLOOR + 34), (x + dx + 54, 110)), WOOD, 12)
    for step in range(8):
        y = FLOOR - 20 - step * 66
        shift = (FLOOR + 34 - y) * 54 / 614
        stage.pen.bar(line((x + shift, y), (x + shift + 62, y)), WOOD, 9, line=0.8)
    rug(stage, width / 2, 850, min(430, width * 0.44), (176, 70, 66), oblong=True)
    stage.thing("books", width * 0.12, FLOOR + 90, 96)
    stage.thing("candle", width * 0.12, FLOOR + 2, 70)
    stage.thing("books", width * 0.9, FLOOR + 130, 84, flip=True)


def bedroom(stage: Stage) -> None:
    """Paint a bed, a window, toys, a rug."""
    width = stage.width
    room(stage, stage.pick(((150, 176, 214), (214, 172, 184), (172, 200, 176))), pattern="dots", floor=(184, 132, 90))
    window(stage, width * 0.42 - 90, 130, 190, 250)
    if "bed" not in stage.without:
        big_bed(stage, width - 190, FLOOR + 66, 0.94)
    bookcase(stage, width * 0.04, FLOOR + 16, 190, 400, rows=4, wood=WOOD)
    rug(stage, width * 0.46, 870, min(360, width * 0.38), stage.pick(((92, 134, 186), (206, 120, 140), (226, 170, 84))))
    stage.thing("teddy-bear", width * 0.06 + 100, FLOOR - 380, 92)
    wall_shelf(
        stage,
        width * 0.7,
        260,
        min(220, width * 0.26),
        ("globe-showing-europe-africa", "hourglass-not-done", "potted-plant"),
        62,
    )
    ceiling_lamp(stage, width * 0.62, 92)


def kitchen(stage: Stage) -> None:
    """Paint a stove, cupboards, shelves with pots, a window."""
    width = stage.width
    room(stage, (244, 214, 164), pattern="stripes", floor=(196, 138, 92))
    window(stage, width * 0.5 - 110, 130, 220, 240)
    wall_shelf(stage, width * 0.04, 220, min(250, width * 0.26), ("teapot", "jar", "potted-plant"), 72)
    wall_shelf(stage, width * 0.72, 220, min(250, width * 0.25), ("pot-of-food", "bread", "cheese-wedge"), 72)
    counter(stage, -20, FLOOR + 40, width * 0.56, 190, (112, 164, 150))
    stage.thing("oven", width * 0.72, FLOOR + 46, 230)
    counter(stage, width * 0.72 + 118, FLOOR + 40, width * 0.3, 190, (112, 164, 150))
    for index, name in enumerate(("leafy-green", "tomato", "carrot", "garlic")):
        stage.thing(name, width * (0.08 + index * 0.1), FLOOR - 158, 60)
    stage.thing("pot-of-food", width * 0.72, FLOOR - 152, 86)
    for index, x in enumerate((0.3, 0.34, 0.385)):
        stage.pen.bar(line((width * x, 60), (width * x, 120 + 14 * index)), (92, 98, 112), 6, line=0.6)
        stage.pen.shape(svg(f"M{width * x - 24} {120 + 14 * index}h48q0 34 -24 34t-24 -34z"), (186, 112, 74), line=0.8)
    rug(stage, width * 0.5, 900, min(320, width * 0.36), (206, 98, 84))


def living_room(stage: Stage) -> None:
    """Paint a fireplace, an armchair, pictures, a window with curtains."""
    width = stage.width
    room(
        stage, stage.pick(((198, 140, 112), (150, 168, 150), (186, 150, 164))), pattern="stripes", floor=(158, 106, 74)
    )
    window(stage, width * 0.12, 150, 190, 270)
    for dx in (-46, 166):
        stage.pen.shape(svg(f"M{width * 0.12 + dx} 128h70q6 160 -10 320h-52q-14 -160 -8 -320z"), (176, 72, 76), form=8)
    stage.pen.bar(line((width * 0.12 - 60, 122), (width * 0.12 + 250, 122)), DARK_WOOD, 11)
    picture_frame(stage, width * 0.55 - 70, 150, 150, 106)
    stage.thing("fireplace", width * 0.78, FLOOR + 12, 300)
    stage.thing("mantelpiece-clock", width * 0.78, FLOOR - 264, 86)
    stage.thing("candle", width * 0.78 + 94, FLOOR - 264, 66)
    if "sofa" not in stage.without:
        stage.thing("couch-and-lamp", width * 0.3, FLOOR + 60, 270)
    rug(stage, width * 0.54, 860, min(420, width * 0.44), (92, 104, 160), oblong=True)


def attic(stage: Stage) -> None:
    """Paint sloping beams, a round window, trunks and forgotten things."""
    width = stage.width
    room(stage, (158, 122, 96), floor=(148, 104, 72))
    for x in stage.spread(stage.across(9)):
        stage.pen.fine().mark(line((x, 0), (x, FLOOR - 26)), (128, 94, 74), 5, opacity=0.7)
    window(stage, width / 2 - 95, 150, 190, 230, arched=True)
    for side in (-1, 1):
        x = width / 2 + side * width / 2
        stage.pen.shape(
            polygon(
                (x + side * 30, -20),
                (x - side * width * 0.34, -20),
                (x - side * 8, FLOOR - 10),
                (x + side * 30, FLOOR - 10),
            ),
            (112, 80, 60),
        )
        stage.pen.bar(line((x - side * width * 0.36, -30), (x - side * 10, FLOOR - 14)), DARK_WOOD, 34)
    stage.pen.bar(line((-30, 88), (width + 30, 88)), DARK_WOOD, 30)
    for name, x, size in (
        ("luggage", 0.13, 150),
        ("books", 0.26, 100),
        ("yarn", 0.34, 62),
        ("framed-picture", 0.7, 150),
        ("treasure chest", 0.86, 170),
    ):
        stage.thing(name, width * x, FLOOR + 36, size)
    stage.thing("spider-web", width * 0.1, 330, 120)
    stage.thing("lantern", width * 0.77, FLOOR + 70, 84)


def classroom(stage: Stage) -> None:
    """Paint a blackboard, desks, a globe, windows."""
    width = stage.width
    room(stage, (236, 224, 188), pattern="panels", floor=(196, 144, 96))
    stage.thing("chalkboard", width / 2, 440, min(380, width * 0.38))
    window(stage, width * 0.05, 150, 150, 250)
    stage.thing("world-map", width * 0.88, 330, 190)
    bookcase(stage, width - 190, FLOOR + 12, 170, 300, rows=3, wood=WOOD)
    for x in (0.26, 0.74):
        table(stage, width * x - 110, FLOOR + 86, 220, things=("open-book", "red-apple"), size=56)
    stage.thing("globe-showing-europe-africa", width * 0.13, FLOOR + 4, 110)


def workshop(stage: Stage) -> None:
    """Paint a bench with a vice, tools on the wall, shavings."""
    width = stage.width
    room(stage, (182, 148, 112), pattern="bricks", floor=(150, 112, 80))
    window(stage, width * 0.5 - 100, 130, 200, 210)
    board = min(300, width * 0.3)
    stage.pen.shape(box(width * 0.04, 150, board, 220, 6), (132, 96, 68))
    for index, name in enumerate(("hammer", "wrench", "carpentry-saw", "screwdriver")):
        stage.thing(name, width * 0.04 + board * (0.2 + 0.3 * (index % 3)), 250 + 104 * (index // 3), 84)
    wall_shelf(stage, width * 0.7, 240, min(260, width * 0.26), ("jar", "paintbrush", "toolbox"), 76)
    counter(stage, width * 0.03, FLOOR + 56, width * 0.4, 170, (140, 98, 66), top=(196, 150, 100))
    stage.thing("anvil", width * 0.14, FLOOR - 122, 90)
    stage.thing("toolbox", width * 0.32, FLOOR - 122, 86)
    stage.thing("oven", width * 0.86, FLOOR + 40, 240)
    stage.thing("barrel", width * 0.68, FLOOR + 40, 150)
    ceiling_lamp(stage, width * 0.24, 80)


def laboratory(stage: Stage) -> None:
    """Paint flasks, pipes, a machine with lamps."""
    width = stage.width
    room(stage, (150, 182, 194), pattern="panels", floor=(150, 162, 176))
    window(stage, width * 0.5 - 90, 120, 180, 230)
    stage.pen.bar(line((-20, 84), (width * 0.34, 84), (width * 0.34, 150)), (126, 142, 158), 22)
    stage.pen.bar(line((width + 20, 64), (width * 0.66, 64), (width * 0.66, 130)), (176, 126, 92), 18)
    stage.thing("control panel", width * 0.84, FLOOR + 36, 280)
    wall_shelf(stage, width * 0.05, 250, min(260, width * 0.28), ("test-tube", "alembic", "jar"), 84)
    counter(stage, -20, FLOOR + 50, width * 0.52, 170, (206, 216, 224), top=(244, 246, 248))
    for name, x, size in (
        ("microscope", 0.1, 118),
        ("alembic", 0.25, 110),
        ("test-tube", 0.36, 92),
        ("crystal-ball", 0.45, 92),
    ):
        stage.thing(name, width * x, FLOOR - 124, size)
    stage.shine(width * 0.25, FLOOR - 190, 240, (140, 240, 190), 0.6)
    stage.shine(width * 0.84, FLOOR - 130, 260, (120, 210, 255), 0.6)
    ceiling_lamp(stage, width * 0.66, 120)


def inn(stage: Stage) -> None:
    """Paint beams, barrels, tables with candles, a fire."""
    width = stage.width
    room(stage, (206, 160, 112), floor=(134, 92, 64))
    beams(stage, 70)
    for x in stage.spread(stage.across(4)):
        stage.pen.shape(box(x - 13, 70, 26, FLOOR - 90, 3), DARK_WOOD, line=0.8)
    window(stage, width * 0.5 - 84, 190, 168, 200)
    stage.thing("fireplace", width * 0.82, FLOOR + 12, 300)
    counter(stage, -20, FLOOR + 20, width * 0.34, 180, (124, 82, 56), top=(180, 128, 82))
    for x in (0.06, 0.16):
        stage.thing("barrel", width * x, FLOOR - 172, 130)
    wall_shelf(stage, width * 0.03, 270, min(250, width * 0.27), ("amphora", "jar", "teapot"), 70)
    table(stage, width * 0.48 - 110, FLOOR + 60, 250, things=("bread", "candle", "cheese-wedge"), size=62)
    stage.thing("lantern", width * 0.64, 300, 90)


def shop(stage: Stage) -> None:
    """Paint shelves full of goods, a counter with scales, a striped awning inside the door."""
    width = stage.width
    room(stage, (222, 196, 164), pattern="stripes", floor=(180, 126, 86))
    goods = (
        "jar",
        "red-apple",
        "teapot",
        "bread",
        "yarn",
        "teddy-bear",
        "amphora",
        "tangerine",
        "books",
        "pear",
        "hyacinth",
        "grapes",
    )
    case = width * 0.36
    for side, start in ((0, 0), (1, 5)):
        left = width * 0.03 if side == 0 else width * 0.97 - case
        stage.pen.shape(box(left, 110, case, FLOOR - 110, 6), DARK_WOOD)
        for row in range(4):
            y = 110 + (row + 1) * (FLOOR - 130) / 4
            stage.pen.fine().shape(box(left + 12, y - 122, case - 24, 122), darker(WOOD, 0.55), line=0)
            for index in range(4):
                stage.thing(goods[(start + row * 3 + index) % len(goods)], left + case * (0.15 + 0.235 * index), y, 82)
    window(stage, width * 0.5 - 82, 170, 164, 260)
    counter(stage, width * 0.3, FLOOR + 66, width * 0.4, 150, (150, 98, 68))
    stage.thing("balance-scale", width * 0.38, FLOOR - 92, 100)
    stage.thing("bouquet", width * 0.63, FLOOR - 92, 90)
    for x in (0.25, 0.75):
        ceiling_lamp(stage, width * x, 80)
    stage.pen.fine().mark(line((0, 108), (width, 108)), lighter(WOOD, 0.3), 4)
