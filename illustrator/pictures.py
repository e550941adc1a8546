"""The illustrator's seam: a storyboard in, pictures out.

The same storyboard gives the same pixels in every process; what a character or a location looks like hangs on its own
name and description, so that it recurs from scene to scene and in its reference. A picture is an array of bytes,
height × width × red, green, blue.
"""

from illustrator.casting import look_of
from illustrator.finishes.pictures import picture_of_character, picture_of_scene
from illustrator.ideas import idea_of_location, idea_of_scene
from illustrator.parsing.styles import style_of
from illustrator.storyboard import Storyboard
from illustrator.surface import Pixels


def draw_scene(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Pixels:
    """The scene at this position, `size` pixels wide and high."""
    return picture_of_scene(idea_of_scene(storyboard, index), size)


def draw_location(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Pixels:
    """The location at this position of the storyboard's list, with nobody there."""
    return picture_of_scene(idea_of_location(storyboard, index), size)


def draw_character(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Pixels:
    """The character at this position of the storyboard's list, alone and whole."""
    return picture_of_character(look_of(storyboard.characters[index]), style_of(storyboard.style)[0], size)
