"""The pose of a body for each action: angles in degrees from hanging straight down, positive to the side it faces."""

from dataclasses import dataclass
from enum import Enum

from illustrator.scene import Action

Limb = tuple[float, float]


class Posture(Enum):
    """The support of a body."""

    FREE = "free"  # on its feet, or as its action says
    FLOOR = "floor"  # sitting on something flat
    SEATED = "seated"
    ASTRIDE = "astride"
    CYCLING = "cycling"  # astride something that hides no leg
    SHOULDERED = "shouldered"  # on a bearer's shoulders, a leg on each side of the head
    STANDING = "standing"
    LYING = "lying"
    CURLED = "curled"  # lying as a beast does, its legs under it
    TUCKED = "tucked"  # in a bed seen from its foot: only the part above the blanket shows
    BEARING = "bearing"  # on all fours, a rider on its back
    GLIDING = "gliding"  # as BEARING, in flight


@dataclass(frozen=True)
class Pose:
    """The angles of two legs (thigh, shin) and two arms (upper, fore), the back one first.

    `drop` lowers the hips by a share of the legs, `lift` raises everything off the ground, `lean` bends the trunk,
    `turn` turns the whole body, `tilt` the head. `shorten` is the visible share of legs that point at the viewer,
    `thighs` that of their thighs, `stretch` the factor for arms that reach around a head. `length` is the length of the
    trunk on all fours, and `forelegs` the share of the arms that serve as forelegs.

    `legs_seen` is 2 for both legs, 1 for the front one, 0 for none; with `has_legs_before` the legs cover trunk and
    clothes.
    """

    legs: tuple[Limb, Limb] = ((-3, -3), (3, 3))
    arms: tuple[Limb, Limb] = ((-16, -8), (16, 8))
    drop: float = 0.0
    lift: float = 0.0
    lean: float = 0.0
    turn: float = 0.0
    tilt: float = 0.0
    has_back_arm_behind: bool = False
    has_legs_before: bool = False
    legs_seen: int = 2
    shorten: float = 1.0
    thighs: float = 1.0
    stretch: float = 1.0
    length: float = 1.0
    forelegs: float = 1.0

    @property
    def is_on_all_fours(self) -> bool:
        """Return True if the trunk lies level."""
        return self.length > 1


POSES: dict[Action, Pose] = {
    Action.STAND: Pose(),
    Action.WALK: Pose(
        legs=((-26, -40), (24, 12)), arms=((-34, -20), (26, 44)), lean=3, drop=0.03, has_back_arm_behind=True
    ),
    Action.RUN: Pose(
        legs=((-38, -98), (58, 6)), arms=((-58, 6), (34, 118)), lean=13, lift=16, tilt=-6, has_back_arm_behind=True
    ),
    Action.SIT: Pose(
        legs=((-70, -58), (70, 58)), arms=((-24, 0), (24, 0)), drop=0.84, shorten=0.8, thighs=0.7, has_legs_before=True
    ),
    Action.SLEEP: Pose(legs=((-8, -2), (12, 2)), arms=((-10, 24), (24, 44)), turn=-84),
    Action.WAVE: Pose(arms=((-12, -6), (84, 158)), tilt=4, stretch=1.3),
    Action.CHEER: Pose(legs=((-16, -22), (16, 22)), arms=((-88, -158), (88, 158)), lift=26, stretch=1.36),
    Action.POINT: Pose(legs=((-9, -7), (9, 7)), arms=((-44, 34), (92, 90)), lean=2),
    Action.HOLD: Pose(arms=((-18, -6), (34, 96))),
    Action.READ: Pose(arms=((-28, 46), (28, -46)), tilt=5),
    Action.CLIMB: Pose(legs=((-40, 14), (46, -18)), arms=((-92, -172), (92, 166)), lift=120, stretch=1.36),
    Action.SWIM: Pose(legs=((-12, -30), (14, 34)), arms=((-40, -70), (150, 168)), turn=62, tilt=-46, lift=40),
    Action.FLY: Pose(legs=((-14, -34), (6, -14)), arms=((-70, -96), (112, 128)), turn=36, tilt=-24, lift=190),
    Action.FIGHT: Pose(legs=((-40, -22), (44, 12)), arms=((-62, 22), (72, 118)), lean=8, drop=0.1),
    Action.HUG: Pose(legs=((-8, -10), (8, 6)), arms=((52, 80), (64, 84)), lean=8, tilt=4),
}
