"""The preparation of a drawing process: importing this module reads the tables of words.

Reading takes some 80 ms, a fifth of a process's first picture, so the process that forks drawing processes imports this
module first. It draws nothing, because the drawing library must not run before a fork.
"""

from illustrator.ideas import idea_of_scene
from illustrator.scene import SceneIdea
from illustrator.storyboard import CastMember, Scene, Storyboard

_STORYBOARD = Storyboard(
    style="watercolor",
    characters=(CastMember("Aria", "a girl with long red hair and a yellow raincoat"),),
    locations=(CastMember("The library", "an old library"),),
    scenes=(Scene("Happy Aria holds a lantern, sits on a chair with two children in the library at night"),),
)

FIRST_IDEA: SceneIdea = idea_of_scene(_STORYBOARD, 0)
"""Kept, so that importing this module reads the tables once."""
