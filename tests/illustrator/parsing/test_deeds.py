import pytest

from illustrator.scene import Action, Mood
from illustrator.vocabulary.tables import rows_of
from tests.doubles.scene_ideas import Understand


def told(understand: Understand, prompt: str) -> dict[str, tuple[str, str]]:
    return {it.name: (it.mood.value, it.action.value) for it in understand(prompt).characters}


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Aria waves while Milo sleeps.", {"Aria": ("calm", "wave"), "Milo": ("sleepy", "sleep")}),
        ("Aria waves and Milo sleeps.", {"Aria": ("calm", "wave"), "Milo": ("sleepy", "sleep")}),
        ("Aria and Milo run home.", {"Aria": ("calm", "run"), "Milo": ("calm", "run")}),
        ("Aria laughs and dances; Milo cries.", {"Aria": ("happy", "cheer"), "Milo": ("sad", "stand")}),
        ("A frightened Milo clings to Bo.", {"Milo": ("scared", "stand"), "Bo": ("calm", "stand")}),
        ("Waving goodbye, Bo boards the train.", {"Bo": ("calm", "wave")}),
        ("Up the cliff climbs Aria.", {"Aria": ("calm", "climb")}),
        ("Aria hugs Milo.", {"Aria": ("happy", "hug"), "Milo": ("happy", "hug")}),
        ("Aria walks with Milo.", {"Aria": ("calm", "walk"), "Milo": ("calm", "walk")}),
        ("Aria points at Bo, who sleeps.", {"Aria": ("calm", "point"), "Bo": ("sleepy", "sleep")}),
        ("Blue flags fly above Aria.", {"Aria": ("calm", "stand")}),
        ("Aria sits down. Rain runs down the glass.", {"Aria": ("calm", "sit")}),
        ("Milo is not afraid and does not run.", {"Milo": ("calm", "stand")}),
        ("Aria carries a lantern through the tunnel.", {"Aria": ("calm", "walk")}),
        ("Aria watches Milo climb the tree.", {"Aria": ("calm", "stand"), "Milo": ("calm", "climb")}),
        ("Aria crosses the bridge.", {"Aria": ("calm", "walk")}),
        ("A close-up of Aria asleep.", {"Aria": ("sleepy", "sleep")}),
        ("A wide view of Milo running across a field.", {"Milo": ("calm", "run")}),
    ],
)
def test_each_figure_has_a_mood_and_an_action_of_its_own(
    understand: Understand, prompt: str, expected: dict[str, tuple[str, str]]
) -> None:
    assert told(understand, prompt) == expected


@pytest.mark.parametrize(
    ("verb", "action"),
    [
        ("stands", Action.STAND),
        ("strolls", Action.WALK),
        ("races", Action.RUN),
        ("is sitting", Action.SIT),
        ("has fallen asleep", Action.SLEEP),
        ("greets Bo", Action.WAVE),
        ("celebrates", Action.CHEER),
        ("points", Action.POINT),
        ("lifts a lantern", Action.HOLD),
        ("studies a scroll", Action.READ),
        ("clambers up", Action.CLIMB),
        ("dives", Action.SWIM),
        ("soars", Action.FLY),
        ("duels", Action.FIGHT),
        ("cuddles a cat", Action.HUG),
    ],
)
def test_every_action_is_understood(understand: Understand, verb: str, action: Action) -> None:
    assert told(understand, f"Aria {verb}.")["Aria"][1] == action


@pytest.mark.parametrize("mood", Mood)
def test_every_mood_is_understood(understand: Understand, mood: Mood) -> None:
    assert told(understand, f"Aria is {mood}.")["Aria"][0] == mood
    assert told(understand, f"A {mood} Aria meets Bo.")["Aria"][0] == mood


def test_the_tables_hold_every_value_and_no_other() -> None:
    assert sorted(row["mood"] for row in rows_of("moods")) == sorted(Mood)
    assert sorted(row["action"] for row in rows_of("actions")) == sorted(Action)
