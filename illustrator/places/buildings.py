"""Buildings and their parts, for towns and castles: houses, towers, walls, windows; each drawn on a stage."""

from illustrator.colors import darker, lighter, mix
from illustrator.hours import BLOSSOMS, DARK_WOOD, FLAME, GRASS, ROOFS, SNOW, STONE, STRIPES, WALLS, WOOD
from illustrator.places.snow import snow_along, snow_on_roof
from illustrator.places.stage import BOTTOM, Stage
from illustrator.places.trees import fallen_leaves
from illustrator.scene import Color, Season
from illustrator.surface import Path, box, curve, ellipse, line, polygon, svg


def lit_window(
    stage: Stage, x: float, y: float, width: float, height: float, *, far: float = 0.0, arched: bool = False
) -> None:
    """Draw a window seen from outside; at night most windows are lit."""
    lit = stage.is_dark and stage.apart(x, y).random() < 0.75
    color = FLAME if lit else mix(stage.hour.sky[1], (66, 88, 120), 0.45)
    pen = stage.pen.in_light((255, 255, 255)) if lit else stage.pen
    if arched:
        outline = svg(
            f"M{x} {y + height}V{y + width / 2}A{width / 2} {width / 2} 0 0 1 {x + width} {y + width / 2}V{y + height}z"
        )
    else:
        outline = box(x, y, width, height, 2)
    pen.shape(outline, color, far=far * 0.4, line=0.55)
    if width > 20:
        fine = stage.pen.fine()
        fine.mark(line((x + width / 2, y + 2), (x + width / 2, y + height - 2)), DARK_WOOD, 2.4, far=far)
        fine.mark(line((x + 2, y + height / 2), (x + width - 2, y + height / 2)), DARK_WOOD, 2.4, far=far)
    if lit and width > 16:
        stage.shine(x + width / 2, y + height / 2, width * 3.2, strength=0.6)


def house(stage: Stage, x: float, y: float, width: float, height: float, *, far: float = 0.0) -> None:
    """Draw a small house with a gable roof, a door and windows; the middle of its foot is at (x, y)."""
    pen, wall, roof = stage.pen, stage.pick(WALLS), stage.pick(ROOFS)
    left, top = x - width / 2, y - height * 0.56
    if stage.chance.random() < 0.7:
        pen.shape(
            box(x + width * 0.18, y - height * 0.98, width * 0.12, height * 0.3), (168, 98, 80), far=far, line=0.8
        )
    pen.shape(box(left, top, width, height * 0.56), wall, far=far, form=width * 0.06)
    _gable(stage, (left - width * 0.1, left + width * 1.1, top + 4), height * 0.44, roof, far)
    pen.shape(
        svg(
            f"M{x - width * 0.09} {y}V{y - height * 0.24}"
            f"Q{x} {y - height * 0.36} {x + width * 0.09} {y - height * 0.24}V{y}z"
        ),
        stage.pick(STRIPES),
        far=far,
        line=0.8,
    )
    for side in (-1, 1):
        lit_window(stage, x + side * width * 0.3 - width * 0.1, y - height * 0.42, width * 0.2, height * 0.2, far=far)


def _gable(stage: Stage, eaves: tuple[float, float, float], height: float, color: Color, far: float) -> None:
    """Draw a roof that is narrower above; `eaves` are its left edge, right edge and height."""
    left, right, y = eaves
    width = (right - left) / 1.2
    ridge = (left + width * 0.22, right - width * 0.22, y - 4 - height)
    stage.pen.shape(polygon((left, y), (ridge[0], ridge[2]), (ridge[1], ridge[2]), (right, y)), color, far=far)
    for share in (0.33, 0.66):
        row, inset = y - 4 - height * share, width * (0.1 + 0.12 * share)
        rows = line((left + inset, row), (right - inset, row))
        stage.pen.fine().mark(rows, darker(color, 0.22), 2.2, far=far, opacity=0.7)
    snow_on_roof(stage, eaves, ridge, far=far)


def townhouse(
    stage: Stage, x: float, y: float, width: float, floors: int, *, far: float = 0.0, old: bool = False
) -> None:
    """Draw a narrow house of some floors; an old one has a stepped gable, a new one a flat roof."""
    pen, wall, storey = stage.pen, stage.pick(WALLS), width * 0.62
    height = storey * floors
    pen.shape(box(x, y - height, width, height + 4), wall, far=far, form=width * 0.05)
    roof = stage.pick(ROOFS)
    if old:
        pen.shape(
            polygon((x - 5, y - height), (x + width / 2, y - height - width * 0.62), (x + width + 5, y - height)),
            roof,
            far=far,
        )
        top = (x + width / 2, x + width / 2, y - height - width * 0.62)
        snow_on_roof(stage, (x - 5, x + width + 5, y - height), top, far=far)
    else:
        pen.shape(box(x - 5, y - height - 14, width + 10, 16, 3), roof, far=far)
        flat = (x - 7, x + width + 7, y - height - 15)
        snow_on_roof(stage, (*flat[:2], y - height - 1), flat, far=far)
    for floor in range(floors - 1):
        for column in (0.16, 0.6):
            lit_window(
                stage, x + width * column, y - height + storey * (floor + 0.22), width * 0.24, storey * 0.56, far=far
            )
            window_box(stage, x + width * column, y - height + storey * (floor + 0.8), width * 0.24, far=far)
    pen.shape(
        box(x + width * 0.38, y - storey * 0.74, width * 0.26, storey * 0.76, 4), stage.pick(STRIPES), far=far, line=0.8
    )


def skyscraper(stage: Stage, x: float, y: float, width: float, height: float, *, far: float) -> None:
    """Draw a tall block full of windows."""
    color = stage.pick(((120, 134, 168), (146, 126, 156), (104, 130, 150), (170, 148, 150)))
    stage.pen.shape(box(x, y - height, width, height + 4), stage.snowed(color, 0.15), far=far, line=0.8)
    snow_along(stage, (x + 4, y - height), (x + width - 4, y - height), wide=9, far=far)
    pen = stage.pen.fine()
    lamp = pen.in_light((255, 255, 255))
    columns, rows = max(2, int(width / 26)), max(3, int(height / 34))
    chance = stage.apart(x, y)
    for row in range(rows):
        for column in range(columns):
            lit = stage.is_dark and chance.random() < 0.55
            pane = box(
                x + width * (column + 0.24) / columns,
                y - height + 12 + row * (height - 12) / rows,
                width * 0.52 / columns,
                17,
            )
            if lit:
                lamp.shape(pane, FLAME, far=far * 0.35, line=0)
            else:
                pen.shape(pane, lighter(color, 0.35) if not stage.is_dark else darker(color, 0.3), far=far, line=0)


def stone_courses(
    stage: Stage, x: float, y: float, width: float, height: float, color: Color = STONE, *, far: float = 0.0
) -> None:
    """Draw a few joints, which make a surface look like masonry."""
    fine = stage.pen.fine()
    for _ in range(max(3, int(width * height / 9000))):
        a, b = x + stage.between(0.05, 0.8) * width, y + stage.between(0.08, 0.92) * height
        fine.mark(line((a, b), (a + 26, b)), darker(color, 0.22), 2.6, far=far, opacity=0.7)
        fine.mark(line((a + 13, b), (a + 13, b + 12)), darker(color, 0.22), 2.6, far=far, opacity=0.7)


def tower(
    stage: Stage,
    x: float,
    y: float,
    width: float,
    height: float,
    *,
    color: Color = STONE,
    far: float = 0.0,
    cone: bool = True,
    flag: Color | None = None,
) -> None:
    """Draw a round tower with battlements or a pointed roof."""
    pen = stage.pen
    pen.shape(box(x - width / 2, y - height, width, height + 6), color, far=far, form=width * 0.16)
    stone_courses(stage, x - width / 2, y - height, width * 0.8, height, color, far=far)
    battlements(stage, x - width * 0.62, y - height, width * 1.24, color=color, far=far)
    if cone:
        roof = polygon(
            (x - width * 0.66, y - height - width * 0.24),
            (x, y - height - width * 1.5),
            (x + width * 0.66, y - height - width * 0.24),
        )
        pen.shape(roof, stage.pick(ROOFS[2:4]), far=far, form=width * 0.12)
        eaves = (x - width * 0.66, x + width * 0.66, y - height - width * 0.24)
        snow_on_roof(stage, eaves, (x, x, y - height - width * 1.5), far=far)
    lit_window(stage, x - width * 0.12, y - height * 0.8, width * 0.24, width * 0.44, far=far, arched=True)
    if flag is not None:
        top = y - height - width * (1.5 if cone else 0.3)
        pen.bar(line((x, top + 4), (x, top - width * 0.6)), DARK_WOOD, 5, far=far, line=0.7)
        pen.shape(curve_flag(x, top - width * 0.6, width * 0.62), flag, far=far, line=0.8)


def curve_flag(x: float, y: float, size: float) -> Path:
    """Return the outline of a flag that blows to the right from a pole at x."""
    return svg(
        f"M{x} {y}"
        f"C{x + size * 0.4} {y - size * 0.2} {x + size * 0.6} {y + size * 0.2} {x + size} {y + size * 0.04}"
        f"L{x + size * 0.86} {y + size * 0.34}L{x + size} {y + size * 0.6}"
        f"C{x + size * 0.6} {y + size * 0.7} {x + size * 0.4} {y + size * 0.36} {x} {y + size * 0.56}"
        "z"
    )


def battlements(stage: Stage, x: float, y: float, width: float, *, color: Color = STONE, far: float = 0.0) -> None:
    """Draw a row of merlons on a wall."""
    tooth = max(14.0, width / 9)
    count = max(2, int(width / tooth / 2)) * 2 + 1
    step = width / count
    points = [(x, y + step * 0.7)]
    for index in range(count):
        top = y - step * 0.8 if index % 2 == 0 else y
        points += [(x + index * step, top), (x + (index + 1) * step, top)]
    stage.pen.shape(polygon(*points, (x + width, y + step * 0.7)), lighter(color, 0.12), far=far)
    if stage.is_snowy:
        for index in range(0, count, 2):
            stage.snow_pen().fine().shape(
                box(x + index * step - 1, y - step * 0.95, step + 2, step * 0.4, 4), SNOW, far=far, line=0
            )


def column(
    stage: Stage, x: float, y: float, width: float, height: float, *, color: Color = (232, 224, 208), far: float = 0.0
) -> None:
    """Draw a fluted column with plinth and capital."""
    pen = stage.pen
    pen.shape(box(x - width / 2, y - height, width, height), color, far=far, form=width * 0.16)
    for share in (-0.22, 0.0, 0.22):
        pen.fine().mark(
            line((x + share * width, y - height + 14), (x + share * width, y - 14)), darker(color, 0.16), 3, far=far
        )
    for top in (y - height - 8, y - 16):
        pen.shape(box(x - width * 0.74, top, width * 1.48, 24, 4), lighter(color, 0.2), far=far)
        snow_along(stage, (x - width * 0.66, top - 2), (x + width * 0.66, top - 2), wide=13, far=far)


def window_box(stage: Stage, x: float, y: float, width: float, *, far: float = 0.0) -> None:
    """Draw a box of flowers under a window, in spring only, when the flowers bloom."""
    if stage.growth is not Season.SPRING:
        return
    chance, fine = stage.apart(x, y), stage.pen.fine()
    fine.shape(box(x - 3, y, width + 6, width * 0.22, 2), WOOD, far=far, line=0)
    for index in range(5):
        at = (x + width * (0.02 + 0.24 * index), y - width * chance.uniform(0.02, 0.12))
        fine.shape(ellipse(*at, width * 0.15), GRASS, far=far, line=0)
        fine.shape(ellipse(at[0], at[1] - width * 0.1, width * 0.1), chance.choice(BLOSSOMS[1:5]), far=far, line=0)


def awning(stage: Stage, x: float, y: float, width: float, color: Color) -> None:
    """Draw a striped awning with scallops, hanging from the line at y."""
    pen, count = stage.pen, 7
    step = width / count
    for index in range(count):
        left = x + index * step
        strip = svg(
            f"M{left} {y}H{left + step}L{left + step + (index - 2.5) * 2} {y + 62}a{step / 2} 16 0 0 1 {-step} 0z"
        )
        pen.shape(strip, color if index % 2 == 0 else (250, 244, 230), line=0.7)
    snow_on_roof(stage, (x - 2, x + width + 2, y + 40), (x - 2, x + width + 2, y - 2))


def pavement(stage: Stage, y: float, color: Color = (196, 186, 182)) -> None:
    """Draw flat cobbled ground."""
    ground = polygon((-40, y), (stage.width + 40, y), (stage.width + 40, BOTTOM), (-40, BOTTOM))
    stage.pen.shape(ground, stage.snowed(color, 0.75), line=0.6)
    fine = stage.pen.fine()
    for x in stage.spread(stage.across(34)):
        at = y + 20 + stage.between(0, 1) ** 0.8 * 370
        wide = 10 + (at - y) * 0.06
        fine.mark(
            curve((x - wide, at), (x, at - wide * 0.5), (x + wide, at)),
            darker(stage.snowed(color, 0.5), 0.2),
            2.8,
            opacity=0.7,
        )
    fallen_leaves(stage, 22, y + 20)


def planks(stage: Stage, y: float, color: Color = WOOD, *, bottom: float = BOTTOM) -> None:
    """Draw a floor of boards that run to the horizon."""
    floor = polygon((-40, y), (stage.width + 40, y), (stage.width + 40, bottom), (-40, bottom))
    stage.pen.shape(floor, color, line=0.7)
    fine, middle = stage.pen.fine(), stage.width / 2
    for index in range(-9, 10):
        x = middle + index * stage.width / 11
        end = middle + (x - middle) * 2.1
        fine.mark(line((x, y + 2), (end, y + 400)), darker(color, 0.2), 3, opacity=0.75)
    for _ in range(stage.across(9)):
        x, at = stage.between(0, stage.width), stage.between(y + 20, 990)
        fine.mark(line((x, at), (x + stage.between(20, 54), at)), darker(color, 0.2), 3, opacity=0.6)
