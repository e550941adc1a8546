"""The pictures of a storyboard: its scenes, and the references of its characters and locations.

The same storyboard gives the same pixels in every process. The look of a character or location depends on its own name
and description only, so it is the same in each scene and in the reference. A picture is an array of bytes, height ×
width × red, green, blue.
"""

from illustrator.casting import look_of
from illustrator.finishes.pictures import picture_of_character, picture_of_scene
from illustrator.ideas import idea_of_location, idea_of_scene
from illustrator.parsing.styles import style_of
from illustrator.storyboard import Storyboard
from illustrator.surface import Pixels


def draw_scene(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Pixels:
    """Return the picture of the scene at this position, `size` pixels wide and high."""
    return picture_of_scene(idea_of_scene(storyboard, index), size)


def draw_location(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Pixels:
    """Return the picture of the location at this position of the storyboard's list, without figures."""
    return picture_of_scene(idea_of_location(storyboard, index), size)


def draw_character(storyboard: Storyboard, index: int, size: tuple[int, int]) -> Pixels:
    """Return the picture of the character at this position of the storyboard's list, alone and whole."""
    return picture_of_character(look_of(storyboard.characters[index]), style_of(storyboard.style)[0], size)
