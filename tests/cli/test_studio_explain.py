"""`depicta studio explain`: what the illustrator understands of a storyboard."""

import json
from pathlib import Path

from tests.doubles.commands import Depicta

STORYBOARD = {
    "title": "A Cat",
    "style": "watercolor",
    "characters": [{"name": "Aria", "description": "a girl"}, {"name": "Milo", "description": "a boy"}],
    "scenes": [
        {"prompt": "Milo waves a red flag in the harbour on a foggy autumn night, with two sailors and a flurb."},
        {"prompt": "Close-up: he sleeps."},
    ],
}


def written(tmp_path: Path) -> Path:
    path = tmp_path / "story.json"
    path.write_text(json.dumps(STORYBOARD))
    return path


def test_json_is_a_list_of_scenes_with_exactly_these_keys(depicta: Depicta, tmp_path: Path) -> None:
    done = depicta("studio", "explain", written(tmp_path), "--json")
    assert (done.code, done.err) == (0, "")
    assert json.loads(done.out) == [
        {
            "place": "harbour",
            "season": "autumn",
            "time": "night",
            "weather": "fog",
            "props": {"flag": 1},
            "characters": [{"name": "Milo", "mood": "calm", "action": "wave", "holds": "flag"}],
            "extras": {"sailor": 2},
            "camera": "medium",
            "not_understood": ["flurb"],
        },
        {
            "place": "meadow",
            "season": "autumn",
            "time": "day",
            "weather": "clear",
            "props": {},
            "characters": [{"name": "Milo", "mood": "sleepy", "action": "sleep", "holds": None}],
            "extras": {},
            "camera": "close-up",
            "not_understood": ["place: meadow", "time: day", "weather: clear"],
        },
    ]


def test_people_read_a_few_lines_a_scene(depicta: Depicta, tmp_path: Path) -> None:
    done = depicta("studio", "explain", written(tmp_path))
    assert (done.code, done.err) == (0, "")
    assert done.out.splitlines() == [
        "scene 1: harbour, autumn, night, fog, seen from the middle distance",
        "  Milo: calm, wave, holds: flag",
        "  extras: 2 × sailor",
        "  props: 1 × flag",
        "  not understood: flurb",
        "scene 2: meadow, autumn, day, clear, seen close up",
        "  Milo: sleepy, sleep",
        "  not understood: place: meadow, time: day, weather: clear",
    ]


def test_a_storyboard_that_is_not_valid_is_refused_with_the_field(depicta: Depicta, tmp_path: Path) -> None:
    path = tmp_path / "story.json"
    path.write_text('{"scenes": [{"prompt": " "}]}')
    done = depicta("studio", "explain", path, "--json")
    assert done.code != 0
    assert "scenes[0].prompt" in done.error["details"]
