"""The illustrator's seam: a storyboard in, pictures out.

The same storyboard gives the same pixels in every process; what a character or a location looks like hangs on its own
name and description, so that it recurs from scene to scene and in its reference.
"""

from dataclasses import replace

from PIL import Image

from stories.wire import Storyboard
from studio.illustrator import words
from studio.illustrator.backdrops import LAMPLIT, PAINTERS, WITHOUT_SKY
from studio.illustrator.canvas import Canvas, mix
from studio.illustrator.figures import Figure
from studio.illustrator.looks import look_of
from studio.illustrator.palettes import HOURS, WHITE, WINDOW_LIGHT
from studio.illustrator.reading import SceneIdea, idea_of_location, idea_of_scene, seeded
from studio.illustrator.skies import dulled, paint_sky, paint_weather
from studio.illustrator.stage import Stage

_FEET = 905.0


def draw_scene(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Image.Image:
    """The scene at this position, `size` pixels wide and high."""
    return _draw_idea(idea_of_scene(storyboard, index), size)


def draw_location(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Image.Image:
    """The location at this position of the storyboard's list, with nobody there."""
    return _draw_idea(idea_of_location(storyboard, index), size)


def draw_character(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Image.Image:
    """The character at this position of the storyboard's list, alone and whole."""
    look = look_of(storyboard.characters[index])
    canvas = Canvas(size)
    soft = mix(look.coat, WHITE, 0.78)
    canvas.gradient(0, 0, canvas.width, 1000, (mix(soft, WHITE, 0.6), soft))
    canvas.glow(canvas.width / 2, 480, 560, WHITE, 0.8)
    Figure(canvas, look, canvas.width / 2, 920, min(1.95, canvas.width / 320), "stand", "happy").draw()
    return canvas.finished()


def _draw_idea(idea: SceneIdea, size: tuple[int, int]) -> Image.Image:
    chance = seeded(idea.seed)
    hour = dulled(HOURS[idea.hour], idea.weather)
    canvas = Canvas(size)
    outdoors = idea.place not in WITHOUT_SKY
    if idea.place in LAMPLIT:
        hour = replace(hour, tint_share=hour.tint_share * 0.45)
    if outdoors:
        paint_sky(canvas, hour, idea.weather, chance)
    PAINTERS[idea.place](Stage(canvas, hour, idea.weather == "snow" and outdoors, seeded(idea.backdrop_seed)))
    if hour.has_moon:
        canvas.glow(canvas.width / 2, 800, 520, WINDOW_LIGHT, 0.28)
    count = max(1, len(idea.cast))
    column = min(canvas.width / (count + 0.6), 330)
    left = canvas.width / 2 - column * (count - 1) / 2
    for place, character in enumerate(chance.sample(idea.cast, len(idea.cast))):
        look = look_of(character)
        pose = idea.pose if place == 0 or idea.pose == "walk" else chance.choice((*words.POSES, "stand", idea.pose))
        x = left + column * place + chance.uniform(-0.06, 0.06) * column
        scale = min(1.35, column / 215) * look.height
        Figure(canvas, look, x, _FEET + chance.uniform(-22, 22), scale, pose, idea.mood).draw()
    if outdoors:
        paint_weather(canvas, idea.weather, chance)
    return canvas.finished()
