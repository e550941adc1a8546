"""Bodies without clothes: trunk, tail, wings and shell, in the frame of a skeleton's trunk."""

from dataclasses import replace

from illustrator.bodies.skeleton import Skeleton
from illustrator.colors import darker, lighter, mix
from illustrator.pen import Pen
from illustrator.scene import Action, Color, Look, Species
from illustrator.surface import Path, blob, box, curve, ellipse, joined, svg

FEATHERED = {Species.OWL, Species.BIRD, Species.PENGUIN}
WINGED = {Species.OWL, Species.BIRD, Species.DRAGON}
_ROUND = {*FEATHERED, Species.FROG, Species.HEDGEHOG, Species.TURTLE, Species.BEAR, Species.PIG, Species.SHEEP}


def trunk_path(skeleton: Skeleton, *, length: float = 0.0, flare: float = 1.0, collar: float = 1.0) -> Path:
    """Return the outline from the shoulders to below the hips in the trunk's frame: hips at (0, 0), shoulders above."""
    size, wide = skeleton.size, 47 * skeleton.breadth
    top, bottom = -116 * size, 16 * size + length
    shoulder = 40 * skeleton.breadth * collar
    return svg(
        f"M{-shoulder} {top + 10}Q0 {top - 8 * size} {shoulder} {top + 10}"
        f"C{wide * 0.96} {top + 40 * size} {wide} {-24 * size} {wide * flare} {bottom - 10}"
        f"Q{wide * flare * 0.98} {bottom} {wide * flare * 0.8} {bottom}L{-wide * flare * 0.8} {bottom}"
        f"Q{-wide * flare * 0.98} {bottom} {-wide * flare} {bottom - 10}"
        f"C{-wide} {-24 * size} {-wide * 0.96} {top + 40 * size} {-shoulder} {top + 10}z"
    )


def draw_trunk(pen: Pen, look: Look, skeleton: Skeleton) -> None:
    """Draw the bare trunk with its belly or panel."""
    size, breadth = skeleton.size, skeleton.breadth
    if look.species is Species.ROBOT:
        pen.shape(box(-52 * breadth, -114 * size, 104 * breadth, 132 * size, 26 * size), look.skin, form=9)
        pen.shape(box(-32 * breadth, -84 * size, 64 * breadth, 52 * size, 10), lighter(look.skin, 0.5), line=0.7)
        for x, color in ((-14, (224, 84, 72)), (14, look.accent)):
            pen.fine().shape(ellipse(x * breadth, -58 * size, 9 * size), color, line=0)
        return
    if skeleton.pose.is_on_all_fours:
        body = ellipse(0, -48 * size, 60 * breadth, 70 * size)
        pen.shape(body, look.skin, form=9)
        with pen.surface.within(body):
            pen.fine().shape(ellipse(56 * breadth, -52 * size, 40 * breadth, 70 * size), look.accent, line=0)
        if look.species is Species.TURTLE:
            shell = ellipse(-30 * breadth, -48 * size, 56 * breadth, 72 * size)
            pen.shape(shell, _shell_color(look), form=9)
            for y in (-88, -48, -8):
                pen.fine().shape(
                    ellipse(-34 * breadth, y * size, 20 * size, 13 * size), lighter(_shell_color(look), 0.25), line=0
                )
        return
    if look.species in _ROUND:
        body = ellipse(0, -46 * size, 60 * breadth, 68 * size)
        pen.shape(joined(body, trunk_path(skeleton)), look.skin, form=9)
        belly = ellipse(3, -38 * size, 42 * breadth, 54 * size)
    else:
        pen.shape(trunk_path(skeleton, flare=1.04), look.skin, form=9)
        belly = ellipse(3, -40 * size, 31 * breadth, 50 * size)
    if look.species is not Species.HUMAN:
        pen.fine().shape(belly, look.accent, line=0)
    if look.species is Species.TURTLE:
        for y in (-66, -40, -14):
            pen.fine().mark(
                curve((-34 * breadth, y * size), (3, (y + 6) * size), (40 * breadth, y * size)),
                darker(look.accent, 0.2),
                3,
            )


def draw_behind(pen: Pen, look: Look, skeleton: Skeleton, action: Action) -> None:
    """Draw tail, wings, quills and shell behind the trunk."""
    with pen.surface.moved(0, 0, scale=skeleton.size):
        if look.species is Species.DRAGON or (look.species in WINGED and action is Action.FLY):
            _draw_wings(pen, look, spread=action is Action.FLY)
        if look.species in _TAILS:
            _TAILS[look.species](pen, look)
        if look.species is Species.TURTLE:
            pen.shape(ellipse(-10, -46, 80, 86), _shell_color(look), form=10)
        elif look.species is Species.HEDGEHOG:
            points = [(-80 + (index % 2) * 26, -120 + index * 17.0) for index in range(9)]
            pen.shape(blob((0, -126), *points, (0, 24)), darker(look.skin, 0.42))


def draw_above(pen: Pen, look: Look, skeleton: Skeleton, wings: Color | None) -> None:
    """Draw wings and tail on a level back, in the frame of the whole body; `wings` is the colour of worn wings."""
    middle = (skeleton.hips[0] + skeleton.shoulders[0]) / 2, (skeleton.hips[1] + skeleton.shoulders[1]) / 2
    if look.species in _TAILS:
        with pen.surface.moved(*skeleton.hips, scale=skeleton.size):
            _TAILS[look.species](pen, look)
    with pen.surface.moved(*middle, scale=skeleton.size):
        if wings is not None or look.species is Species.DRAGON or (look.species in WINGED and skeleton.pose.lift):
            with pen.surface.moved(-10, 30, scale=1.16):
                _draw_wings(pen, look if wings is None else replace(look, accent=wings, skin=wings), spread=True)
        if look.species is Species.HEDGEHOG:
            points = [(-110 + index * 24.0, -64 - (index % 2) * 26) for index in range(10)]
            pen.shape(blob((-124, 10), *points, (124, 10)), darker(look.skin, 0.42))


def _shell_color(look: Look) -> Color:
    return mix(look.skin, (120, 84, 50), 0.75)


def _bushy(pen: Pen, look: Look) -> None:
    path = blob((-34, 6), (-96, 2), (-142, -52), (-130, -118), (-96, -104), (-80, -46), (-40, -26))
    pen.shape(path, look.skin, form=8)
    with pen.surface.within(path):
        pen.fine().shape(ellipse(-122, -112, 40, 36), look.accent, line=0)


def _long(pen: Pen, look: Look) -> None:
    pen.bar(curve((-36, -2), (-88, 12), (-112, -30), (-98, -74), (-122, -96)), look.skin, 17)


def _thin(pen: Pen, look: Look) -> None:
    pen.bar(curve((-36, 0), (-90, 16), (-120, -12), (-110, -52)), mix(look.skin, (240, 150, 150), 0.6), 9)


def _puff(pen: Pen, look: Look) -> None:
    pen.shape(ellipse(-54, -12, 24), lighter(look.skin, 0.4))


def _hair(pen: Pen, look: Look) -> None:
    tail = blob((-36, -18), (-88, -30), (-108, 40), (-92, 66), (-70, 20), (-38, 4))
    pen.shape(tail, look.hair_color, form=5)


def _scaly(pen: Pen, look: Look) -> None:
    tail = svg("M-20 14C-80 26 -126 6 -142 -40L-168 -44L-146 -70L-122 -50C-110 -18 -70 -16 -34 -30z")
    pen.shape(tail, look.skin, form=6)


def _curl(pen: Pen, look: Look) -> None:
    curl = curve((-48, -10), (-72, -22), (-80, 0), (-62, 2), (-64, -18), (-86, -24))
    pen.mark(curl, darker(look.skin, 0.2), 7)


def _draw_wings(pen: Pen, look: Look, *, spread: bool) -> None:
    lift = -40 if spread else 0
    for side in (-1, 1):
        wing = svg(
            f"M{side * 22} -84Q{side * 80} {-150 + lift} {side * 148} {-128 + lift}Q{side * 140} -84 {side * 150} -52"
            f"Q{side * 118} -62 {side * 104} -30Q{side * 80} -52 {side * 58} -22Q{side * 46} -40 {side * 22} -40z"
        )
        pen.shape(wing, mix(look.accent, look.skin, 0.35), form=6)


_TAILS = {
    Species.FOX: _bushy,
    Species.WOLF: _bushy,
    Species.CAT: _long,
    Species.DOG: _long,
    Species.MOUSE: _thin,
    Species.ELEPHANT: _thin,
    Species.RABBIT: _puff,
    Species.BEAR: _puff,
    Species.SHEEP: _puff,
    Species.HORSE: _hair,
    Species.DRAGON: _scaly,
    Species.PIG: _curl,
}
