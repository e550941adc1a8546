"""The bad storyboard files of docs/protocol.md#bad-inputs: what a person reads, with file, line, field and fix."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stories.storyboards.collection import collect
from stories.storyboards.file_formats import MAX_TEXT_BYTES
from stories.storyboards.source import FoundStoryboard, UnusableStoryboard, read_storyboards

ReadOne = Callable[[str, bytes], FoundStoryboard | UnusableStoryboard]

GOOD = b'{"scenes":[{"prompt":"Olive sits on a crate."}]}'
WRITE = "write JSON in UTF-8"
SAY = "say in words what the scene shows"


def board(**changes: object) -> bytes:
    return json.dumps({"scenes": [{"prompt": "a"}], **changes}).encode()


# Number, file, what stands in its second line (in .json: in all of it), what is said of it.
REFUSED = [
    (2, "a.json", b'{"scenes": "caf\xe9"}', f"the storyboard is not valid JSON (not UTF-8 (byte 15)): {WRITE}"),
    (
        2,
        "a.jsonl",
        '{"scenes": [{"prompt": "a"}]}'.encode("utf-16"),
        f"the storyboard is not valid JSON (not UTF-8 (byte 0)): {WRITE}",
    ),
    (5, "a.json", board(scenes=[]), 'scenes is empty: give at least one scene: {"scenes": [{"prompt": "…"}]}'),
    (6, "a.jsonl", board(scenes=[{"prompt": "a"}, {"prompt": "  "}]), f"scenes[1].prompt is blank: {SAY}"),
    (
        7,
        "a.jsonl",
        board(scenes=[{"prompt": "x" * 20_001}]),
        "scenes[0].prompt has 20,001 characters, 20,000 are allowed: shorten it, or split the scene",
    ),
    (
        8,
        "a.json",
        board(scenes=[{"prompt": "a"}] * 201),
        "scenes has 201 scenes, 200 are allowed: split it into storyboards",
    ),
    (9, "a.json", board(title="a\x00b"), "title holds the control character U+0000 at 1: remove it"),
    (9, "a.json", b'{"scenes": "a\x00b"}', f"(line 1, column 14: Invalid control character at): {WRITE}"),
    (
        10,
        "a.jsonl",
        b'{"scenes":[{"prompt":"\\ud83d"}]}',
        "scenes[0].prompt holds half of a character, U+D83D, at 0: write the whole character",
    ),
    (18, "a.jsonl", board(scenes=[{"prompt": 3}]), f"scenes[0].prompt must be a text, not a number: {SAY}"),
    (
        20,
        "a.jsonl",
        b"x" * (MAX_TEXT_BYTES + 1),
        "the storyboard has more than 4,194,304 bytes of text: shorten it: at most 1,048,576 bytes can be sent",
    ),
    (0, "a.json", b'{"scenes": [\n{"prompt": "a"}', f"(line 2, column 16: Expecting ',' delimiter): {WRITE}"),
    (0, "a.jsonl", b'{"scenes": ', f"the storyboard is not valid JSON (column 12: Expecting value): {WRITE}"),
    (0, "a.json", b'{"scenes": 1, "scenes": 2}', f"(the key 'scenes' stands twice in one object): {WRITE}"),
    (0, "a.json", b'{"seed": NaN}', f"(NaN is not JSON): {WRITE}"),
    (0, "a.json", b'{"seed": ' + b"1" * 5000 + b"}", f"(a number of 5,000 digits is too long): {WRITE}"),
    (0, "a.json", b"[" * 100_000, f"(nested deeper than 64): {WRITE}"),
    (0, "a.json", b"[" + GOOD + b"]", "the storyboard is a list, not an object: use .jsonl with one storyboard a line"),
    (0, "a.jsonl", b'"text"', 'the storyboard is a text, not an object: write {"scenes": [{"prompt": "…"}]}'),
]


@pytest.mark.parametrize(("number", "name", "content", "message"), REFUSED)
def test_a_bad_storyboard_is_refused_with_its_place_and_its_fix(
    tmp_path: Path, number: int, name: str, content: bytes, message: str
) -> None:
    """And the good ones around it are found all the same."""
    path, is_lines = tmp_path / name, name.endswith(".jsonl")
    path.write_bytes(b"\n".join([GOOD, content, GOOD]) if is_lines else content)
    (tmp_path / "good.json").write_bytes(GOOD)
    found = list(read_storyboards(str(tmp_path)))
    unusable = [storyboard for storyboard in found if isinstance(storyboard, UnusableStoryboard)]
    assert [storyboard.uri for storyboard in unusable] == [f"{path}#2" if is_lines else str(path)]
    assert message in str(unusable[0].problems[0])
    assert len(found) == (4 if is_lines else 2)


@pytest.mark.parametrize(
    ("number", "name", "content"),
    [
        (3, "a.json", b"\xef\xbb\xbf" + GOOD),
        (3, "a.jsonl", b"\xef\xbb\xbf" + GOOD + b"\n"),
        (4, "a.json", GOOD.replace(b",", b",\r\n") + b"\r\n"),
        (4, "a.jsonl", b"\r\n" + GOOD + b"\r\n\r\n"),
    ],
)
def test_byte_order_marks_and_windows_line_ends_change_nothing(
    read_one: ReadOne, number: int, name: str, content: bytes
) -> None:
    storyboard = read_one(name, content)
    assert isinstance(storyboard, FoundStoryboard)
    assert storyboard.body == GOOD


@pytest.mark.parametrize(
    ("number", "field", "value"),
    [
        (12, "title", "\u202eevil\u202c zero\u200bwidth \u2066isolate\u2069"),
        (16, "id", "../x"),
        (16, "title", "CON"),
        (17, "camera", {"lens": [35, None, True], "角度": "low"}),
        (21, "title", "=cmd|'/c calc'!A1"),
    ],
)
def test_what_the_service_decides_about_is_passed_on_verbatim(
    read_one: ReadOne, number: int, field: str, value: object
) -> None:
    storyboard = read_one("a.json", board(**{field: value}))
    assert isinstance(storyboard, FoundStoryboard)
    assert json.loads(storyboard.body)[field] == value


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b""),
        ("a.json", b" \r\n"),
        ("a.jsonl", b""),
        ("a.jsonl", b"\n\r\n"),
        ("a.json.gz", b""),
        ("a.jsonl.zst", b""),
        ("a.parquet", b""),
    ],
)
def test_an_empty_file_holds_no_storyboards(tmp_path: Path, name: str, content: bytes) -> None:
    """Bad input 1."""
    (tmp_path / name).write_bytes(content)
    with collect(str(tmp_path)) as collection:
        assert collection.counts.storyboards == 0
        assert list(collection.stories()) == []
