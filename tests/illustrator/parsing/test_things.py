import pytest

from illustrator.parsing.things import prop_named
from illustrator.props import Size, Stand, props
from tests.doubles.scene_ideas import Understand


def test_there_are_200_things_at_least_and_each_word_means_one() -> None:
    words = [word for prop in props().values() for word in (prop.name, *prop.words)]
    assert len(props()) >= 200
    assert len(words) == len(set(words))
    assert {prop.size for prop in props().values()} == set(Size)
    assert {prop.stands for prop in props().values()} == set(Stand)


def test_every_thing_is_found_by_its_name_and_by_each_of_its_words(understand: Understand) -> None:
    for prop in props().values():
        assert {prop_named(word) for word in (prop.name, *prop.words)} == {prop.name}
        article = "an" if prop.name[0] in "aeiou" else "a"
        assert prop.name in understand(f"There is {article} {prop.name}.", characters=[]).props


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Three cats and an umbrella", {"cat": 3, "umbrella": 1}),
        ("A pair of foxes, two old keys", {"fox": 2, "key": 2}),
        ("Five red balloons over twelve tents", {"balloon": 5, "tent": 12}),
        ("Palm trees on both sides", {"palm tree": 3}),
        ("A treasure chest and another treasure chest", {"treasure chest": 2}),
        ("The kite climbs. The kite falls.", {"kite": 1}),
        ("3 mice", {"mouse": 3}),
        ("Fish dart past. A sheep sleeps.", {"fish": 3, "sheep": 1}),
        ("An owl watches from the oak", {"owl": 1, "oak": 1}),
        ("A row of lanterns", {"lantern": 3}),
    ],
)
def test_things_are_counted(understand: Understand, prompt: str, expected: dict[str, int]) -> None:
    assert understand(prompt, characters=[]).props == expected


def test_a_thing_is_called_as_the_prompt_calls_it(understand: Understand) -> None:
    scene = understand("Aria carries two puppies and a bike to the dinghy.")
    assert scene.props == {"puppy": 2, "bike": 1, "dinghy": 1}
    assert scene.characters[0].holds == "puppy"


@pytest.mark.parametrize(
    "prompt",
    [
        "There is no boat.",
        "Milo forgot it without an umbrella.",
        "A story about dragons.",
        "Her hair is like a flag.",
        "Aria waves and Milo watches.",
        "Milo bears it and Bo ducks.",
        "Milo puts his hand on his chest.",
        "The violet light shines.",
    ],
)
def test_what_is_denied_told_of_compared_with_or_done_is_no_thing(understand: Understand, prompt: str) -> None:
    assert understand(prompt).props == {}


def test_a_name_that_is_a_word_is_no_thing(understand: Understand) -> None:
    scene = understand("Rose waters a rose while Storm sleeps.", characters=[{"name": "Rose"}, {"name": "Storm"}])
    assert scene.props == {"rose": 1}
    assert scene.weather == "clear"
    assert [it.name for it in scene.characters] == ["Rose", "Storm"]


@pytest.mark.parametrize(
    ("prompt", "holds"),
    [
        ("Aria holds a lantern.", "lantern"),
        ("Aria walks through the cave with a torch.", "torch"),
        ("Aria, a map in her hands, points at the hill.", "map"),
        ("Aria flies a red kite.", "kite"),
        ("Aria reads an old book to Bo.", "book"),
        ("Aria stands under an umbrella.", "umbrella"),
        ("Aria swims with a sea turtle.", None),
        ("Aria looks at the lantern.", None),
        ("Aria sits beside a candle.", None),
        ("Aria holds on in the wind near a bucket.", None),
        ("Bo carries a basket and Aria waves.", None),
    ],
)
def test_who_holds_what(understand: Understand, prompt: str, holds: str | None) -> None:
    assert {it.name: it.holds for it in understand(prompt).characters}["Aria"] == holds
