"""The drawing of a thing of the table: as its icon, or as the animal that it is."""

from collections.abc import Callable
from functools import partial

from illustrator.bodies.figure import Standing, draw_figure, height_of
from illustrator.hours import GRASS
from illustrator.icons.catalog import draw_icon, is_drawn, is_handmade
from illustrator.pen import Pen
from illustrator.places.stage import Stage
from illustrator.places.trees import fir, palm, round_tree
from illustrator.props import Prop, Size, props
from illustrator.scene import Age, Build, Color, Figure, Hair, Look, Season, Species
from illustrator.surface import curve

_FALLBACK = "package"
_TREES: dict[str, Callable[..., None]] = {
    "tree": partial(round_tree, blooms=False),
    "apple tree": partial(round_tree, blooms=True),
    "pine tree": fir,
    "palm tree": palm,
}
_IN_SPRING = {"leaf": "herb"}
"""Icons of things that are green in spring, for that season only."""

_ON_STRINGS = {"balloon", "kite"}
_HANGING = {"lantern", "bucket", "basket", "backpack", "suitcase", "sack", "watering can", "birdcage", "bell"}
_LONG = {
    "umbrella",
    "sword",
    "spear",
    "staff",
    "broom",
    "torch",
    "rake",
    "shovel",
    "oar",
    "axe",
    "flag",
    "banner",
    "wand",
}
_FURS: dict[str, tuple[Color, Color]] = {
    "bear": ((150, 104, 70), (226, 196, 160)),
    "wolf": ((126, 132, 148), (226, 226, 228)),
    "horse": ((176, 118, 76), (222, 186, 150)),
    "unicorn": ((250, 246, 248), (246, 208, 224)),
    "toy robot": ((172, 186, 200), (240, 170, 80)),
    "fox": ((234, 130, 60), (252, 240, 224)),
    "frog": ((112, 176, 84), (232, 240, 190)),
    "lion": ((222, 166, 88), (250, 228, 186)),
    "dragon": ((86, 164, 116), (240, 204, 110)),
    "dog": ((204, 160, 112), (250, 240, 224)),
    "cat": ((150, 150, 162), (244, 240, 236)),
    "rabbit": ((196, 176, 156), (246, 240, 232)),
    "eagle": ((140, 98, 66), (250, 246, 238)),
    "donkey": ((150, 146, 148), (226, 222, 216)),
    "elephant": ((150, 156, 172), (238, 190, 196)),
    "sheep": ((246, 240, 226), (222, 196, 168)),
    "pig": ((244, 172, 178), (250, 204, 206)),
    "turtle": ((112, 170, 96), (226, 220, 170)),
    "whale": ((98, 140, 190), (228, 238, 246)),
    "owl": ((156, 118, 84), (240, 224, 196)),
}
_MANES: dict[str, Color] = {"unicorn": (222, 140, 196)}
_LARGE = {
    "bear": 1.05,
    "horse": 1.15,
    "unicorn": 1.15,
    "lion": 1.0,
    "dragon": 1.3,
    "wolf": 0.9,
    "elephant": 1.4,
    "whale": 1.5,
    "donkey": 1.0,
}


def icon_name(prop: Prop) -> str:
    """Return the name of a thing's icon: our own icon of the thing's name, else one of the set."""
    if is_drawn(prop.name) and (is_handmade(prop.name) or not prop.icon):
        return prop.name
    return prop.icon if is_drawn(prop.icon) else _FALLBACK


def draw_thing(
    stage: Stage, prop: Prop, x: float, y: float, height: float, *, far: float = 0.0, flip: bool = False
) -> None:
    """Draw a thing with its foot at a point, `height` units high."""
    if prop.name in _TREES:
        _TREES[prop.name](stage, x, y, height, far=far)
    elif prop.icon.startswith("species:"):
        figure = Figure("", animal(Species(prop.icon.removeprefix("species:")), prop.name))
        draw_figure(stage.pen, figure, Standing(x, y, height / height_of(figure), -1 if flip else 1), draw_held)
    else:
        icon = _IN_SPRING.get(prop.name, icon_name(prop)) if stage.growth is Season.SPRING else icon_name(prop)
        stage.thing(icon, x, y, height, far=far, flip=flip)


def draw_held(pen: Pen, name: str) -> None:
    """Draw a thing in a hand at (0, 0), by its name in the table or by an icon's name."""
    prop = props().get(name)
    icon = name if prop is None else icon_name(prop)
    if name in _ON_STRINGS:
        pen.mark(curve((0, 26), (30, -90), (64, -210)), (90, 80, 90), 3)
        _draw_at(pen, icon, 70, -150, 150)
    elif name in _HANGING:
        _draw_at(pen, icon, 4, 128, 116)
    elif name in _LONG:
        if name == "umbrella":
            _draw_at(pen, icon, -30, 70, 330)
        else:
            _draw_at(pen, icon, 0, 62, 190)
    else:
        large = prop is not None and prop.size is not Size.SMALL
        _draw_at(pen, icon if is_drawn(icon) else _FALLBACK, 0, 52, 112 if large else 92)


def _draw_at(pen: Pen, icon: str, x: float, foot: float, height: float) -> None:
    with pen.surface.moved(x, foot, scale=height / 100):
        draw_icon(pen.scaled(height / 100), icon)


def animal(species: Species, name: str) -> Look:
    """Return the look of an animal that is a thing of this name."""
    skin, accent = _FURS.get(name, (GRASS, (240, 230, 200)))
    return Look(
        species=species,
        age=Age.ADULT,
        build=Build.AVERAGE,
        height=_LARGE.get(name, 0.8),
        skin=skin,
        accent=accent,
        eyes=(50, 40, 44),
        hair=Hair.NONE,
        hair_color=_MANES.get(name, (90, 60, 44)),
        beard=False,
        moustache=False,
        wears={"horn": (246, 206, 110)} if name == "unicorn" else {},
        seed=name,
    )
