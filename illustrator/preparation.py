"""What every drawing process needs before its first picture, read where it is imported: the tables of words.

They take some 80 ms, a fifth of a process's first picture. Whoever forks drawing processes imports this before; nothing
is drawn here, for the drawing library is not to run before a fork.
"""

from illustrator.ideas import idea_of_scene
from illustrator.scene import SceneIdea
from stories.api.wire import Storyboard

_STORYBOARD = Storyboard.model_validate(
    {
        "style": "watercolor",
        "characters": [{"name": "Aria", "description": "a girl with long red hair and a yellow raincoat"}],
        "locations": [{"name": "The library", "description": "an old library"}],
        "scenes": [{"prompt": "Happy Aria holds a lantern, sits on a chair with two children in the library at night"}],
    }
)

FIRST_IDEA: SceneIdea = idea_of_scene(_STORYBOARD, 0)
"""Kept, so that it is understood once, when this module is imported."""
