"""A figure, from its shadow to its hat: the parts in the order in which they cover each other."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from illustrator.bodies.accessories import BELOW_EYES, ON_HEAD
from illustrator.bodies.bedding import draw_blanket
from illustrator.bodies.carried import draw_on_back, draw_on_front, draw_on_neck
from illustrator.bodies.clothes import draw_arm, draw_belt, draw_legs, draw_trunk_clothes
from illustrator.bodies.faces import beak_of, draw_beak, draw_face, draw_freckles, face_of
from illustrator.bodies.hair import draw_beard, draw_hair_behind, draw_hair_over, draw_moustache
from illustrator.bodies.heads import draw_head
from illustrator.bodies.outfits import outfit_of
from illustrator.bodies.poses import POSES, Pose, Posture
from illustrator.bodies.postures import SITTING, rested
from illustrator.bodies.skeleton import Skeleton, skeleton_of
from illustrator.bodies.trunks import FEATHERED, draw_above, draw_behind, draw_trunk
from illustrator.bodies.whale import draw_whale
from illustrator.pen import Pen
from illustrator.scene import Action, Age, Color, Figure, Hair, Look, Mood, Species
from illustrator.surface import ellipse

_NECKWEAR = ("necklace", "collar", "bell", "ribbon", "tie", "bow tie", "neckerchief", "scarf")
_COVERING = {"helmet", "hood", "head wrap", "bonnet", "turban"}
RAISED_THINGS = {"umbrella", "torch", "flag", "banner"}
_LYING = -60
_RAISED_ARM = (62.0, 126.0)
_LEAVING_HAIR = {
    "glasses",
    "sunglasses",
    "monocle",
    "eye patch",
    "earrings",
    "hair bow",
    "headband",
    "flower crown",
    "tiara",
    "crown",
    "headphones",
    "goggles",
    "antenna",
}
HeldThing = Callable[[Pen, str], None]
"""Draws the thing of this name, some 100 units high around (0, 0)."""


@dataclass(frozen=True)
class Standing:
    """The place of a figure: its feet, the scale of an adult, and the side it looks to (1 right, -1 left).

    A figure that rests on something has a `posture`, a `seat` this many units above `y` at scale 1, and perhaps a
    blanket.
    """

    x: float
    y: float
    scale: float
    facing: int = 1
    posture: Posture = Posture.FREE
    seat: float = 0.0
    blanket: Color | None = None


def pose_of(figure: Figure, at: Standing) -> Pose:
    """Return the pose of the figure's action at its place; a figure that holds something keeps a hand free for it."""
    pose = rested(POSES[figure.action], figure.action, figure.look, at.posture, at.seat)
    holds_still = figure.action in {Action.STAND, Action.SIT, Action.WALK}
    if figure.holds in RAISED_THINGS and (holds_still or figure.action is Action.HOLD):
        return replace(pose, arms=(pose.arms[0], _RAISED_ARM))
    if figure.holds is not None and holds_still:
        return replace(pose, arms=(pose.arms[0], POSES[Action.HOLD].arms[1]))
    return pose


def height_of(figure: Figure) -> float:
    """Return the figure's standing height at scale 1, without its hat."""
    return skeleton_of(figure.look, POSES[Action.STAND]).height


def draw_shadow(pen: Pen, figure: Figure, at: Standing) -> None:
    """Draw the shadow on the ground."""
    reach = 92 * at.scale * max(0.6, figure.look.height)
    is_beast = at.posture in (Posture.BEARING, Posture.CURLED)
    wide = 1.9 if is_beast or POSES[figure.action].turn < _LYING else 1.0
    x = at.x + (at.facing * reach * 0.9 if is_beast else 0.0)
    pen.glaze(ellipse(x, at.y + 2, reach * wide, reach * 0.2), (24, 20, 52), 0.26)


def draw_figure(pen: Pen, figure: Figure, at: Standing, held: HeldThing) -> None:
    """Draw every part of a figure except its shadow."""
    if figure.look.species is Species.WHALE:
        draw_whale(pen, figure, at.x, at.y, at.scale, at.facing)
        return
    pose = pose_of(figure, at)
    skeleton = skeleton_of(figure.look, pose)
    lift = pose.lift * at.scale * skeleton.size
    if pose.turn < _LYING:
        lift = (42 * skeleton.size + at.seat) * at.scale
    dx = -pose.turn / 90 * skeleton.height * 0.42 * at.scale * at.facing
    if at.posture in (Posture.STANDING, Posture.FLOOR, Posture.CURLED):
        lift = at.seat * at.scale
    with pen.surface.moved(at.x + dx, at.y - lift, scale=(at.scale * at.facing, at.scale), turn=pose.turn * at.facing):
        _Drawing(pen, figure, at, skeleton, held).draw()


class _Drawing:
    """The drawing of one figure, in the frame of its skeleton."""

    def __init__(self, pen: Pen, figure: Figure, at: Standing, skeleton: Skeleton, held: HeldThing) -> None:
        self.pen = pen
        self.blanket = at.blanket
        self.is_seated = at.posture in SITTING or (at.posture is Posture.FREE and figure.action is Action.SIT)
        self.figure = figure
        self.look: Look = figure.look
        self.skeleton = skeleton
        self.held = held
        self.outfit = outfit_of(figure.look)
        self.mood = Mood.SLEEPY if figure.action is Action.SLEEP else figure.mood
        self.variant = hashlib.sha256(figure.look.seed.encode()).digest()[0]
        self.sway = {Action.RUN: 34.0, Action.FLY: 40.0, Action.WALK: 12.0}.get(figure.action, 0.0)

    def draw(self) -> None:
        pose, skeleton, look = self.skeleton.pose, self.skeleton, self.look
        self._draw_back()
        if pose.has_back_arm_behind:
            draw_arm(self.pen, look, skeleton, self.outfit, 0)
        if not pose.has_legs_before:
            draw_legs(self.pen, look, skeleton, self.outfit)
        self._draw_trunk()
        if pose.has_legs_before:
            draw_legs(self.pen, look, skeleton, self.outfit)
        if not pose.has_back_arm_behind:
            draw_arm(self.pen, look, skeleton, self.outfit, 0)
        if self.blanket is None:
            self._draw_neck()
            self._draw_front_arm()
        else:
            draw_arm(self.pen, look, skeleton, self.outfit, 1)
            draw_blanket(self.pen, skeleton, self.blanket)
            self._draw_neck()
        self._draw_head()

    def _draw_back(self) -> None:
        """Draw the parts behind arms, legs and trunk."""
        pen, skeleton, look = self.pen, self.skeleton, self.look
        worn = dict(look.wears)
        if skeleton.pose.is_on_all_fours:
            draw_above(pen, look, skeleton, worn.pop("wings", None))
        with self._on_trunk():
            if not skeleton.pose.is_on_all_fours:
                draw_behind(pen, look, skeleton, self.figure.action)
            with pen.surface.moved(0, 0, scale=skeleton.size):
                for kind, color in worn.items():
                    draw_on_back(pen, kind, color, self.sway, 34.0 if self.is_seated else 82.0)
        with self._on_head():
            if look.species is Species.HUMAN and not _COVERING.intersection(look.wears):
                draw_hair_behind(pen, look, self.sway)

    def _draw_trunk(self) -> None:
        skeleton, look = self.skeleton, self.look
        with self._on_trunk():
            draw_trunk(self.pen, look, skeleton)
            draw_trunk_clothes(self.pen, skeleton, self.outfit, seated=self.is_seated)
            if "belt" in look.wears:
                draw_belt(self.pen, skeleton, look.wears["belt"])
            with self.pen.surface.moved(0, 0, scale=skeleton.size):
                for kind, color in look.wears.items():
                    draw_on_front(self.pen, kind, color)

    def _on_trunk(self) -> AbstractContextManager[None]:
        pose = self.skeleton.pose
        return self.pen.surface.moved(*self.skeleton.hips, turn=pose.lean, scale=(1.0, pose.length))

    def _on_head(self) -> AbstractContextManager[None]:
        pose = self.skeleton.pose
        return self.pen.surface.moved(
            *self.skeleton.head, scale=self.skeleton.head_size, turn=pose.lean * 0.5 + pose.tilt
        )

    def _draw_neck(self) -> None:
        with self.pen.surface.moved(*self.skeleton.neck, scale=self.skeleton.head_size * 0.9):
            for kind in _NECKWEAR:
                if kind in self.look.wears:
                    draw_on_neck(self.pen, kind, self.look.wears[kind])

    def _draw_front_arm(self) -> None:
        skeleton, holds = self.skeleton, self.figure.holds
        reads = self.figure.action is Action.READ
        if holds is not None or reads:
            x, y = skeleton.hands[1]
            if reads:
                x, y = (skeleton.hands[0][0] + x) / 2, (skeleton.hands[0][1] + y) / 2 - 12 * skeleton.size
            size = 0.98 * skeleton.size**0.6
            with self.pen.surface.moved(x, y - (0 if reads else 26 * skeleton.size), scale=size):
                self.held(self.pen, holds or "open-book")
        draw_arm(self.pen, self.look, skeleton, self.outfit, 1)

    def _draw_head(self) -> None:
        look, pen = self.look, self.pen
        with self._on_head():
            draw_head(pen, look)
            if look.species is Species.HUMAN and look.beard:
                draw_beard(pen, look)
            for kind in BELOW_EYES.keys() & look.wears.keys():
                BELOW_EYES[kind](pen, look.wears[kind])
            draw_face(pen, face_of(look), self.mood)
            if look.species in FEATHERED:
                draw_beak(pen, beak_of(look), self.mood)
            if look.species is Species.HUMAN:
                self._draw_human_features()
            for kind, on_head in ON_HEAD.items():
                if kind in look.wears:
                    on_head(pen, look.wears[kind])

    def _draw_human_features(self) -> None:
        look, pen = self.look, self.pen
        if look.moustache:
            draw_moustache(pen, look)
        if self.variant % 5 == 0 and look.age is Age.CHILD:
            draw_freckles(pen.fine(), look.skin)
        if not _COVERING.intersection(look.wears):
            # A hat presses down hair that stands up.
            flat = look.hair in {Hair.CURLY, Hair.SPIKY} and not _LEAVING_HAIR.issuperset(look.wears.keys() & ON_HEAD)
            draw_hair_over(pen, replace(look, hair=Hair.SHORT) if flat else look, self.variant)
