"""Castle, throne room, temple and ruins."""

from illustrator.colors import darker, lighter
from illustrator.places.buildings import (
    battlements,
    column,
    lit_window,
    pavement,
    stone_courses,
    tower,
)
from illustrator.places.furniture import FLOOR, room, window
from illustrator.places.nature import flowers, hills, meadow_ground, mountains, rock, tufts
from illustrator.places.snow import snow_along
from illustrator.places.stage import BOTTOM, HORIZON, Stage
from illustrator.places.trees import fallen_leaves, round_tree
from illustrator.surface import box, curve, ellipse, line, polygon, svg


def castle(stage: Stage) -> None:
    """Paint a castle on a hill with towers, flags and a gate, and the way up to it."""
    mountains(stage, HORIZON, 260, (140, 146, 178), far=0.7, count=3)
    hills(stage, 540, (122, 170, 112), far=0.4, swing=50)
    middle, wall = stage.width / 2, (176, 174, 188)
    blue = (72, 116, 196)
    tower(stage, middle - 120, 640, 96, 380, color=wall, far=0.14, flag=blue)
    tower(stage, middle + 120, 640, 96, 380, color=wall, far=0.14, flag=blue)
    stage.pen.shape(box(middle - 235, 430, 470, 250), wall, far=0.08, form=12)
    stone_courses(stage, middle - 225, 440, 450, 220, wall)
    battlements(stage, middle - 240, 430, 480, color=wall, far=0.08)
    for side in (-1, 1):
        tower(stage, middle + side * 250, 690, 112, 330, color=lighter(wall, 0.08), flag=blue)
        lit_window(stage, middle + side * 130 - 15, 500, 30, 54, arched=True)
    stage.pen.shape(svg(f"M{middle - 74} 700V560a74 74 0 0 1 148 0V700z"), darker(wall, 0.3))
    stage.pen.shape(svg(f"M{middle - 58} 700V564a58 58 0 0 1 116 0V700z"), (84, 56, 44))
    for dx in (-30, 0, 30):
        stage.pen.fine().mark(line((middle + dx, 524), (middle + dx, 690)), (60, 40, 34), 5)
    stage.ridge(680, 14, (142, 194, 104), line=0.7)
    moat = svg(f"M-40 742Q{middle} 700 {stage.width + 40} 742V796Q{middle} 756 -40 796z")
    stage.pen.shape(moat, stage.still_water((86, 156, 196)), line=0.7)
    stage.pen.shape(
        polygon((middle - 66, 692), (middle + 66, 692), (middle + 100, 800), (middle - 100, 800)),
        (150, 104, 70),
        form=5,
    )
    for index in range(5):
        y = 706 + index * 20
        stage.pen.fine().mark(line((middle - 70 - index * 6, y), (middle + 70 + index * 6, y)), (116, 78, 54), 4)
    stage.ridge(798, 12, (122, 182, 92), line=0.6)
    tufts(stage, 22, 830)
    fallen_leaves(stage, 14, 840)
    for share in (0.05, 0.95):
        round_tree(stage, stage.width * share, 800, 240)


def throne_room(stage: Stage) -> None:
    """Paint a throne on steps, columns, banners, a red carpet."""
    width = stage.width
    room(stage, (140, 122, 150), floor=(184, 166, 160))
    for share in (0.3, 0.7):
        window(stage, width * share - 46, 140, 92, 330, arched=True, frame=(196, 156, 92))
    for share in (0.06, 0.94):
        column(stage, width * share, FLOOR + 30, 84, 720)
    stage.thing("banner", width * 0.18, 470, 260)
    stage.thing("banner", width * 0.82, 470, 260)
    middle = width / 2
    for index in range(3):
        half = 190 - index * 36
        stage.pen.shape(box(middle - half, FLOOR + 44 - index * 34, 2 * half, 36, 4), (204, 190, 190), line=0.8)
    if "throne" not in stage.without:
        stage.thing("throne", middle, FLOOR - 22, 320)
    carpet = polygon(
        (middle - 62, FLOOR - 24),
        (middle + 62, FLOOR - 24),
        (middle + 200, 1010),
        (middle + 200, BOTTOM),
        (middle - 200, BOTTOM),
        (middle - 200, 1010),
    )
    stage.pen.shape(carpet, (176, 52, 62), line=0.8)
    for side in (-1, 1):
        stage.pen.fine().mark(line((middle + side * 52, FLOOR - 24), (middle + side * 184, 1010)), (226, 178, 84), 8)
        stage.thing("torch", middle + side * 190, 430, 110)
    stage.thing("chandelier", middle, 170, 150)


def temple(stage: Stage) -> None:
    """Paint columns, steps and a gable, incense and statues."""
    hills(stage, 520, (150, 178, 120), far=0.55)
    middle, marble = stage.width / 2, (238, 228, 206)
    stage.ridge(HORIZON + 20, 14, (196, 186, 140), far=0.15, line=0.6)
    half = min(380.0, stage.width * 0.42)
    stage.pen.shape(box(middle - half * 0.86, 330, half * 1.72, 340), darker(marble, 0.4), line=0.7)
    stage.glowing().shape(
        svg(f"M{middle - 56} 670V480a56 56 0 0 1 112 0V670z"),
        (255, 206, 120) if stage.is_dark else (96, 80, 92),
        line=0.7,
    )
    stage.shine(middle, 600, 380)
    for index in range(6):
        column(stage, middle - half * 0.82 + half * 1.64 * index / 5, 672, 50, 320, color=marble)
    stage.pen.shape(box(middle - half, 306, 2 * half, 40, 4), stage.snowed(marble, 0.4))
    stage.pen.shape(
        polygon((middle - half - 16, 308), (middle, 168), (middle + half + 16, 308)),
        stage.snowed(lighter(marble, 0.3), 0.4),
        form=8,
    )
    snow_along(stage, (middle - half - 16, 306), (middle, 166), (middle + half + 16, 306))
    stage.pen.shape(ellipse(middle, 262, 30), (214, 168, 84), line=0.8)
    for index in range(4):
        stage.pen.shape(
            box(middle - half - 10 - index * 26, 668 + index * 26, 2 * half + 20 + index * 52, 28, 3),
            stage.snowed(darker(marble, 0.04 * index), 0.5),
            line=0.8,
        )
    pavement(stage, 770, (222, 208, 180))
    for side in (-1, 1):
        stage.thing("torch", middle + side * half * 0.96, 700, 130)


def ruins(stage: Stage) -> None:
    """Paint broken columns and arches, overgrown."""
    mountains(stage, HORIZON, 230, (136, 150, 160), far=0.65, count=3)
    hills(stage, 550, (120, 168, 112), far=0.4)
    meadow_ground(stage, HORIZON + 20)
    stone = (196, 188, 172)
    left = stage.width * 0.26
    stage.pen.shape(
        svg(
            f"M{left - 150} 740V430a130 130 0 0 1 96 -120l12 44 26 -40 30 30 24 -30"
            "a130 130 0 0 1 92 116V740h-76V450a54 54 0 0 0 -128 0V740z"
        ),
        stone,
        form=10,
    )
    stone_courses(stage, left - 140, 400, 240, 320, stone)
    for share, tall in ((0.62, 330), (0.75, 210), (0.9, 400)):
        x = stage.width * share
        column(stage, x, 740, 56, tall, color=stone)
    stage.pen.shape(
        polygon(
            (stage.width * 0.56, 756),
            (stage.width * 0.56 + 60, 716),
            (stage.width * 0.56 + 150, 740),
            (stage.width * 0.56 + 130, 780),
        ),
        stone,
        form=8,
    )
    rock(stage, stage.width * 0.46, 776, 46, color=stone)
    rock(stage, stage.width * 0.97, 800, 60, color=stone)
    for share, y in ((0.16, 470), (0.3, 372), (0.62, 430), (0.9, 360)):
        for dx in (-16, 0, 18):
            x = stage.width * share + dx
            stage.pen.mark(curve((x, y), (x + 9, y + 40), (x - 4, y + 80 + dx)), stage.grass((86, 146, 84)), 8)
    round_tree(stage, stage.width * 0.04, 790, 240)
    tufts(stage, 20, 800)
    flowers(stage, 16, 800)
