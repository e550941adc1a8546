import pytest

from illustrator.ideas import idea_of_scene
from illustrator.rests import GROUND
from tests.doubles.illustrator_input import illustrator_input

CHARACTERS = [
    {"name": "Aria", "description": "a girl with long black hair and a yellow raincoat"},
    {"name": "Milo", "description": "a small boy with freckles"},
    {"name": "Bo", "description": "an old brown bear"},
    {"name": "Ember", "description": "a red dragon"},
]


def told(prompt: str) -> dict[str, str]:
    """Return the bearer of each figure by its name; the name of unnamed people is empty."""
    scene = {"prompt": prompt}
    idea = idea_of_scene(illustrator_input({"characters": CHARACTERS, "scenes": [scene]}), 0)
    return {figure.name: figure.rests_on for figure in idea.figures if figure.rests_on is not None}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Aria sits on a bench in the park.", {"Aria": "bench"}),
        ("Aria sits next to Milo on the old sofa.", {"Aria": "sofa", "Milo": "sofa"}),
        ("Aria and Milo sit side by side on a log.", {"Aria": "log", "Milo": "log"}),
        ("Aria sits on a bench with Milo and Bo.", {"Aria": "bench", "Milo": "bench", "Bo": "bench"}),
        ("Milo sits in an armchair and reads a book.", {"Milo": "armchair"}),
        ("Milo is sitting on the edge of the bed.", {"Milo": "bed"}),
        ("Aria reads a book in bed.", {"Aria": "bed"}),
        ("Milo sleeps in a hammock.", {"Milo": "bed"}),
        ("Milo is in bed and Aria brings soup.", {"Milo": "bed"}),
        ("Aria reads to Milo in bed.", {"Milo": "bed"}),
        ("Aria waves at Milo on the bench.", {"Milo": "bench"}),
        ("Aria pushes Milo on the swing.", {"Milo": "swing"}),
        ("Milo on the bench waves.", {"Milo": "bench"}),
        ("Aria stands on a rock and points at the sea.", {"Aria": "rock"}),
        ("Milo sits on a giant pumpkin.", {"Milo": "pumpkin"}),
        ("The queen sits on her throne.", {"": "throne"}),
        ("A close-up of Milo asleep in his bed.", {"Milo": "bed"}),
    ],
)
def test_who_sits_or_lies_on_what(prompt: str, expected: dict[str, str]) -> None:
    assert told(prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Aria rides Ember, the dragon, over the hills.", {"Aria": "Ember"}),
        ("Aria and Milo ride Ember.", {"Aria": "Ember", "Milo": "Ember"}),
        ("Aria rides Ember. Milo rides Bo.", {"Aria": "Ember", "Milo": "Bo"}),
        ("Milo rides on the back of Bo.", {"Milo": "Bo"}),
        ("Milo sits on Bo's shoulders.", {"Milo": "Bo"}),
        ("Milo climbs onto the bear's back.", {"Milo": "Bo"}),
        ("Ember flies over the sea with Aria on his back.", {"Aria": "Ember"}),
        ("Bo carries Milo on his back through the river.", {"Milo": "Bo"}),
        ("A whale carries Aria and Milo on its back.", {"Aria": "whale", "Milo": "whale"}),
        ("Ember lands. Aria hops on his back.", {"Aria": "Ember"}),
        ("Aria rides on the horse's back.", {"Aria": "horse"}),
        ("Aria gallops on horseback through the desert.", {"Aria": "horse"}),
        ("Aria arrives on a white horse.", {"Aria": "horse"}),
        ("Aria rides on the back of a giant turtle.", {"Aria": "turtle"}),
        ("A knight mounted on a black horse greets Milo.", {"": "horse"}),
        ("Milo rides his shiny red bicycle down the hill.", {"Milo": "bicycle"}),
        ("Milo races past on her bicycle.", {"Milo": "bicycle"}),
        ("Aria and Milo ride in a sleigh.", {"Aria": "sled", "Milo": "sled"}),
        ("Aria drives a cart full of hay.", {"Aria": "cart"}),
        ("They travel in a hot-air balloon.", dict.fromkeys(("Aria", "Milo", "Bo", "Ember"), "hot air balloon")),
        ("Aria waves from the hot-air balloon.", {"Aria": "hot air balloon"}),
        ("Milo paddles a canoe down the river.", {"Milo": "boat"}),
        ("Aria rows across the lake in a small boat.", {"Aria": "boat"}),
        ("Aria flies on a broomstick.", {"Aria": "broom"}),
    ],
)
def test_who_rides_on_what(prompt: str, expected: dict[str, str]) -> None:
    assert told(prompt) == expected


@pytest.mark.parametrize(
    "prompt",
    [
        "Aria puts a lamp on the table.",
        "Aria looks at the book on the chair.",
        "Aria finds a key in the box.",
        "Milo paints a picture on the wall.",
        "Milo jumps over the bench.",
        "Milo leans against the fence.",
        "Milo looks at the hot-air balloon.",
        "Milo stands beside the horse.",
        "Milo feeds the donkey.",
        "Milo does not sit on the throne.",
        "Bo carries a sack on his back.",
        "Milo lies on his back and looks at the clouds.",
        "Milo sits on Bo's hat.",
        "Milo dreams of riding a whale.",
        "Milo sleeps in a box.",
        "Milo travels, but not on horseback.",
        "Aria meets Bo with a sack on his back.",
        "Aria walks with Bo.",
        "A cat sleeps on the chair while Milo waves.",
    ],
)
def test_who_only_is_near_something_does_not_rest_on_it(prompt: str) -> None:
    assert told(prompt) == {}


@pytest.mark.parametrize(
    "prompt",
    [
        "Milo sits on the floor of the library.",
        "Milo sits in the grass.",
        "Milo crouches in the inn.",
        "Milo kneels beside the bed.",
        "Milo sleeps under the bench.",
        "There is no chair, so Milo sits on the ground.",
    ],
)
def test_who_is_on_the_ground_takes_no_seat(prompt: str) -> None:
    assert told(prompt) == {"Milo": GROUND}


def test_what_somebody_does_is_what_it_was() -> None:
    prompts = ("Aria rides Ember.", "Aria gallops on horseback.", "Aria waves from the balloon.", "Aria reads in bed.")
    storyboards = [{"characters": CHARACTERS, "scenes": [{"prompt": prompt}]} for prompt in prompts]
    ideas = [idea_of_scene(illustrator_input(each), 0) for each in storyboards]
    assert [idea.figures[0].action for idea in ideas] == ["sit", "run", "wave", "read"]
