import pytest

from illustrator.ideas import idea_of_location, idea_of_scene
from illustrator.scene import Moon, Place, Season, Time, Weather
from illustrator.vocabulary.tables import rows_of, words_in
from tests.doubles.illustrator_input import illustrator_input
from tests.doubles.scene_ideas import Understand


@pytest.mark.parametrize("place", Place)
def test_every_place_is_understood_by_its_own_name(understand: Understand, place: Place) -> None:
    preposition = "on" if place in (Place.MOON, Place.SEA, Place.SHIP, Place.ROOFTOP) else "in"
    prompt = "The diver is underwater" if place is Place.UNDERWATER else f"Aria stands {preposition} the {place}."
    assert understand(prompt).place == place


@pytest.mark.parametrize("time", Time)
def test_every_time_is_understood_by_its_own_name(understand: Understand, time: Time) -> None:
    assert understand(f"Aria walks by {time}").time == time


@pytest.mark.parametrize("weather", Weather)
def test_every_weather_is_understood_by_its_own_name(understand: Understand, weather: Weather) -> None:
    assert understand(f"A street in {weather} weather").weather == weather


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("Embers glow in the hearth while Grandpa dozes.", "living room"),
        ("The tide creeps in and takes the footprints away.", "beach"),
        ("Gulls circle above the masts.", "harbour"),
        ("Drops fall from stalactites.", "cave"),
        ("The planks sway over the gorge.", "bridge"),
        ("Lambs graze among the buttercups.", "meadow"),
        ("The librarian puts a finger to her lips.", "library"),
        ("A chalk drawing covers the board and the pupils giggle.", "classroom"),
        ("Huskies pull the sled across the ice.", "snowfield"),
        ("Incense drifts past the monks.", "temple"),
    ],
)
def test_a_place_that_is_not_named_is_told_by_what_is_there(understand: Understand, prompt: str, place: str) -> None:
    assert understand(prompt).place == place


@pytest.mark.parametrize(
    ("prompt", "place"),
    [
        ("Aria leaves the castle for the forest.", "forest"),
        ("Milo runs out of the cave into the meadow.", "meadow"),
        ("In the kitchen Bo dreams of the sea.", "kitchen"),
        ("Milo reads a book about the jungle in the library.", "library"),
        ("Aria sails away from the island.", "sea"),
        ("Aria studies a map of the desert aboard the ship.", "ship"),
        ("They cook in the castle kitchen.", "kitchen"),
        ("Aria waves from the castle wall.", "castle"),
        ("From the harbour wall Bo looks out over the sea.", "harbour"),
        ("Aria is as quiet as a temple in the garden.", "garden"),
    ],
)
def test_of_several_places_it_is_the_one_somebody_is_in(understand: Understand, prompt: str, place: str) -> None:
    assert understand(prompt).place == place


@pytest.mark.parametrize(
    ("prompt", "weather"),
    [
        ("No rain today in the garden.", "clear"),
        ("The storm has passed.", "clear"),
        ("After the snow Milo runs outside.", "clear"),
        ("There is no wind and no fog.", "clear"),
        ("The storm over the village rages.", "storm"),
        ("It never stops raining.", "rain"),
        ("A beard as white as snow.", "clear"),
    ],
)
def test_weather_that_is_denied_or_compared_with_is_not_there(
    understand: Understand, prompt: str, weather: str
) -> None:
    assert understand(prompt).weather == weather


@pytest.mark.parametrize(
    ("prompt", "camera"),
    [
        ("Aria waves", "medium"),
        ("Close-up of Aria's face", "close-up"),
        ("A wide shot of the valley", "wide"),
        ("The village seen from above", "from above"),
    ],
)
def test_camera_words(understand: Understand, prompt: str, camera: str) -> None:
    assert understand(prompt).camera == camera


def test_a_location_says_where_its_scenes_are_whatever_their_prompts_say() -> None:
    storyboard = illustrator_input(
        {
            "locations": [{"name": "The old mill", "description": "a workshop by a river"}, {"name": "The harbour"}],
            "scenes": [
                {"prompt": "Flour lies on the sea chest", "location": "The harbour"},
                {"prompt": "A picture of a castle hangs there", "location": "the old mill"},
                {"prompt": "Night falls on the harbour"},
            ],
        }
    )
    scenes = [idea_of_scene(storyboard, index) for index in range(3)]
    assert [scene.place for scene in scenes] == ["harbour", "workshop", "harbour"]
    assert scenes[0].backdrop_seed == scenes[2].backdrop_seed == idea_of_location(storyboard, 1).backdrop_seed
    assert scenes[0].seed != scenes[2].seed
    assert scenes[2].time == "night"


def test_hour_and_weather_last_through_the_scenes_at_one_location() -> None:
    places = ("The harbour", "The harbour", "The harbour", "The mill", "The harbour")
    prompts = ("A rainy night", "Aria waits", "Day breaks", "Milo waits", "Bo waits")
    scenes = [{"prompt": prompt, "location": place} for prompt, place in zip(prompts, places, strict=True)]
    storyboard = illustrator_input({"scenes": scenes})
    told = [(it.time, it.weather) for it in (idea_of_scene(storyboard, index) for index in range(5))]
    assert told == [("night", "rain"), ("night", "rain"), ("dawn", "rain"), ("day", "clear"), ("day", "clear")]


def test_a_style_says_how_to_draw_and_not_where(understand: Understand) -> None:
    assert understand("Aria smiles", style="flat").place is understand("Aria smiles").place


def test_title_and_location_stand_in_where_the_prompt_says_nothing(understand: Understand) -> None:
    scene = understand("Aria smiles", title="A Rainy Night", locations=[{"name": "The lighthouse beach"}])
    assert (scene.place, scene.time, scene.weather) == ("beach", "night", "rain")
    assert not [told for told in scene.not_understood if ":" in told]


def test_what_no_text_says_falls_to_a_default_and_is_reported(understand: Understand) -> None:
    scene = understand("Aria flurbs the gnarx")
    assert (scene.place, scene.time, scene.weather) == ("meadow", "day", "clear")
    assert scene.not_understood == ("flurbs", "gnarx", "place: meadow", "time: day", "weather: clear")


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Nachts im Wald liegt Schnee", ("forest", "night", "snow")),
        ("La nuit, il pleut sur le village et la forêt", ("village", "night", "rain")),
        ("Al tramonto sulla spiaggia", ("beach", "sunset", "clear")),
    ],
)
def test_other_languages_are_understood_a_little(
    understand: Understand, prompt: str, expected: tuple[str, str, str]
) -> None:
    scene = understand(prompt)
    assert (scene.place, scene.time, scene.weather) == expected


def test_the_tables_hold_every_value_and_no_other() -> None:
    for table, column, values in (
        ("places", "place", Place),
        ("times", "time", Time),
        ("weathers", "weather", Weather),
        ("seasons", "season", Season),
        ("moons", "moon", Moon),
    ):
        rows = list(rows_of(table))
        assert sorted(row[column] for row in rows) == sorted(values)
        assert all(len(words_in(row["names"])) >= 5 for row in rows)
    assert {(row["field"], row["value"]) for row in rows_of("other_languages")} <= {
        *(("place", place) for place in Place),
        *(("time", time) for time in Time),
        *(("weather", weather) for weather in Weather),
        *(("season", season) for season in Season),
    }
