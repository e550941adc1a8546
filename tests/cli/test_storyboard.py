"""`depicta storyboard`: every storyboard of a source is judged, and the schema is printed."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.doubles.commands import Depicta


def test_valid_storyboards_exit_0_with_a_count(depicta: Depicta, tmp_path: Path) -> None:
    (tmp_path / "one.json").write_text('{"scenes": [{"prompt": "a cat"}]}')
    (tmp_path / "two.jsonl").write_text('{"scenes": [{"prompt": "a dog"}]}\n{"scenes": [{"prompt": "a cow"}]}\n')
    done = depicta("storyboard", "validate", tmp_path)
    assert (done.code, done.out) == (0, "")
    assert done.err == "3 storyboards: 3 valid, 0 not\n"


def test_each_problem_is_a_line_with_place_field_reason_and_fix(depicta: Depicta, tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text('{"scenes": [{"prompt": "a cat"}]}\n{"scenes": [{"prompt": " "}], "title": 7}\n')
    done = depicta("storyboard", "validate", path)
    assert done.code == 6
    assert done.out.splitlines() == [
        f"{path}#2: title must be a text, not a number: write it as a text in quotes, or leave it out",
        f"{path}#2: scenes[0].prompt is blank: say in words what the scene shows",
    ]
    assert done.err == "2 storyboards: 1 valid, 1 not\n"


def test_json_is_one_document(depicta: Depicta, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text('{"scenes": []}')
    done = depicta("storyboard", "validate", path, "--json")
    assert (done.code, done.err) == (6, "")
    assert done.document["storyboards"] == done.document["invalid"] == 1
    assert done.document["valid"] == 0
    assert [(it["uri"], it["field"]) for it in done.document["problems"]] == [(str(path), "scenes")]


def test_a_problem_cannot_steer_the_terminal(depicta: Depicta, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"scenes": [{"prompt": "a"}], "\x1b[31m\n": {"x": "\x07"}}))
    done = depicta("storyboard", "validate", path)
    assert done.code == 6
    assert all(line.isprintable() for line in done.out.splitlines())


def test_an_unreadable_source_exits_1(depicta: Depicta, tmp_path: Path) -> None:
    done = depicta("storyboard", "validate", tmp_path / "nowhere.json", "--json")
    assert done.code == 1
    assert done.error["error"] == "source_unreadable"


def test_a_source_without_a_storyboard_exits_1(depicta: Depicta, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    assert depicta("storyboard", "validate", tmp_path / "empty.jsonl").code == 1


def test_the_column_of_a_parquet_file_is_an_option(depicta: Depicta, tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ['{"scenes": [{"prompt": "a cat"}]}', "{}"]}), tmp_path / "some.parquet")
    assert depicta("storyboard", "validate", tmp_path / "some.parquet").code == 1
    done = depicta("storyboard", "validate", tmp_path / "some.parquet", "--column", "text")
    assert done.code == 6
    assert done.out.startswith(f"{tmp_path}/some.parquet#2: scenes is missing")


def test_the_schema_is_json(depicta: Depicta) -> None:
    done = depicta("storyboard", "schema")
    assert done.code == 0
    assert done.document["$schema"] == "https://json-schema.org/draft/2020-12/schema"
