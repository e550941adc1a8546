import pytest

from illustrator.explanation import explain
from illustrator.ideas import idea_of_scene
from illustrator.parsing.presence import MAX_FIGURES
from tests.doubles.illustrator_input import illustrator_input
from tests.doubles.scene_ideas import CHARACTERS, Understand


def names(understand: Understand, prompt: str) -> list[str]:
    return [it.name for it in understand(prompt).characters]


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Milo and Aria paddle", ["Aria", "Milo"]),
        ("MILO'S hat flies away", ["Milo"]),
        ("The boy meets the bear", ["Milo", "Bo"]),
        ("She opens the door", ["Aria"]),
        ("They open the door", ["Aria", "Milo", "Bo"]),
        ("A door stands open", ["Aria", "Milo", "Bo"]),
        ("Two children build a snowman", []),
        ("The beach is deserted", []),
    ],
)
def test_who_is_there(understand: Understand, prompt: str, expected: list[str]) -> None:
    assert names(understand, prompt) == expected


@pytest.mark.parametrize(
    ("prompt", "extras"),
    [
        ("Two children build a snowman", {"child": 2}),
        ("A crowd cheers", {"crowd": 1}),
        ("A robot and an old woman dance", {"robot": 1, "old woman": 1}),
        ("Aria meets three sailors", {"sailor": 3}),
        ("Aria the girl waves to Bo, an old bear", {}),
        ("No children are here", {}),
        ("A fox and two cats sleep", {}),
        ("Aria meets a giant turtle", {}),
        ("A giant meets a turtle", {"giant": 1}),
    ],
)
def test_people_without_a_name_are_extras(understand: Understand, prompt: str, extras: dict[str, int]) -> None:
    assert understand(prompt).extras == extras


def test_extras_are_figures_with_looks_of_their_own() -> None:
    storyboard = illustrator_input({"scenes": [{"prompt": "Two children run, and a crowd of sailors waves"}]})
    idea = idea_of_scene(storyboard, 0)
    assert [figure.name for figure in idea.figures] == [""] * len(idea.figures)
    assert 4 <= len(idea.figures) <= MAX_FIGURES
    assert [figure.action for figure in idea.figures[:2]] == ["run", "run"]
    assert len({figure.look.seed for figure in idea.figures}) == len(idea.figures)
    assert idea.figures[0].look.age == "child"


def test_who_was_there_before_stands_in_for_a_pronoun() -> None:
    prompts = ["Milo opens the gate", "He runs down the hill", "They rest"]
    storyboard = illustrator_input({"characters": CHARACTERS, "scenes": [{"prompt": it} for it in prompts]})
    assert [[it.name for it in scene.characters] for scene in explain(storyboard)] == [["Milo"]] * 3


def test_the_characters_that_a_scene_lists_are_there_and_no_others() -> None:
    storyboard = illustrator_input(
        {
            "characters": CHARACTERS,
            "scenes": [
                {"prompt": "Milo sleeps", "characters": ["bo", "Nobody Known"]},
                {"prompt": "Rain", "characters": [{"name": "Zed", "description": "a robot"}]},
            ],
        }
    )
    first, second = (idea_of_scene(storyboard, index) for index in range(2))
    assert [figure.name for figure in first.figures] == ["Bo", "Nobody Known"]
    assert [(figure.name, figure.look.species) for figure in second.figures] == [("Zed", "robot")]


def test_a_scene_has_no_more_figures_than_can_be_drawn(understand: Understand) -> None:
    many = illustrator_input(
        {
            "characters": [{"name": f"Character{n}"} for n in range(40)],
            "scenes": [{"prompt": "They run with 90 sailors"}],
        }
    )
    assert len(idea_of_scene(many, 0).figures) == MAX_FIGURES
