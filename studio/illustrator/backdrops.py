"""The places: each paints everything behind the characters, below the sky or instead of it."""

from collections.abc import Callable

from studio.illustrator.canvas import color_of, mix
from studio.illustrator.palettes import BOOKS, COATS, CORALS, FLOWERS, INK, ROOFS, SNOW, WALLS, WHITE, WINDOW_LIGHT
from studio.illustrator.stage import HORIZON, Stage


def _meadow(stage: Stage) -> None:
    stage.ridge(HORIZON - 50, 46, stage.land("#8fc487", 0.55))
    stage.ridge(HORIZON, 36, stage.land("#86c06f", 0.25))
    for x in stage.spread(3):
        stage.tree(x, HORIZON + 55, stage.chance.uniform(150, 230), 0.2)
    stage.ridge(HORIZON + 70, 22, stage.land("#79b85f"))
    _path(stage, "#e9d3a4")
    _flowers(stage)


def _forest(stage: Stage) -> None:
    stage.ridge(HORIZON - 70, 30, stage.land("#7fae86", 0.7))
    for distance, count, base, size in ((0.6, 9, 0, 270), (0.3, 7, 45, 350)):
        for x in stage.spread(count):
            stage.tree(x, HORIZON + base, stage.chance.uniform(0.8, 1.2) * size, distance)
    stage.ridge(HORIZON + 65, 20, stage.land("#5f9a5a"))
    _path(stage, "#cdb98c")
    for x in (stage.width * 0.03, stage.width * 0.97):
        stage.tree(x, 850, stage.chance.uniform(620, 720), 0.0)
    _flowers(stage)


def _mountains(stage: Stage) -> None:
    for distance, count, base, height in ((0.65, 5, HORIZON + 30, 380), (0.25, 4, HORIZON + 80, 300)):
        rock = stage.lit(color_of("#8d84a6"), distance)
        for x in stage.spread(count):
            top, half = base - height * stage.chance.uniform(0.7, 1.1), height * 0.62
            stage.canvas.polygon([(x - half, base), (x, top), (x + half, base)], rock)
            shade = mix(rock, stage.hour.tint, 0.25)
            stage.canvas.polygon([(x, top), (x + half, base), (x + half * 0.1, base)], shade)
            cap = [(x - half * 0.26, top + (base - top) * 0.26), (x, top), (x + half * 0.26, top + (base - top) * 0.26)]
            stage.canvas.polygon([*cap, (x + half * 0.08, top + (base - top) * 0.2)], stage.lit(WHITE, distance * 0.6))
    stage.ridge(HORIZON + 60, 26, stage.land("#8db57a", 0.15))
    for x in stage.spread(4):
        stage.tree(x, HORIZON + 105, stage.chance.uniform(110, 170), 0.1)
    stage.ridge(HORIZON + 115, 18, stage.land("#9cb87b"))


def _sea(stage: Stage) -> None:
    far, near = stage.lit(color_of("#4fa7c9"), 0.5), stage.lit(color_of("#2f86b0"))
    x = stage.width * stage.chance.choice((0.16, 0.84))
    stage.canvas.ellipse(x, HORIZON - 20, 150, 46, stage.lit(color_of("#7d8f86"), 0.4))
    stage.canvas.gradient(0, HORIZON - 28, stage.width, 860, (far, near, near))
    for band in range(3):
        y, stripe = HORIZON - 70 - band * 64, stage.lit(color_of("#d9574e") if band % 2 else WHITE, 0.12)
        half = 34 - band * 5
        stage.canvas.polygon([(x - half, y), (x + half, y), (x + half - 5, y - 64), (x - half + 5, y - 64)], stripe)
    stage.canvas.block(x - 26, HORIZON - 308, x + 26, HORIZON - 262, WINDOW_LIGHT, radius=6)
    stage.canvas.polygon([(x - 34, HORIZON - 304), (x, HORIZON - 346), (x + 34, HORIZON - 304)], stage.lit(ROOFS[0]))
    stage.canvas.glow(x, HORIZON - 285, 170, WINDOW_LIGHT, 0.15 + stage.hour.tint_share)
    for _ in range(16):
        wx, wy = stage.chance.uniform(0, stage.width), stage.chance.uniform(HORIZON + 10, 780)
        stage.canvas.line([(wx - 34, wy), (wx + 34, wy)], WHITE, 4, opacity=0.22)
    stage.ridge(800, 20, mix(stage.land("#f3dfb0"), WHITE, 0.35))
    stage.ridge(816, 20, stage.land("#efd49c"))


def _town(stage: Stage) -> None:
    for distance, count, low, high in ((0.5, 7, 210, 330), (0.12, 5, 180, 280)):
        for x in stage.spread(count):
            _house(stage, x, stage.chance.uniform(low, high), distance)
    stage.ridge(HORIZON + 100, 6, stage.land("#cdb9a5"))
    stage.ridge(HORIZON + 118, 6, stage.land("#dcc9b2"))
    for _ in range(26):
        x, y = stage.chance.uniform(0, stage.width), stage.chance.uniform(HORIZON + 150, 980)
        stage.canvas.ellipse(x, y, 26, 9, stage.land("#cbb59c"))


def _room(stage: Stage) -> None:
    wall, floor = color_of(stage.chance.choice(("#f2d6ae", "#d9e3d6", "#e9cfd0", "#cfdbe8"))), color_of("#b98658")
    _interior(stage, wall, floor)
    x = stage.width * stage.chance.uniform(0.12, 0.2)
    stage.window(x, 150, 230, 270, color_of("#8b5e3f"))
    shelf = stage.lit(color_of("#96663f"))
    right = stage.width * 0.66
    stage.canvas.block(right, 330, right + 260, 350, shelf, radius=5)
    for index in range(4):
        cx, color = right + 40 + index * 60, stage.lit(stage.chance.choice(COATS))
        stage.canvas.block(cx - 20, 330 - stage.chance.uniform(36, 70), cx + 20, 330, color, radius=10)
    stage.canvas.block(right + 60, 130, right + 200, 250, shelf, radius=8)
    stage.canvas.gradient(right + 74, 144, right + 186, 236, (WINDOW_LIGHT, stage.lit(stage.chance.choice(COATS))))


def _library(stage: Stage) -> None:
    _interior(stage, color_of("#a97c55"), color_of("#9a6b45"))
    for left in (0.0, stage.width * 0.66):
        width = stage.width * 0.34
        stage.canvas.block(left, 40, left + width, HORIZON + 70, stage.lit(color_of("#6b4630")))
        for level in range(5):
            base = 150 + level * 128
            stage.canvas.block(left + 10, base - 104, left + width - 10, base, stage.lit(color_of("#4a3026")))
            x = left + 16
            while x < left + width - 40:
                thick, tall = stage.chance.uniform(16, 30), stage.chance.uniform(60, 96)
                stage.canvas.block(x, base - tall, x + thick, base, stage.lit(stage.chance.choice(BOOKS)), radius=4)
                x += thick + 3
    stage.window(stage.width / 2 - 90, 130, 180, 320, color_of("#5a3c2b"))


def _cave(stage: Stage) -> None:
    stage.canvas.gradient(0, 0, stage.width, 1000, tuple(color_of(c) for c in ("#2b2440", "#4a3d63", "#6a5878")))
    stage.canvas.glow(stage.width / 2, 470, 420, color_of("#9fd6e8"), 0.75)
    for x in stage.spread(9):
        length, half = stage.chance.uniform(120, 330), stage.chance.uniform(30, 60)
        stage.canvas.polygon([(x - half, -10), (x + half, -10), (x, length)], color_of("#352b4c"), rounding=4)
    stage.ridge(HORIZON + 60, 40, color_of("#473a5e"))
    stage.ridge(HORIZON + 130, 20, color_of("#57486d"))
    for x in stage.spread(5):
        y, color = stage.chance.uniform(760, 800), color_of(stage.chance.choice(("#7fe0e6", "#c69bf2", "#8fb8ff")))
        stage.canvas.glow(x, y - 30, 110, color, 0.5)
        for lean, tall in ((-26, 60), (0, 100), (24, 70)):
            points = [(x + lean - 13, y), (x + lean * 1.5, y - tall), (x + lean + 13, y)]
            stage.canvas.polygon(points, mix(color, WHITE, 0.25 if lean else 0.0), rounding=2)


def _desert(stage: Stage) -> None:
    for share, size in ((0.25, 260), (0.5, 170)):
        x, base = stage.width * (share + stage.chance.uniform(0, 0.35)), HORIZON + 20
        stone = stage.lit(color_of("#dcb878"), 0.3)
        stage.canvas.polygon([(x - size, base), (x, base - size), (x + size, base)], stone)
        dark = mix(stone, stage.hour.tint, 0.3)
        stage.canvas.polygon([(x, base - size), (x + size, base), (x + size * 0.2, base)], dark)
    for depth, code, distance in ((0, "#efcb86", 0.3), (70, "#ecc077", 0.1), (150, "#f0cd8c", 0.0)):
        stage.ridge(HORIZON + depth, 34, stage.land(code, distance))
    for x in (stage.width * 0.07, stage.width * 0.93):
        y, green = stage.chance.uniform(760, 830), stage.lit(color_of("#5c9a62"))
        stage.canvas.line([(x, y), (x, y - 170)], green, 36)
        stage.canvas.line([(x, y - 60), (x + 52, y - 60), (x + 52, y - 112)], green, 24)
        stage.canvas.line([(x, y - 90), (x - 46, y - 90), (x - 46, y - 138)], green, 24)


def _space(stage: Stage) -> None:
    stage.canvas.gradient(0, 0, stage.width, 1000, tuple(color_of(c) for c in ("#120b2e", "#2a1857", "#4b2a73")))
    for _ in range(90):
        radius = stage.chance.choice((1.6, 2.2, 3.4))
        stage.canvas.ellipse(stage.chance.uniform(0, stage.width), stage.chance.uniform(0, 760), radius, radius, WHITE)
    for share, y, radius in ((0.2, 210.0, 78.0), (0.82, 150.0, 42.0)):
        x, color = stage.width * share, stage.chance.choice(COATS)
        stage.canvas.glow(x, y, radius * 2.2, color, 0.4)
        stage.canvas.ellipse(x, y, radius, radius, color)
        stage.canvas.ellipse(x - radius * 0.25, y - radius * 0.25, radius * 0.6, radius * 0.55, mix(color, WHITE, 0.2))
        stage.canvas.curve(x, y, radius * 1.6, radius * 0.4, mix(color, WHITE, 0.6), width=8)
    stage.canvas.ellipse(stage.width / 2, 1260, stage.width * 0.9, 560, color_of("#9d94b8"))
    for x in stage.spread(6):
        y = stage.chance.uniform(800, 960)
        stage.canvas.ellipse(x, y, 54, 17, color_of("#857ca3"))
        stage.canvas.ellipse(x, y + 4, 48, 12, color_of("#8f86ac"))


def _underwater(stage: Stage) -> None:
    water = tuple(color_of(code) for code in ("#a5ecec", "#3fb4cf", "#1b6fa5"))
    stage.canvas.gradient(0, 0, stage.width, 1000, water)
    for x in stage.spread(4):
        stage.canvas.polygon([(x, 0), (x + 70, 0), (x - 90, 800), (x - 260, 800)], WHITE, opacity=0.10)
    for _ in range(18):
        x, y, radius = stage.chance.uniform(0, stage.width), stage.chance.uniform(60, 700), stage.chance.uniform(5, 15)
        stage.canvas.ellipse(x, y, radius, radius, WHITE, opacity=0.35)
    stage.ridge(HORIZON + 90, 30, color_of("#c9c79a"))
    stage.ridge(HORIZON + 160, 20, color_of("#e6d9a6"))
    for x in stage.spread(7):
        y, color = stage.chance.uniform(730, 800), stage.chance.choice(CORALS)
        for lean in (-24, 0, 24):
            stage.canvas.line([(x, y), (x + lean * 0.4, y - 60), (x + lean * 1.5, y - 130)], color, 13)


PAINTERS: dict[str, Callable[[Stage], None]] = {
    "meadow": _meadow,
    "forest": _forest,
    "mountains": _mountains,
    "sea": _sea,
    "town": _town,
    "room": _room,
    "library": _library,
    "cave": _cave,
    "desert": _desert,
    "space": _space,
    "underwater": _underwater,
}
LAMPLIT = frozenset({"room", "library"})
WITHOUT_SKY = LAMPLIT | {"cave", "space", "underwater"}


def _interior(stage: Stage, wall: tuple[int, int, int], floor: tuple[int, int, int]) -> None:
    stage.canvas.gradient(0, 0, stage.width, HORIZON + 80, (stage.lit(mix(wall, INK, 0.12)), stage.lit(wall)))
    stage.canvas.block(0, HORIZON + 80, stage.width, 1000, stage.lit(floor))
    for step in range(-6, 16):
        x = stage.width * step / 10
        points = [(x, HORIZON + 80), ((x - stage.width / 2) * 1.9 + stage.width / 2, 1000)]
        stage.canvas.line(points, stage.lit(mix(floor, INK, 0.18)), 4)
    stage.canvas.block(0, HORIZON + 62, stage.width, HORIZON + 82, stage.lit(mix(floor, INK, 0.35)))
    rug = stage.lit(stage.chance.choice(COATS))
    stage.canvas.ellipse(stage.width / 2, 880, stage.width * 0.4, 82, rug)
    stage.canvas.ellipse(stage.width / 2, 880, stage.width * 0.36, 70, mix(rug, WHITE, 0.3))


def _house(stage: Stage, x: float, height: float, distance: float) -> None:
    base, half = HORIZON + 110, 88.0
    wall, roof = stage.chance.choice(WALLS), stage.chance.choice(ROOFS)
    top = base - height
    stage.canvas.block(x - half, top, x + half, base, stage.lit(wall, distance))
    peak = [(x - half - 16, top), (x, top - 110), (x + half + 16, top)]
    cover = mix(roof, SNOW, 0.82 if stage.is_snowy else 0.0)
    stage.canvas.polygon(peak, stage.lit(cover, distance), rounding=4)
    glass = mix(stage.lit(color_of("#7fa9c4"), distance), WINDOW_LIGHT, min(1.0, stage.hour.tint_share * 2.2))
    for wx in (x - 42, x + 42):
        stage.canvas.block(wx - 22, top + 34, wx + 22, top + 92, glass, radius=8)
    stage.canvas.block(x - 24, base - 96, x + 24, base, stage.lit(mix(roof, INK, 0.25), distance), radius=14)


def _path(stage: Stage, code: str) -> None:
    middle = stage.width / 2
    edge = [(middle - 30, HORIZON + 78), (middle + 20, HORIZON + 78), (middle + 250, 1000), (middle - 230, 1000)]
    stage.canvas.polygon(edge, stage.land(code))


def _flowers(stage: Stage) -> None:
    for _ in range(0 if stage.is_snowy else 46):
        x, y = stage.chance.uniform(0, stage.width), stage.chance.uniform(HORIZON + 130, 985)
        if abs(x - stage.width / 2) < (y - HORIZON) * 0.7:
            continue
        size = 4 + (y - HORIZON) / 60
        stage.canvas.line([(x, y), (x + 2, y + 3 * size)], stage.lit(color_of("#4f8f4a")), size * 0.5)
        stage.canvas.ellipse(x, y, size, size, stage.lit(stage.chance.choice(FLOWERS)))
