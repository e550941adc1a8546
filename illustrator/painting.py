"""The painting of a composed scene: sky, place, things, figures, light and weather, each over the one before."""

import hashlib
import random
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import numpy as np

from illustrator.atmosphere import draw_cloud, draw_fog, draw_lightning, draw_sky, draw_weather
from illustrator.bodies.figure import draw_figure, draw_shadow
from illustrator.bodies.poses import Posture
from illustrator.colors import mix
from illustrator.composition import Composition, PlacedFigure, compose
from illustrator.hours import STRIPES, hour_in
from illustrator.icons.drawing import draw_held, draw_thing, icon_name
from illustrator.icons.furniture import draw_piece
from illustrator.lighting import brighten, draw_halos, light_on_figures
from illustrator.loose_things import PlacedThing
from illustrator.pen import Hand, Pen
from illustrator.pieces import Piece
from illustrator.places.boat import draw_boat, draw_boat_behind, rides_in_boat
from illustrator.places.registry import SETTINGS, Ground, Setting
from illustrator.places.stage import SHINING, Stage
from illustrator.props import props
from illustrator.scene import Action, Camera, Color, SceneIdea, Weather
from illustrator.surface import Pixels, Surface, line

MASK_SHARE = 4


@dataclass(frozen=True)
class Sheet:
    """A picture before its finish: colours, and for each pixel the share (0 to 255) that belongs to a figure."""

    colors: Pixels
    actors: Pixels


def seeded(text: str) -> random.Random:
    """Return a source of chance that is the same wherever and whenever the same text is drawn."""
    return random.Random(hashlib.sha256(text.encode()).digest())  # noqa: S311 - a drawing needs no secure randomness


class Painting:
    """The painting of one scene. The hand `world` draws places and things, the hand `people` draws figures."""

    def __init__(self, idea: SceneIdea, size: tuple[int, int], world: Hand, people: Hand) -> None:
        self.idea = idea
        self.size = size
        self.scale = size[1] / 1000
        self.width = size[0] / self.scale
        self.setting: Setting = SETTINGS[idea.place]
        self.hour = hour_in(idea.time, idea.weather, idea.moon)
        self.people = people
        self.surface = Surface(size, self.scale)
        pen = Pen(self.surface, world, self._light(), self.hour.haze, seeded(idea.backdrop_seed + "line"))
        textile = seeded(idea.backdrop_seed + "textile").choice(STRIPES)
        self.composition: Composition = compose(idea, self.setting, self.width, seeded(idea.seed), textile)
        self.stage = Stage(
            pen,
            self.width,
            self.hour,
            idea.weather,
            seeded(idea.backdrop_seed),
            is_indoors=self.setting.is_indoors,
            season=self.setting.season or idea.season,
            seed=idea.backdrop_seed,
            textile=textile,
            without=self.composition.moved,
        )
        self._covers = self._small_sheet()

    def draw(self) -> Sheet:
        """Draw everything and return the pixels."""
        self._draw_backdrop()
        for thing in (*self.composition.behind, *self.composition.beside):
            self._draw_thing(thing)
        self._draw_before_figures()
        for piece in self.composition.pieces:
            with self._seen_from_above(self.surface, piece.y):
                draw_piece(self.stage.pen, piece)
        for placed in self.composition.figures:
            self._light_held(placed)
        brighten(self.surface, self.stage.lights)
        draw_halos(self.surface, self.stage.lights)
        actors = self._draw_figures()
        self.surface.lay(actors)
        front = self._draw_front()
        self.surface.lay(front)
        self._draw_weather(actors)
        mask = self._small_sheet()
        mask.lay(actors)
        mask.lay(front, mode="destination-out")
        mask.lay(self._covers, mode="destination-out")
        return Sheet(np.ascontiguousarray(self.surface.pixels()[..., :3]), mask.pixels()[..., 3])

    def _small_sheet(self) -> Surface:
        """Return a sheet of low resolution, for masks."""
        return Surface(
            (max(1, self.size[0] // MASK_SHARE), max(1, self.size[1] // MASK_SHARE)), self.scale / MASK_SHARE
        )

    def _light(self) -> Color:
        """Return the light of the scene; rooms are never as dark as the night outside."""
        return mix(self.hour.light, (255, 226, 196), 0.45) if self.setting.is_indoors else self.hour.light

    def light_on_people(self) -> Color:
        """Return the light on figures; the backdrop, which leaves its lamps on the stage, must be drawn first."""
        return light_on_figures(self._light(), self.stage.lights, self.width)

    def _draw_backdrop(self) -> None:
        view, chance = self.composition.view, seeded(self.idea.seed + "sky")
        zoom = view.zoom
        with self.surface.moved(self.width / 2 * (1 - zoom), 640 * (1 - zoom) + view.shift, scale=zoom):
            if self.setting.has_sky:
                draw_sky(self.stage, chance)
                if self.idea.weather is Weather.STORM:
                    draw_lightning(self.stage, chance)
            self.setting.paint(self.stage)
            if self.setting.is_indoors:
                self.stage.shine(self.width / 2, 470, 620, strength=0.5)
            if self.idea.weather is Weather.FOG and self.setting.has_sky:
                draw_fog(self.surface, self.width, self.hour, chance, 380, 760)
        lights = [
            replace(
                lamp,
                x=self.width / 2 * (1 - zoom) + lamp.x * zoom,
                y=640 * (1 - zoom) + view.shift + lamp.y * zoom,
                radius=lamp.radius * zoom,
            )
            for lamp in self.stage.lights
        ]
        self.stage.lights[:] = lights

    def _draw_thing(self, thing: PlacedThing) -> None:
        draw_thing(self.stage, thing.prop, thing.x, thing.y, thing.height, far=thing.far, flip=thing.flip)

    def _draw_before_figures(self) -> None:
        """Draw shadows, and what a figure stands on or hangs from."""
        pen = self.stage.pen
        for placed in self.composition.figures:
            at = placed.at
            if at.posture is Posture.GLIDING or (placed.seat is not None and at.posture is not Posture.CURLED):
                continue
            if placed.figure.action is Action.CLIMB and self.setting.ground is not Ground.NOTHING:
                x = at.x + at.facing * 84 * at.scale * placed.figure.look.height
                pen.bar(line((x, -20), (x, at.y)), (190, 150, 96), 11)
            elif placed.floats and self.setting.has_sky and placed.figure.action is not Action.FLY:
                draw_cloud(self.stage, at.x, at.y + 26, 1.5 * at.scale, seeded(self.idea.seed))
            if not placed.floats and self.setting.ground is Ground.FIRM:
                draw_shadow(pen, placed.figure, at)
        if self.setting.ground is Ground.WATER:
            draw_boat_behind(self.stage, self._riders())

    def _riders(self) -> list[PlacedFigure]:
        figures = self.composition.figures
        return [placed for placed in figures if placed.at.posture is Posture.FREE and rides_in_boat(placed.figure)]

    def _draw_figures(self) -> Surface:
        sheet = Surface(self.size, self.scale)
        pen = Pen(sheet, self.people, self.light_on_people(), self.hour.haze, seeded(self.idea.seed + "line"))
        for placed in self.composition.figures:
            with self._seen_from_above(sheet, placed.at.y):
                draw_figure(pen, placed.figure, placed.at, draw_held)
            for piece in placed.over:
                self._draw_over(sheet, piece, pen)
        return sheet

    def _draw_over(self, sheet: Surface, piece: Piece, pen: Pen) -> None:
        """Draw what lies over a figure in the figures' light, and cover it in the mask: effects need not avoid it."""
        world = self.stage.pen
        for surface in (sheet, self._covers):
            with self._seen_from_above(surface, piece.y):
                draw_piece(Pen(surface, world.hand, pen.light, pen.haze, seeded(self.idea.seed + piece.name)), piece)

    def _seen_from_above(self, surface: Surface, y: float) -> AbstractContextManager[None]:
        squash = self.composition.view.squash
        return surface.moved(0, y * (1 - squash), scale=(1.0, squash))

    def _light_held(self, placed: PlacedFigure) -> None:
        """Add the light of a lamp in a hand, as of one on the ground."""
        prop = props().get(placed.figure.holds or "")
        shines = SHINING.get(icon_name(prop)) if prop is not None else None
        if shines is not None:
            at, size = placed.at, placed.at.scale * placed.figure.look.height
            self.stage.shine(at.x + at.facing * 92 * size, at.y - 150 * size, shines[0] * 1.15, shines[1], 0.8)

    def _draw_front(self) -> Surface:
        """Draw what lies before the figures: small things, a boat's side, waves, leaves."""
        sheet = Surface(self.size, self.scale)
        pen = self.stage.pen
        front = replace(self.stage, pen=Pen(sheet, pen.hand, pen.light, pen.haze, seeded(self.idea.seed + "front")))
        riders = self._riders() if self.setting.ground is Ground.WATER else []
        draw_boat(front, riders)
        for thing in self.composition.before:
            if self.setting.ground is not Ground.WATER:
                draw_thing(front, thing.prop, thing.x, thing.y, thing.height, flip=thing.flip)
        if self.setting.front is not None and self.idea.camera is not Camera.FROM_ABOVE:
            self.setting.front(front)
        return sheet

    def _draw_weather(self, actors: Surface) -> None:
        if (
            self.idea.weather in (Weather.CLEAR, Weather.CLOUDY)
            or self.setting.is_indoors
            or self.idea.place.value in {"underwater", "space", "moon"}
        ):
            return
        chance = seeded(self.idea.seed + "weather")
        sheet = Surface(self.size, self.scale)
        draw_weather(sheet, self.width, self.idea.weather, self.stage.season, chance)
        sheet.lay(actors, opacity=0.85, mode="destination-out")  # faces stay visible in any rain
        self.surface.lay(sheet)
        if self.idea.weather is Weather.FOG:
            draw_fog(self.surface, self.width, self.hour, chance, 940, 1040, strength=0.4)
