"""What every drawing process needs before its first picture, read where it is imported: the tables of words.

They take some 80 ms, a fifth of a process's first picture. Whoever forks drawing processes imports this before; nothing
is drawn here, for the drawing library is not to run before a fork.
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
"""Kept, so that it is understood once, when this module is imported."""
