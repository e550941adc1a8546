"""Postures: a body on a seat, astride, lying, in bed, or bearing a rider on its back."""

import math
from dataclasses import replace

from illustrator.bodies.poses import POSES, Pose, Posture
from illustrator.bodies.skeleton import HEAD, TRUNK, arm_of, leg_of, size_of
from illustrator.scene import Action, Look, Species

SITTING = {Posture.FLOOR, Posture.SEATED, Posture.ASTRIDE, Posture.CYCLING, Posture.SHOULDERED, Posture.TUCKED}
GLIDING_LIFT = 150.0
"""Height off the ground of a flying beast of size 1 with a rider on its back."""
BOTTOM = 14.0
"""Distance from the hips to the seat below them, at size 1."""

_SPEAKING_ARMS = {Action.WAVE, Action.CHEER, Action.POINT, Action.HOLD, Action.READ, Action.HUG, Action.FIGHT}
_LAP, _REINS = ((-20, 16), (22, -20)), ((34, 66), (46, 78))
_ARMS = {Posture.ASTRIDE: _REINS, Posture.CYCLING: _REINS, Posture.STANDING: _REINS}
_THIGHS, _KNEES_APART = 0.62, 46.0
_LONG_BACK, _LEAN = 1.5, 76.0
_LOIN, _LEVEL = 40.0, 87.0
"""Height of the hips of a lying beast at size 1, and the angle of its level back."""
_SADDLE = 0.24
"""Place of a seat on a back, as a share of the way from hips to shoulders."""
_LEANS_BACK = 78.0
_SITS_UP = 0.7
"""Height of the hips of a figure that sits up in bed, as a share of the height of a sleeper's neck."""


def rested(pose: Pose, action: Action, look: Look, posture: Posture, seat: float) -> Pose:
    """Return the pose of an action as the posture allows it, on a seat this many units above the ground at scale 1."""
    if posture is Posture.FREE and action is Action.SIT:
        posture = Posture.FLOOR
    if posture is Posture.FREE:
        return pose
    if posture in (Posture.BEARING, Posture.GLIDING):
        return _bearing(look, flies=posture is Posture.GLIDING)
    if posture is Posture.CURLED:
        return _curled(look)
    speaks = action in _SPEAKING_ARMS
    if posture is Posture.LYING:
        lying = replace(POSES[Action.SLEEP], turn=-_LEANS_BACK)
        return replace(lying, arms=pose.arms) if speaks else lying
    if posture is Posture.STANDING:
        return replace(pose if speaks else Pose(arms=_REINS), lift=0.0)
    rest = Pose(
        arms=pose.arms if speaks else _ARMS.get(posture, _LAP),
        stretch=pose.stretch,
        tilt=pose.tilt if speaks else 12.0 if action is Action.SLEEP else 0.0,
        drop=1 - _hips(look, posture, seat, sleeps=action is Action.SLEEP) / leg_of(look),
    )
    return _with_legs(rest, look, posture, seat)


def sitting_height_of(look: Look) -> float:
    """Return the height of a sitting figure's crown above the seat."""
    size = size_of(look)
    return float((BOTTOM + TRUNK) * size + HEAD * 1.8 * size**0.42)


def back_of(look: Look) -> tuple[float, float]:
    """Return the place of a rider on a body on all fours, at scale 1: distance before the hips, and height."""
    size, lean = size_of(look), math.radians(_LEAN)
    along = TRUNK * size * _LONG_BACK * _SADDLE
    thick = (72.0 if look.species is Species.TURTLE else 50.0) * size
    return (
        along * math.sin(lean) - thick * math.cos(lean),
        leg_of(look) + along * math.cos(lean) + thick * math.sin(lean),
    )


def _hips(look: Look, posture: Posture, seat: float, *, sleeps: bool) -> float:
    """Return the height of the hips."""
    size = size_of(look)
    if posture is Posture.TUCKED:
        return seat - TRUNK * size if sleeps else seat * _SITS_UP + BOTTOM * size
    return (0.0 if posture is Posture.FLOOR else seat) + BOTTOM * size


def _with_legs(rest: Pose, look: Look, posture: Posture, seat: float) -> Pose:
    if posture is Posture.FLOOR:
        floor = POSES[Action.SIT]
        return replace(rest, legs=floor.legs, shorten=floor.shorten, thighs=floor.thighs, has_legs_before=True)
    if posture is Posture.TUCKED:
        return replace(rest, legs_seen=0)
    if posture is Posture.ASTRIDE:
        return replace(rest, legs=((18, -4), (32, -12)), thighs=0.9, legs_seen=1, has_legs_before=True)
    if posture is Posture.SHOULDERED:
        return replace(rest, legs=((-70, -6), (70, 6)), thighs=1.25, has_legs_before=True)
    if posture is Posture.CYCLING:
        return replace(rest, legs=((10, -10), (40, -16)), thighs=0.9, has_legs_before=True)
    size, shin = size_of(look), leg_of(look) / 2
    knee = seat + (BOTTOM + 6) * size - shin * _THIGHS * math.cos(math.radians(_KNEES_APART))
    bend = math.degrees(math.acos(max(0.0, min(1.0, knee / shin))))
    return replace(rest, legs=((-30, -bend - 2), (_KNEES_APART, bend + 2)), thighs=_THIGHS)


def _bearing(look: Look, *, flies: bool) -> Pose:
    size, leg = size_of(look), leg_of(look)
    pose = Pose(lean=_LEAN, tilt=-_LEAN * 0.5, length=_LONG_BACK, has_back_arm_behind=True)
    if flies:
        return replace(pose, legs=((-64, -86), (-52, -74)), arms=((34, -30), (52, -16)), lift=GLIDING_LIFT)
    shoulder = leg + TRUNK * size * _LONG_BACK * math.cos(math.radians(_LEAN)) - 20 * size
    return replace(
        pose, legs=((-10, -2), (8, -4)), arms=((-4, -8), (6, 2)), forelegs=(shoulder - 10 * size) / arm_of(look)
    )


def _curled(look: Look) -> Pose:
    return Pose(
        legs=((36, 70), (56, 84)),
        arms=((64, 88), (74, 90)),
        drop=1 - _LOIN * size_of(look) / leg_of(look),
        lean=_LEVEL,
        tilt=10 - _LEVEL * 0.5,
        length=_LONG_BACK * 0.86,
        forelegs=0.62,
        has_back_arm_behind=True,
    )
