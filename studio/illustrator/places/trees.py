"""Trees and foliage, each on a stage."""

from studio.illustrator.colors import lighter, mix
from studio.illustrator.hours import BARK, FIRS, LEAVES, SNOW
from studio.illustrator.places.stage import Stage
from studio.illustrator.scene import Color
from studio.illustrator.surface import blob, curve, ellipse, joined, polygon, svg


def round_tree(
    stage: Stage, x: float, y: float, height: float, *, far: float = 0.0, crown: Color | None = None
) -> None:
    """A tree with a crown of round heaps."""
    pen, size = stage.pen, height / 100
    leaf = stage.snowed(crown or stage.pick(LEAVES), 0.45)
    trunk = svg(
        f"M{x - 9 * size} {y}"
        f"C{x - 5 * size} {y - 20 * size} {x - 6 * size} {y - 30 * size} {x - 5 * size} {y - 46 * size}"
        f"H{x + 5 * size}C{x + 6 * size} {y - 30 * size} {x + 5 * size} {y - 20 * size} {x + 9 * size} {y}z"
    )
    pen.shape(trunk, BARK, far=far)
    heaps = ((-20, 52, 21), (20, 52, 21), (-12, 72, 22), (13, 74, 22), (0, 58, 24), (0, 84, 17))
    shake = [(dx + stage.between(-3, 3), dy + stage.between(-3, 3), r) for dx, dy, r in heaps]
    whole = joined(*[ellipse(x + dx * size, y - dy * size, r * size) for dx, dy, r in shake])
    pen.shape(whole, leaf, far=far, form=5 * size)
    fine = pen.fine()
    for dx, dy in ((-16, 76), (2, 90), (12, 66), (-20, 56)):
        mark = curve(
            (x + (dx - 5) * size, y - dy * size),
            (x + dx * size, y - (dy + 4) * size),
            (x + (dx + 5) * size, y - dy * size),
        )
        fine.mark(mark, lighter(leaf, 0.4), max(1.5, 1.5 * size), far=far, opacity=0.7)


def fir(stage: Stage, x: float, y: float, height: float, *, far: float = 0.0) -> None:
    """A fir of four skirts."""
    pen, size, green = stage.pen, height / 100, stage.pick(FIRS)
    pen.shape(
        polygon((x - 4 * size, y), (x - 4 * size, y - 20 * size), (x + 4 * size, y - 20 * size), (x + 4 * size, y)),
        BARK,
        far=far,
    )
    for level in range(4):
        top, foot, half = y - (100 - level * 20) * size, y - (64 - level * 18) * size, (14 + level * 6) * size
        skirt = svg(
            f"M{x} {top}Q{x + half * 0.45} {foot - 12 * size} {x + half} {foot}"
            f"Q{x} {foot + 8 * size} {x - half} {foot}Q{x - half * 0.45} {foot - 12 * size} {x} {top}z"
        )
        pen.shape(skirt, lighter(green, 0.06 * (3 - level)), far=far, line=0.8)
        if stage.is_snowy:
            cap = svg(
                f"M{x} {top}Q{x + half * 0.3} {foot - 20 * size} {x + half * 0.6} {foot - 10 * size}"
                f"Q{x} {foot - 14 * size} {x - half * 0.6} {foot - 10 * size}"
                f"Q{x - half * 0.3} {foot - 20 * size} {x} {top}z"
            )
            pen.fine().shape(cap, SNOW, far=far, line=0)


def palm(stage: Stage, x: float, y: float, height: float, *, far: float = 0.0, lean: float = 14) -> None:
    """A palm tree that leans."""
    pen, size = stage.pen, height / 100
    top = (x + lean * size, y - 78 * size)
    pen.bar(curve((x, y), (x + lean * 0.1 * size, y - 40 * size), top), (168, 118, 70), 8 * size, far=far)
    for dx, dy, bend in (
        (-44, 8, -22),
        (-34, -22, -20),
        (4, -36, -6),
        (36, -20, -20),
        (46, 10, -22),
        (-16, 24, -2),
        (22, 26, -2),
    ):
        tip, mid = (
            (top[0] + dx * size, top[1] + dy * size + 8 * size),
            (top[0] + dx * 0.55 * size, top[1] + (dy + bend) * size),
        )
        leaf = svg(
            f"M{top[0]} {top[1]}Q{mid[0]} {mid[1] - 8 * size} {tip[0]} {tip[1]}"
            f"Q{mid[0]} {mid[1] + 9 * size} {top[0]} {top[1]}z"
        )
        pen.shape(leaf, stage.snowed(mix((72, 158, 92), (40, 120, 80), abs(dx) / 90), 0.4), far=far, line=0.8)
    for dx in (-4, 4):
        pen.shape(ellipse(top[0] + dx * size, top[1] + 4 * size, 4 * size), (122, 80, 48), far=far, line=0.7)


def bare_tree(stage: Stage, x: float, y: float, height: float, *, far: float = 0.0) -> None:
    """A dead tree with crooked branches."""
    pen, size, bark = stage.pen, height / 100, (98, 84, 82)
    for at, dx, dy in ((0.45, -30, 30), (0.6, 30, 34), (0.75, -22, 22), (0.5, 38, 10)):
        start = (x, y - 96 * size * at)
        bend = (x + dx * 0.6 * size, start[1] - dy * 0.3 * size)
        pen.bar(curve(start, bend, (x + dx * size, start[1] - dy * size)), bark, 4.5 * size, far=far, line=0.8)
    trunk = svg(
        f"M{x - 9 * size} {y}Q{x - 3 * size} {y - 20 * size} {x - 6 * size} {y - 46 * size}"
        f"T{x - 8 * size} {y - 98 * size}"
        f"Q{x + 4 * size} {y - 76 * size} {x + 5 * size} {y - 52 * size}T{x + 10 * size} {y}z"
    )
    pen.shape(trunk, bark, far=far, form=2 * size)


def leafy_cloud(stage: Stage, x: float, y: float, size: float, color: Color, *, far: float = 0.0) -> None:
    """A heap of foliage without a trunk: a bush, or the crown of a tree that stands outside of the picture."""
    puffs = [
        (x + dx * size, y - dy * size, r * size)
        for dx, dy, r in ((-0.6, 0.2, 0.5), (0.0, 0.45, 0.6), (0.6, 0.2, 0.52), (0, 0, 0.55))
    ]
    stage.pen.shape(joined(*[ellipse(*puff) for puff in puffs]), stage.snowed(color, 0.45), far=far, form=size * 0.09)
    for dx, dy in ((-0.5, 0.4), (0.1, 0.7), (0.5, 0.3)):
        mark = blob(
            (x + (dx - 0.1) * size, y - dy * size),
            (x + dx * size, y - (dy + 0.07) * size),
            (x + (dx + 0.1) * size, y - dy * size),
        )
        stage.pen.fine().shape(mark, lighter(color, 0.3), far=far, line=0)
