"""Prompts that were written and labelled before the tables of words were widened: how much of them is understood.

A prop counts as found when it is in the scene by the label's name and with its number; "in whatever words" when the row
of the table of props in which the label's name stands is. The set is not to be read for widening the tables.
"""

import json
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from illustrator.explanation import ExplainedScene, explain
from illustrator.parsing.things import prop_named
from tests.doubles.illustrator_input import illustrator_input

PROMPTS = Path(__file__).with_name("held_out_prompts.jsonl")
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "explain.md"


def understood(scene: ExplainedScene, labels: Mapping[str, object]) -> Counter[str]:
    """Count the values of each field that agree with the labels, and under "FIELD of" all values."""
    shares: Counter[str] = Counter()
    for field in ("place", "time", "weather", "camera"):
        shares.update({field: getattr(scene, field) == labels[field], f"{field} of": 1})
    found = sum(scene.props.get(name) == count for name, count in labels["props"].items())
    wanted = Counter({prop_named(name) or f"unknown {name}": count for name, count in labels["props"].items()})
    drawn = {prop_named(name): count for name, count in scene.props.items()}
    shares.update({"props": found, "props of": len(labels["props"])})
    alike = sum(drawn.get(name) == count for name, count in wanted.items())
    shares.update({"props, in whatever words": alike, "props, in whatever words of": len(wanted)})
    shares.update({"props that were asked for": sum(name in wanted for name in drawn)})
    shares.update({"props that were asked for of": len(drawn)})
    shares.update({"cast": {it.name for it in scene.characters} == {it["name"] for it in labels["characters"]}})
    shares.update({"extras": scene.extras == labels["extras"], "cast of": 1, "extras of": 1})
    present = {it.name: it for it in scene.characters}
    for label in labels["characters"]:
        character = present.get(label["name"])
        holds = label.get("holds")
        for field in ("mood", "action"):
            shares.update(
                {field: character is not None and getattr(character, field) == label[field], f"{field} of": 1}
            )
        shares.update({"holds": character is not None and _held(character.holds) == _held(holds), "holds of": 1})
    return shares


def _held(name: str | None) -> str | None:
    return name and prop_named(name)


@pytest.fixture(scope="module")
def total() -> Counter[str]:
    total: Counter[str] = Counter()
    for line in PROMPTS.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        storyboard = illustrator_input({**entry["storyboard"], "scenes": [{"prompt": entry["prompt"]}]})
        total.update(understood(explain(storyboard)[0], entry["labels"]))
    return total


@pytest.mark.parametrize(("field", "least"), [("place", 0.85), ("time", 0.90), ("weather", 0.90), ("props", 0.80)])
def test_the_prompts_are_understood(total: Counter[str], field: str, least: float) -> None:
    assert total["place of"] == 120
    assert total[field] >= least * total[f"{field} of"]


def test_the_shares_in_the_documentation_are_those_of_the_set(total: Counter[str]) -> None:
    rows = re.findall(
        r"^\| ([a-z, ]+) \| (\d+) % of (\d+) \|$", DOCUMENTATION.read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {field: (int(percent), int(count)) for field, percent, count in rows}
    fields = [field for field in total if not field.endswith(" of")]
    assert told == {it: (round(100 * total[it] / total[f"{it} of"]), total[f"{it} of"]) for it in fields}
