"""The season and the phase of the moon: said, meant by what is there, denied, and lasting through a story."""

import pytest

from illustrator.ideas import idea_of_location, idea_of_scene
from illustrator.scene import Moon, Season
from tests.doubles.illustrator_input import illustrator_input
from tests.doubles.scene_ideas import Understand


@pytest.mark.parametrize("season", Season)
def test_every_season_is_understood_by_its_own_name(understand: Understand, season: Season) -> None:
    for prompt in (f"A {season} morning in the garden", f"Aria walks in the forest in {season}", f"It is {season}."):
        scene = understand(prompt)
        assert scene.season == season
        assert season not in scene.not_understood


@pytest.mark.parametrize(
    ("prompt", "season"),
    [
        ("White blossom lies on the stone wall.", "spring"),
        ("The first crocuses open in April.", "spring"),
        ("In May the garden is full of bees.", "spring"),
        ("The snow has melted.", "spring"),
        ("Fall leaves cover the path.", "autumn"),
        ("Aria rakes golden leaves.", "autumn"),
        ("The leaves turn red.", "autumn"),
        ("They bring in the harvest in October.", "autumn"),
        ("This fall the village has a fair.", "autumn"),
        ("An Indian summer in the garden.", "autumn"),
        ("Snow-covered roofs.", "winter"),
        ("Snow lies on the branches of the oak.", "winter"),
        ("Frost glitters on the fence.", "winter"),
        ("Milo skates across the frozen lake.", "winter"),
        ("An icy wind blows.", "winter"),
        ("Christmas in the village.", "winter"),
    ],
)
def test_a_season_is_told_by_what_there_is_in_it(understand: Understand, prompt: str, season: str) -> None:
    assert understand(prompt).season == season


@pytest.mark.parametrize(
    "prompt",
    [
        "Milo springs up from the bench.",
        "The deer spring over the fence.",
        "Bo bathes in a hot spring.",
        "A spring bubbles from the rock.",
        "A glass of spring water stands on the table.",
        "The clock's spring is broken.",
        "Apples fall from the tree.",
        "Aria falls into the pond.",
        "Fall asleep, little bear.",
        "The fall of the castle.",
        "They may march to the castle.",
        "The ants march in a row.",
        "A beard as white as snow.",
        "A winter coat hangs in the hall.",
        "No snow yet in the garden.",
        "It is not winter any more.",
        "Never in autumn.",
        "Before winter comes, Bo gathers nuts.",
    ],
)
def test_words_that_only_look_like_a_season_say_none(understand: Understand, prompt: str) -> None:
    assert understand(prompt).season == "summer"


def test_what_is_missing_in_a_season_does_not_take_the_season_away(understand: Understand) -> None:
    assert understand("There is no snow this winter.").season == "winter"
    assert understand("Aria runs without shoes in winter.").season == "winter"
    assert understand("No leaf is left on an autumn day.").season == "autumn"


def test_where_it_snows_and_no_season_is_said_it_is_winter(understand: Understand) -> None:
    assert understand("White flakes dance over the village.").season == "winter"
    assert understand("Snowflakes over the village in October.").season == "autumn"


def test_a_season_lasts_through_a_story_until_another_is_said() -> None:
    prompts = ("A winter day", "Aria waits", "Milo waits", "Spring at last", "Bo waits")
    places = ("The harbour", "The harbour", "The mill", "The mill", "The harbour")
    scenes = [{"prompt": prompt, "location": place} for prompt, place in zip(prompts, places, strict=True)]
    storyboard = illustrator_input({"scenes": scenes})
    told = [idea_of_scene(storyboard, index).season for index in range(len(scenes))]
    assert told == ["winter", "winter", "winter", "spring", "spring"]


def test_title_and_location_stand_in_where_the_prompt_says_no_season(understand: Understand) -> None:
    assert understand("Aria smiles", title="An Autumn Tale").season == "autumn"
    assert understand("Aria smiles", title="Frost on the Pane").season == "summer"
    orchard = {"name": "The orchard", "description": "apple trees in blossom"}
    storyboard = illustrator_input(
        {"locations": [orchard], "scenes": [{"prompt": "Aria smiles", "location": "The orchard"}]}
    )
    assert idea_of_scene(storyboard, 0).season == idea_of_location(storyboard, 0).season == "spring"


@pytest.mark.parametrize(
    ("prompt", "season"),
    [
        ("Im Winter sitzt ein Fuchs im Wald", "winter"),
        ("Au printemps dans le jardin", "spring"),
        ("En otoño en el bosque", "autumn"),
        ("In autunno nel giardino", "autumn"),
        ("No inverno na aldeia", "winter"),
    ],
)
def test_seasons_are_understood_in_other_languages(understand: Understand, prompt: str, season: str) -> None:
    assert understand(prompt).season == season


@pytest.mark.parametrize(
    ("prompt", "moon"),
    [
        ("A full moon over the lake", Moon.FULL),
        ("The moon is full above the river", Moon.FULL),
        ("A werewolf in the forest", Moon.FULL),
        ("A half moon over the lake", Moon.HALF),
        ("A moonless night", Moon.NEW),
        ("There is no moon tonight", Moon.NEW),
        ("A crescent moon over the lake", Moon.CRESCENT),
        ("The moon over the lake", Moon.CRESCENT),
    ],
)
def test_the_phase_of_the_moon_is_understood(prompt: str, moon: Moon) -> None:
    storyboard = illustrator_input({"scenes": [{"prompt": prompt}]})
    assert idea_of_scene(storyboard, 0).moon is moon
