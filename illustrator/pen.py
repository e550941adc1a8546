"""The pen, which draws every shape of a picture; here the style decides outline, wobble, shadow and edge."""

import random
from dataclasses import dataclass, replace

from illustrator.colors import INK, darker, lighter, lit_by, mix
from illustrator.scene import Color
from illustrator.surface import Paint, Path, Surface, shifted, without, wobbled


@dataclass(frozen=True)
class Hand:
    """The way in which a style draws a shape: lengths in units of a picture 1000 high.

    `outline` is a width, 0 for none; `tint` the share of the shape's own colour in its line; `wobble` the unsteadiness
    of the line; `shade` the strength of the shadow side of round things; `lift` the distance of a sheet of paper from
    the one below it.
    """

    outline: float
    tint: float = 0.0
    wobble: float = 0.0
    shade: float = 0.0
    lift: float = 0.0
    line: Color = INK


class Pen:
    """Draws shapes on a surface in a style's hand.

    `light` is the light on everything, white by day; `haze` is the colour of far things.
    """

    def __init__(
        self, surface: Surface, hand: Hand, light: Color, haze: Color, chance: random.Random, scale: float = 1.0
    ) -> None:
        self.surface = surface
        self.hand = hand
        self.light = light
        self.haze = haze
        self._chance = chance
        self.scale = scale

    def in_light(self, light: Color) -> "Pen":
        """Return a pen for another light; white for things that shine."""
        return Pen(self.surface, self.hand, light, self.haze, self._chance, self.scale)

    def fine(self) -> "Pen":
        """Return a pen for small things, which an outline would cover."""
        hand = replace(self.hand, outline=0.0, lift=self.hand.lift * 0.35)
        return Pen(self.surface, hand, self.light, self.haze, self._chance, self.scale)

    def scaled(self, scale: float) -> "Pen":
        """Return a pen for a sheet enlarged by a factor; the width of its lines stays the same."""
        hand = self.hand
        hand = replace(hand, outline=hand.outline / scale, wobble=hand.wobble / scale, lift=hand.lift / scale)
        return Pen(self.surface, hand, self.light, self.haze, self._chance, scale=self.scale * scale)

    def outline(self, path: Path, color: Color, *, far: float = 0.0) -> None:
        """Draw only the line of a shape, or its shadow on paper; its inside is drawn after it."""
        hand = self.hand
        if hand.lift:
            self._lift(path, far)
        if hand.outline:
            self.surface.stroke(path, self._line(self.at(color, far), far), 2 * hand.outline * (1 - 0.62 * far))

    def shape(
        self,
        path: Path,
        color: Color,
        *,
        far: float = 0.0,
        line: float = 1.0,
        form: float = 0.0,
        paint: Paint | None = None,
    ) -> None:
        """Draw a filled outline. `far` is the distance, 0 to 1, `line` a factor for the width of the outline, `form`
        the width of the shadow side of a round shape; `paint` is a gradient that replaces the colour.
        """
        hand = self.hand
        color = self.at(color, far)
        if hand.wobble and line:
            path = wobbled(path, hand.wobble * (1 - 0.5 * far), self.scale, self._chance.randrange(1 << 30))
        if hand.lift and line:
            self._lift(path, far)
        self.surface.fill(path, color if paint is None else paint)
        if form and hand.shade:
            side = without(path, shifted(path, -form, -form * 0.8))
            self.surface.fill(side, darker(color, 0.5), hand.shade * (1 - 0.6 * far))
        if hand.lift and line:
            edge = without(path, shifted(path, hand.lift * 0.22, hand.lift * 0.3))
            self.surface.fill(edge, lighter(color, 0.8), 0.5)
        if hand.outline and line:
            self.surface.stroke(path, self._line(color, far), hand.outline * line * (1 - 0.62 * far))

    def mark(self, path: Path, color: Color, width: float, *, far: float = 0.0, opacity: float = 1.0) -> None:
        """Draw a line of a colour, without an outline."""
        if self.hand.wobble:
            path = wobbled(path, self.hand.wobble * 0.6, self.scale, self._chance.randrange(1 << 30))
        self.surface.stroke(path, self.at(color, far), width, opacity)

    def bar(self, path: Path, color: Color, width: float, *, far: float = 0.0, line: float = 1.0) -> None:
        """Draw a thick line that is a thing, such as an arm or a branch, with an outline on both sides."""
        hand = self.hand
        color = self.at(color, far)
        if hand.wobble:
            path = wobbled(path, hand.wobble * 0.6, self.scale, self._chance.randrange(1 << 30))
        if hand.lift:
            self.surface.stroke(shifted(path, hand.lift * 0.5, hand.lift), (20, 14, 40), width, 0.22)
        if hand.outline and line:
            around = width + 2 * 0.5 * hand.outline * line * (1 - 0.62 * far)
            self.surface.stroke(path, self._line(color, far), around + hand.outline * 0.5 * (1 - 0.62 * far))
        self.surface.stroke(path, color, width)

    def glaze(self, path: Path, color: Paint, opacity: float) -> None:
        """Draw a transparent layer without an outline."""
        self.surface.fill(path, color, opacity)

    def at(self, color: Color, far: float) -> Color:
        """Return the colour as seen at a distance, 0 (here) to 1 (at the horizon)."""
        lit = lit_by(color, self.light)
        return mix(lit, self.haze, 0.82 * far) if far else lit

    def _lift(self, path: Path, far: float) -> None:
        lift = self.hand.lift * (1 - 0.6 * far)
        self.surface.fill(shifted(path, lift * 0.9, lift * 1.6), (20, 14, 40), 0.14)
        self.surface.fill(shifted(path, lift * 0.45, lift * 0.8), (20, 14, 40), 0.2)

    def _line(self, color: Color, far: float) -> Color:
        hand = self.hand
        return mix(mix(hand.line, darker(color, 0.55), hand.tint), self.haze, 0.7 * far)
