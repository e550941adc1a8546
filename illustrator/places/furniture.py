"""The furniture of rooms: walls, floors, windows with the weather in them, shelves and rugs; each drawn on a stage."""

from illustrator.atmosphere import draw_disc, draw_weather
from illustrator.colors import darker, lighter, mix
from illustrator.hours import BOOKS, DARK_WOOD, LAMP, WOOD, window_light
from illustrator.places.beds import BED_WIDTH, draw_bed, draw_covers
from illustrator.places.buildings import planks
from illustrator.places.stage import Light, Stage
from illustrator.scene import Color, Weather
from illustrator.seasons import grass_in
from illustrator.surface import Path, box, ellipse, fall, line, polygon, svg

FLOOR = 690.0
"""Height of the line between floor and wall."""


def room(stage: Stage, wall: Color, *, floor: Color = WOOD, pattern: str = "") -> None:
    """Draw back wall, skirting and floor; `pattern`, on the wall, is `stripes`, `panels`, `bricks`, `dots` or empty."""
    pen, width = stage.pen, stage.width
    pen.shape(
        box(-40, -600, width + 80, FLOOR + 600),
        wall,
        line=0,
        paint=fall(0, FLOOR, pen.at(darker(wall, 0.16), 0), pen.at(wall, 0)),
    )
    fine = pen.fine()
    if pattern == "stripes":
        for x in range(0, int(width), 74):
            fine.glaze(box(x, 0, 36, FLOOR), pen.at(lighter(wall, 0.35), 0), 0.35)
    elif pattern == "panels":
        for x in range(-10, int(width), 128):
            fine.mark(box(x + 10, FLOOR - 168, 108, 142, 4), darker(wall, 0.22), 4, opacity=0.8)
        fine.mark(line((-10, FLOOR - 186), (width + 10, FLOOR - 186)), darker(wall, 0.3), 8)
    elif pattern == "bricks":
        for _ in range(stage.across(26)):
            left, top = stage.between(0, width), stage.between(30, FLOOR - 60)
            fine.shape(box(left, top, 58, 24, 4), mix(wall, darker(wall, 0.3), stage.between(0.3, 0.8)), line=0)
    elif pattern == "dots":
        for row in range(9):
            for x in range(20 + 45 * (row % 2), int(width), 90):
                fine.glaze(ellipse(x, 40 + row * 74, 9), pen.at(lighter(wall, 0.5), 0), 0.5)
    planks(stage, FLOOR, floor)
    pen.shape(box(-20, FLOOR - 22, width + 40, 24), lighter(wall, 0.25), line=0.7)


def window(
    stage: Stage, x: float, y: float, width: float, height: float, *, arched: bool = False, frame: Color = DARK_WOOD
) -> None:
    """Draw a window from inside, with sky, sun or moon, a hill and the weather in it; its light falls into the room."""
    pen, hour = stage.pen, stage.hour
    pane = _arch(x, y, width, height) if arched else box(x, y, width, height, 6)
    outer = (
        _arch(x - 13, y - 13, width + 26, height + 26) if arched else box(x - 13, y - 13, width + 26, height + 26, 10)
    )
    pen.shape(outer, frame, form=5)
    surface = pen.surface
    with surface.within(pane):
        surface.fill(pane, fall(y, y + height, *hour.sky))
        if stage.weather in (Weather.CLEAR, Weather.WIND, Weather.SNOW):
            draw_disc(pen.fine(), hour, x + width * 0.68, y + height * 0.28, min(30.0, width * 0.17))
        else:
            for dx, dy in ((0.2, 0.2), (0.75, 0.34), (0.5, 0.12)):
                surface.fill(ellipse(x + dx * width, y + dy * height, width * 0.34, width * 0.16), hour.cloud, 0.95)
        hill = (218, 229, 246) if stage.is_snowy_outside else grass_in(stage.season, (104, 158, 108))
        surface.fill(
            svg(
                f"M{x} {y + height}V{y + height * 0.78}q{width * 0.3} {-height * 0.16} {width * 0.56} 0"
                f"t{width * 0.5} -4V{y + height}z"
            ),
            pen.at(hill, 0.35),
        )
        with surface.moved(x, y, scale=(width / 260, height / 760)):
            draw_weather(surface, 400, stage.weather, stage.season, stage.apart(x, y))
        if stage.weather is Weather.FOG:
            surface.fill(pane, (236, 240, 240), 0.5)
    fine = pen.fine()
    fine.mark(line((x + width / 2, y - 4), (x + width / 2, y + height)), frame, 9)
    fine.mark(line((x, y + height * 0.46), (x + width, y + height * 0.46)), frame, 9)
    pen.shape(box(x - 24, y + height + 6, width + 48, 18, 5), lighter(frame, 0.2), line=0.8)
    if not hour.is_dark:
        stage.lights.append(Light(x + width / 2, y + height * 0.7, width * 2.4, window_light(hour), 0.16))
        beam = polygon(
            (x, y + height), (x + width, y + height), (x + width * 0.5, FLOOR + 190), (x - width * 1.0, FLOOR + 190)
        )
        pen.glaze(beam, fall(y + height, FLOOR + 190, lighter(window_light(hour), 0.3), stage.pen.at(WOOD, 0)), 0.1)


def _arch(x: float, y: float, width: float, height: float) -> Path:
    return svg(
        f"M{x} {y + height}V{y + width / 2}A{width / 2} {width / 2} 0 0 1 {x + width} {y + width / 2}V{y + height}z"
    )


def bookcase(
    stage: Stage, x: float, y: float, width: float, height: float, *, rows: int = 5, wood: Color = DARK_WOOD
) -> None:
    """Draw a bookcase full of books, its foot at y."""
    pen = stage.pen
    pen.shape(box(x, y - height, width, height, 6), wood)
    fine, depth = pen.fine(), height / rows
    for row in range(rows):
        top = y - height + row * depth + 9
        fine.shape(box(x + 12, top, width - 24, depth - 16), darker(wood, 0.45), line=0)
        at = x + 16
        while at < x + width - 26:
            if stage.chance.random() < 0.07:
                at += 30
                continue
            wide, tall = stage.between(13, 23), (depth - 20) * stage.between(0.66, 0.97)
            color = stage.pick(BOOKS)
            pen.shape(box(at, top + depth - 16 - tall, wide, tall, 3), color, line=0.4)
            fine.mark(
                line((at + 3, top + depth - 16 - tall * 0.78), (at + wide - 3, top + depth - 16 - tall * 0.78)),
                lighter(color, 0.5),
                2.6,
            )
            at += wide + 1.5


def rug(stage: Stage, x: float, y: float, rx: float, color: Color, *, oblong: bool = False) -> None:
    """Draw a rug on the floor, around a point."""
    ry = rx * 0.22
    shape = (
        polygon((x - rx, y + ry), (x - rx * 0.78, y - ry), (x + rx * 0.78, y - ry), (x + rx, y + ry))
        if oblong
        else ellipse(x, y, rx, ry)
    )
    inner = (
        polygon(
            (x - rx * 0.84, y + ry * 0.72),
            (x - rx * 0.68, y - ry * 0.72),
            (x + rx * 0.68, y - ry * 0.72),
            (x + rx * 0.84, y + ry * 0.72),
        )
        if oblong
        else ellipse(x, y, rx * 0.8, ry * 0.74)
    )
    stage.pen.shape(shape, color, line=0.8)
    stage.pen.fine().mark(inner, lighter(color, 0.5), 6, opacity=0.85)


def wall_shelf(stage: Stage, x: float, y: float, width: float, things: tuple[str, ...], size: float = 66) -> None:
    """Draw a board on the wall with things on it."""
    for index, name in enumerate(things):
        stage.thing(name, x + width * (index + 0.5) / len(things), y, size * stage.between(0.85, 1.1))
    stage.pen.shape(box(x, y, width, 13, 4), WOOD, line=0.8)
    for dx in (0.12, 0.88):
        stage.pen.shape(
            polygon((x + width * dx - 5, y + 13), (x + width * dx + 5, y + 13), (x + width * dx, y + 34)),
            DARK_WOOD,
            line=0.6,
        )


def ceiling_lamp(stage: Stage, x: float, y: float) -> None:
    """Draw a lamp that hangs from the ceiling."""
    stage.pen.mark(line((x, -20), (x, y - 44)), (70, 60, 62), 5)
    pen = stage.glowing()
    pen.shape(
        svg(f"M{x - 54} {y}Q{x - 46} {y - 50} {x} {y - 52}Q{x + 46} {y - 50} {x + 54} {y}z"), (232, 150, 76), line=0.9
    )
    pen.shape(ellipse(x, y + 4, 17, 13), (255, 240, 190), line=0.5)
    stage.shine(x, y + 60, 460, LAMP, 0.85)


def beams(stage: Stage, y: float = 40, color: Color = DARK_WOOD) -> None:
    """Draw heavy beams under the ceiling."""
    pen = stage.pen
    pen.shape(box(-20, y - 60, stage.width + 40, 62), darker(color, 0.25), line=0.8)
    for x in stage.spread(stage.across(4)):
        pen.shape(box(x - 17, y - 40, 34, 74, 4), color, line=0.8)


def counter(
    stage: Stage, x: float, y: float, width: float, height: float, color: Color, *, top: Color = (226, 214, 196)
) -> None:
    """Draw a counter or a row of cupboards, its foot at y."""
    pen = stage.pen
    pen.shape(box(x, y - height, width, height), color, form=6)
    count = max(1, round(width / 130))
    for index in range(count):
        left = x + width * index / count + 12
        pen.shape(box(left, y - height + 30, width / count - 24, height - 46, 6), lighter(color, 0.16), line=0.6)
        pen.fine().shape(ellipse(left + width / count - 40, y - height * 0.5, 6), (224, 178, 84), line=0)
    pen.shape(box(x - 9, y - height - 12, width + 18, 22, 5), top, line=0.9)


def big_bed(stage: Stage, x: float, y: float, scale: float) -> None:
    """Draw a made bed, seen from its foot."""
    with stage.pen.surface.moved(x, y, scale=scale):
        pen = stage.pen.scaled(scale)
        draw_bed(pen, BED_WIDTH, (0.0,))
        draw_covers(pen, BED_WIDTH, stage.textile, is_made=True)


def table(
    stage: Stage,
    x: float,
    y: float,
    width: float,
    *,
    cloth: Color | None = None,
    things: tuple[str, ...] = (),
    size: float = 70,
) -> None:
    """Draw a table with things on it, its feet at y."""
    pen, top = stage.pen, y - 128
    for dx in (0.08, 0.86):
        pen.shape(box(x + width * dx, top + 10, 20, 118, 4), DARK_WOOD)
    for index, name in enumerate(things):
        stage.thing(name, x + width * (index + 0.5) / len(things), top + 3, size)
    pen.shape(box(x - 8, top, width + 16, 22, 6), WOOD)
    if cloth is not None:
        pen.shape(
            svg(
                f"M{x + 14} {top}H{x + width - 14}L{x + width - 6} {top + 50}"
                f"Q{x + width * 0.75} {top + 66} {x + width / 2} {top + 52}"
                f"Q{x + width * 0.25} {top + 66} {x + 6} {top + 50}z"
            ),
            cloth,
            line=0.8,
        )


def picture_frame(stage: Stage, x: float, y: float, width: float, height: float) -> None:
    """Draw a framed landscape on the wall."""
    pen = stage.pen
    pen.shape(box(x - 9, y - 9, width + 18, height + 18, 4), (196, 146, 66), line=0.8)
    pen.fine().shape(box(x, y, width, height), (168, 212, 232), line=0)
    with pen.surface.within(box(x, y, width, height)):
        pen.fine().shape(ellipse(x + width * 0.3, y + height, width * 0.5, height * 0.45), (110, 168, 110), line=0)
        pen.fine().shape(ellipse(x + width * 0.85, y + height, width * 0.4, height * 0.34), (84, 146, 110), line=0)
        pen.fine().shape(ellipse(x + width * 0.74, y + height * 0.3, width * 0.1), (250, 214, 110), line=0)
