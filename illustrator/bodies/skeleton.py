"""The joints of a body in a pose; clothes and held things are placed on them."""

import math
from dataclasses import dataclass

from illustrator.bodies.poses import Limb, Pose
from illustrator.scene import Build, Look, Species
from illustrator.surface import Point

Pair = tuple[Point, Point]
"""Back and front."""

LEG, TRUNK, UPPER_ARM, FORE_ARM = 104.0, 116.0, 56.0, 52.0
HEAD = 84.0
_BREADTH = {Build.SLIM: 0.88, Build.AVERAGE: 1.0, Build.STOUT: 1.24}
_SHORT_LEGGED = {Species.OWL, Species.BIRD, Species.PENGUIN, Species.FROG, Species.TURTLE, Species.HEDGEHOG}
_LONGEST, _SHORTEST, _RAISED = 1.35, 0.42, 120


@dataclass(frozen=True)
class Skeleton:
    """The joints in a frame whose origin is the ground between the feet, y downwards, an adult human some 390 high.

    `size` scales the body and `head_size` the head, which grows less than the body does. Points of the trunk are given
    before it leans, so that clothes are drawn upright in a frame turned by `pose.lean` around the hips.
    """

    pose: Pose
    size: float
    head_size: float
    breadth: float
    leg: float
    hips: Point
    shoulders: Point
    head: Point
    knees: Pair
    feet: Pair
    elbows: Pair
    hands: Pair

    @property
    def height(self) -> float:
        """Return the standing height from the ground to the crown."""
        return self.leg + TRUNK * self.size + HEAD * 1.55 * self.head_size

    @property
    def neck(self) -> Point:
        return self.shoulders[0], self.shoulders[1] - 6 * self.size


def size_of(look: Look) -> float:
    """Return the scale of a body, 1 for an adult."""
    return min(_LONGEST, max(_SHORTEST, look.height))


def leg_of(look: Look) -> float:
    """Return the length of the legs."""
    short = 0.5 if look.species in _SHORT_LEGGED else 0.84 if look.species is not Species.HUMAN else 1.0
    return LEG * size_of(look) * short


def arm_of(look: Look) -> float:
    """Return the length of the arms, which is larger for a small body, because its head is large to reach around."""
    return float((UPPER_ARM + FORE_ARM) * size_of(look) ** 0.72 * 1.06)


def skeleton_of(look: Look, pose: Pose) -> Skeleton:
    """Return the joints of this body in this pose."""
    size, leg = size_of(look), leg_of(look)
    head_size = size**0.42
    breadth = size * _BREADTH[look.build]
    hips = (0.0, -leg * (1 - pose.drop))
    shoulders = _away(hips, -TRUNK * size * pose.length, -pose.lean)
    head = _away(shoulders, -HEAD * head_size * 0.8, -(pose.lean * 0.6 + pose.tilt))
    knees, feet = _limbs(_joints(hips, 20 * breadth, -6 * size), leg * pose.shorten, pose.legs, upper_share=pose.thighs)
    arm = arm_of(look) * pose.forelegs
    elbows, hands = _limbs(_joints(shoulders, 34 * breadth, 20 * size), arm, pose.arms, pose.stretch)
    return Skeleton(
        pose=pose,
        size=size,
        head_size=head_size,
        breadth=breadth,
        leg=leg,
        hips=hips,
        shoulders=shoulders,
        head=head,
        knees=knees,
        feet=feet,
        elbows=elbows,
        hands=hands,
    )


def arm_joint(skeleton: Skeleton, index: int) -> Point:
    """Return the shoulder of the back (0) or front (1) arm."""
    return _joints(skeleton.shoulders, 34 * skeleton.breadth, 20 * skeleton.size)[index]


def leg_joint(skeleton: Skeleton, index: int) -> Point:
    """Return the hip of the back (0) or front (1) leg."""
    return _joints(skeleton.hips, 20 * skeleton.breadth, -6 * skeleton.size)[index]


def _joints(middle: Point, side: float, lower: float) -> Pair:
    return (middle[0] - side, middle[1] + lower), (middle[0] + side, middle[1] + lower)


def _limbs(
    joints: Pair, length: float, limbs: tuple[Limb, Limb], stretch: float = 1.0, upper_share: float = 1.0
) -> tuple[Pair, Pair]:
    """Return the middle joints and the ends of two limbs, each of two halves; raised limbs are longer by `stretch`, and
    `upper_share` of the upper half is visible.
    """
    (first, second) = (
        _limb(joint, length, limb, stretch, upper_share) for joint, limb in zip(joints, limbs, strict=True)
    )
    return (first[0], second[0]), (first[1], second[1])


def _limb(joint: Point, length: float, limb: Limb, stretch: float, upper_share: float) -> Pair:
    half = length / 2 * (stretch if abs(limb[1]) > _RAISED else 1.0)
    middle = _away(joint, half * upper_share, limb[0])
    return middle, _away(middle, half, limb[1])


def _away(start: Point, distance: float, degrees: float) -> Point:
    angle = math.radians(degrees)
    return start[0] + distance * math.sin(angle), start[1] + distance * math.cos(angle)
