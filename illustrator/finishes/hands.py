"""The hands of each style, which draw its lines: one for the world, one for the figures."""

from dataclasses import dataclass

from illustrator.pen import Hand
from illustrator.scene import Style


@dataclass(frozen=True)
class Hands:
    """The hand for places and things, and the hand for figures, whose faces stay steady."""

    world: Hand
    people: Hand


HANDS: dict[Style, Hands] = {
    Style.WATERCOLOR: Hands(
        Hand(outline=2.2, tint=0.8, wobble=1.7, shade=0.26), Hand(outline=2.6, tint=0.7, wobble=0.7, shade=0.26)
    ),
    Style.INK: Hands(Hand(outline=4.0, wobble=1.6, shade=0.2), Hand(outline=5.0, wobble=0.8, shade=0.24)),
    Style.FLAT: Hands(Hand(outline=0.0, shade=0.2), Hand(outline=0.0, shade=0.2)),
    Style.COMIC: Hands(Hand(outline=4.2, shade=0.3), Hand(outline=5.6, shade=0.32)),
    Style.PIXEL: Hands(Hand(outline=3.6, tint=0.6, shade=0.3), Hand(outline=4.6, tint=0.25, shade=0.34)),
    Style.PAPER_CUT: Hands(Hand(outline=0.0, lift=7.0), Hand(outline=0.0, lift=5.0)),
}
