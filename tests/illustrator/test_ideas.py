"""The whole way from a storyboard to what is drawn: examples spelled out, any text survived, and how long it takes."""

import dataclasses
import hashlib
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from illustrator.casting import look_of
from illustrator.explanation import explain
from illustrator.ideas import idea_of_location, idea_of_scene
from illustrator.storyboard import Storyboard
from tests.doubles.illustrator_input import illustrator_input

EXAMPLES = Path(__file__).parents[2] / "examples" / "storyboards"
GOLDEN = Path(__file__).with_name("golden_ideas.json")
SPELLED_OUT = ("the-lighthouse-cat.json", "the-key-in-the-well.json", "letters-by-whale.json")


def storyboard_of(example: str) -> Storyboard:
    return illustrator_input(json.loads((EXAMPLES / example).read_bytes()))


def golden_of(example: str) -> dict[str, object]:
    """Return the explanation of an example and a hash of each look, both of which a change of the tables may change."""
    storyboard = storyboard_of(example)
    looks = {it.name: json.dumps(dataclasses.asdict(look_of(it)), sort_keys=True) for it in storyboard.characters}
    return {
        "scenes": [scene.model_dump(mode="json") for scene in explain(storyboard)],
        "looks": {name: hashlib.sha256(text.encode()).hexdigest()[:16] for name, text in looks.items()},
    }


@pytest.mark.parametrize("example", SPELLED_OUT)
def test_an_example_is_understood_as_it_was(example: str) -> None:
    """When this fails for a reason: look at the difference, then write `golden_of` of the examples to the file."""
    assert golden_of(example) == json.loads(GOLDEN.read_text(encoding="utf-8"))[example]


@given(
    st.text(max_size=200),
    st.lists(st.tuples(st.text(max_size=20), st.none() | st.text(max_size=60)), max_size=3),
    st.text(max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_any_text_becomes_a_scene(prompt: str, people: list[tuple[str, str | None]], title: str) -> None:
    cast = [{"name": name, "description": description} for name, description in people]
    storyboard = illustrator_input(
        {"title": title, "characters": cast, "locations": cast, "style": title, "scenes": [{"prompt": prompt}]}
    )
    assert idea_of_scene(storyboard, 0) == idea_of_scene(storyboard, 0)
    assert all(idea_of_location(storyboard, index).figures == () for index in range(len(cast)))


def test_of_a_prompt_without_end_the_beginning_is_read() -> None:
    storyboard = illustrator_input({"scenes": [{"prompt": "Aria and a fox run in the rain. " * 30_000}]})
    assert idea_of_scene(storyboard, 0).weather == "rain"


def test_a_scene_is_read_in_three_milliseconds_once_the_tables_are_loaded() -> None:
    storyboard = storyboard_of("the-dumpling-stall.json")
    spent = []
    for index in [*range(5)] * 6:
        before = time.process_time()
        idea_of_scene(storyboard, index)
        spent.append(time.process_time() - before)
    assert statistics.median(spent) < 0.003


def test_importing_loads_no_table_but_the_sets_of_words() -> None:
    code = (
        "import builtins, io, sys; opened = []; "
        "sys.addaudithook(lambda event, told: event == 'open' and opened.append(str(told[0]))); "
        "import illustrator.explanation; "
        "print(sorted({name.rpartition('/')[2] for name in opened if name.endswith('.csv')}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "['word_sets.csv']\n"
