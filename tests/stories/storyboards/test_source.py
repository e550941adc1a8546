"""Reading of storyboards from files, directories, globs, buckets, compressed files and columns."""

import gzip
import json
import os
import tracemalloc
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from stories.errors import InvalidStoryboard, SourceUnreadable, StorageUnavailable
from stories.storyboards.source import FoundStoryboard, UnusableStoryboard, read_story, read_storyboards
from tests.doubles.object_store import ObjectStore

Write = Callable[[str, bytes], Path]


def board(prompt: str) -> bytes:
    return json.dumps({"scenes": [{"prompt": prompt}]}).encode()


def lines(*prompts: str) -> bytes:
    return b"".join(board(prompt) + b"\n" for prompt in prompts)


def uris(source: object, **options: object) -> list[str]:
    return [storyboard.uri for storyboard in read_storyboards(str(source), **options)]


def refusal(source: object, **options: object) -> str:
    with pytest.raises(SourceUnreadable) as caught:
        list(read_storyboards(str(source), **options))
    return str(caught.value)


def test_a_directory_means_every_storyboard_file_beneath_it_in_path_order(write: Write, tmp_path: Path) -> None:
    for name in ["b.json", "a/z.jsonl", "a/b/c.ndjson", "A.JSON", "e.json.gz/not-compressed.json"]:
        write(name, board(name))
    for name in ["README.md", ".hidden.json", ".cache/x.json", "a/json", "b.json.bak", "c.parquet.gz"]:
        write(name, board(name))
    names = ["A.JSON", "a/b/c.ndjson#1", "a/z.jsonl#1", "b.json", "e.json.gz/not-compressed.json"]
    assert uris(tmp_path) == uris(f"{tmp_path}/") == uris(f"file://{tmp_path}") == [f"{tmp_path}/{it}" for it in names]


def test_an_empty_directory_holds_no_storyboards(tmp_path: Path) -> None:
    assert uris(tmp_path) == []


def test_lines_keep_their_number_when_blank_ones_stand_between(write: Write) -> None:
    path = write("a.jsonl", b"\n" + board("a") + b"\n\n  \n" + board("b"))
    assert uris(path) == [f"{path}#2", f"{path}#5"]


@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("zst", zstandard.compress)])
def test_compressed_files_are_read_whole_even_in_several_frames(
    write: Write, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    path = write(f"a.jsonl.{suffix}", compress(lines("a", "b")) + compress(lines("c")))
    assert uris(path) == [f"{path}#1", f"{path}#2", f"{path}#3"]
    assert uris(write(f"b.json.{suffix}", compress(board("a")))) == [f"{path.parent}/b.json.{suffix}"]


@pytest.mark.parametrize(("suffix", "compress"), [("gz", gzip.compress), ("zst", zstandard.compress)])
def test_a_truncated_file_is_never_taken_for_a_short_one(
    write: Write, suffix: str, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(lines(*map(str, range(5000))))
    path = write(f"a.jsonl.{suffix}", whole[: len(whole) // 2])
    assert refusal(path) == f"{path} is damaged, or not in the format of its name: Truncated compressed stream"


def test_a_column_of_a_parquet_file_is_read_by_row(tmp_path: Path) -> None:
    texts = [board("a").decode(), None, "{", board("b").decode()]
    pq.write_table(pa.table({"id": [1, 2, 3, 4], "story": texts}), tmp_path / "a.parquet", row_group_size=2)
    found = list(read_storyboards(str(tmp_path / "a.parquet"), column="story"))
    assert [storyboard.uri.rpartition("#")[2] for storyboard in found] == ["1", "2", "3", "4"]
    assert [type(storyboard) for storyboard in found] == [
        FoundStoryboard,
        UnusableStoryboard,
        UnusableStoryboard,
        FoundStoryboard,
    ]
    assert str(found[1].problems[0]) == "the storyboard is null: give the row a storyboard, or remove it"


def test_a_missing_column_is_named_with_those_there_are(tmp_path: Path) -> None:
    """Input 23."""
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"id": [1], "story": ["{}"]}), path)
    assert refusal(path) == f"{path} has no column 'storyboard'; its columns are: id, story"
    assert refusal(path, column="id") == f"{path}: column 'id' holds int64; it must hold JSON as text"


def test_a_glob_matches_files_and_no_hidden_ones(write: Write, tmp_path: Path) -> None:
    for name in ["a.json", "sub/b.json", "sub/c.jsonl", "folder.json/notes.txt", ".x.json", "notes.txt"]:
        write(name, board(name))
    assert uris(f"{tmp_path}/*") == [f"{tmp_path}/a.json"]
    assert uris(f"{tmp_path}/**/*.json") == [f"{tmp_path}/a.json", f"{tmp_path}/sub/b.json"]


def test_a_name_with_glob_characters_is_taken_literally_when_it_is_there(write: Write, tmp_path: Path) -> None:
    path = write("night [1].json", board("a"))
    write("night 1.json", board("b"))
    assert uris(path) == [str(path)]


def test_what_is_no_storyboard_file_is_refused_with_what_to_do(write: Write, tmp_path: Path) -> None:
    """Input 24, and input 19: YAML is not read at all."""
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "link.json").symlink_to(tmp_path / "gone")
    kinds = "storyboards are read from .json, .jsonl and .ndjson (plain, .gz or .zst) and .parquet"
    nothing = "nothing is there; check the path, or the destination of the link"
    assert refusal(tmp_path / "none.json") == f"{tmp_path}/none.json: {nothing}"
    assert refusal(tmp_path / "link.json") == f"{tmp_path}/link.json: {nothing}"
    assert refusal(tmp_path / "pipe.json") == f"{tmp_path}/pipe.json is not a regular file; copy its content into one"
    assert refusal(tmp_path / "no*.json") == f"{tmp_path}/no*.json names no storyboard file; {kinds}"
    bomb = write("a.yaml", b"a: &a [*a, *a]\nb: !!python/object/apply:os.system [id]")
    assert refusal(bomb) == f"{bomb} names no storyboard file; {kinds}"
    assert "is damaged, or not in the format of its name" in refusal(write("fake.parquet", board("a") * 10))


def test_one_entry_of_a_directory_that_cannot_be_read_stops_the_read(write: Write, tmp_path: Path) -> None:
    """Nothing at the source may be left out without a word."""
    write("a.json", board("a"))
    (tmp_path / "b.json").symlink_to(tmp_path / "gone")
    assert refusal(tmp_path).startswith(f"{tmp_path}/b.json: nothing is there")


def test_a_directory_that_cannot_be_listed_stops_the_read(write: Write, tmp_path: Path) -> None:
    """Here one whose path is too long; permissions would not stop a test that runs as root."""
    write("a.json", board("a"))
    with ExitStack() as opened:
        inner = os.open(tmp_path, os.O_RDONLY)
        opened.callback(os.close, inner)
        for _ in range(20):
            os.mkdir("x" * 250, dir_fd=inner)
            inner = os.open("x" * 250, os.O_RDONLY, dir_fd=inner)
            opened.callback(os.close, inner)
    assert "the path is too long" in refusal(tmp_path)


def test_a_link_to_a_file_is_read_under_its_own_name(write: Write, tmp_path: Path) -> None:
    """A ConfigMap of Kubernetes is a directory of links."""
    write("..data/a.json", board("a"))
    (tmp_path / "a.json").symlink_to("..data/a.json")
    assert uris(tmp_path) == [f"{tmp_path}/a.json"]


@pytest.mark.parametrize(
    "source", ["https://example.org/a.json", "simplecache::s3://b/a.json", "s3://key:secret@b/a.json"]
)
def test_other_places_are_refused_without_repeating_credentials(source: str) -> None:
    assert "secret" not in refusal(source)


def test_memory_is_bounded_by_one_line_and_not_by_the_file(write: Write) -> None:
    """Input 20: a line of 64 MB, then 20,000 small ones."""
    path = write("a.jsonl.gz", gzip.compress(b"x" * 64_000_000 + b"\n" + board("a" * 1000 + "\n") * 20_000, 1))
    tracemalloc.start()
    try:
        count = sum(1 for _ in read_storyboards(str(path)))
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert count == 2
    assert peak_bytes < 30_000_000


def test_storyboards_in_a_bucket_are_found_by_directory_glob_and_key(object_store: ObjectStore) -> None:
    bucket, options = object_store.new_bucket(), {"storage_options": object_store.storage_options}
    root = f"s3://{bucket}/boards"
    for key, content in {
        "boards/": b"",
        "boards/[1].json": board("a"),
        "boards/a.json": board("a"),
        "boards/sub/b.jsonl.gz": gzip.compress(lines("b", "c")),
        "boards-2/x.json": board("x"),
    }.items():
        object_store.put(bucket, key, content)
    assert uris(root, **options) == [
        f"{root}/[1].json",
        f"{root}/a.json",
        f"{root}/sub/b.jsonl.gz#1",
        f"{root}/sub/b.jsonl.gz#2",
    ]
    assert uris(f"{root}/*.json", **options) == [f"{root}/[1].json", f"{root}/a.json"]
    assert uris(f"{root}/[1].json", **options) == [f"{root}/[1].json"]
    assert uris(f"s3://{bucket}/*/x.json", **options) == [f"s3://{bucket}/boards-2/x.json"]
    assert len(uris(f"s3://{bucket}", **options)) == 5
    assert refusal(f"{root}/none.json", **options).startswith(f"{root}/none.json: nothing is there")


def test_a_store_that_does_not_answer_may_be_tried_again() -> None:
    options = {"endpoint_url": "http://127.0.0.1:9", "key": "id-of-key", "secret": "very-secret"}
    options["config_kwargs"] = {"retries": {"max_attempts": 0}}
    with pytest.raises(StorageUnavailable) as caught:
        list(read_storyboards("s3://bucket/boards", storage_options=options))
    assert "very-secret" not in str(caught.value)


def test_a_single_file_of_any_name_is_one_story(write: Write) -> None:
    path = write("board.txt", board("a"))
    story = read_story(path)
    assert (story.body, story.sample, story.source_uris) == (b'{"scenes":[{"prompt":"a"}]}', 0, (str(path),))


def test_a_single_file_that_is_not_valid_is_refused_with_the_fix_for_each_field(write: Write) -> None:
    with pytest.raises(InvalidStoryboard, match="nothing was sent") as caught:
        read_story(write("board.json", b'{"scenes": [{"prompt": " "}], "title": 3}'))
    assert caught.value.details == {
        "title": "must be a text, not a number: write it as a text in quotes, or leave it out",
        "scenes[0].prompt": "is blank: say in words what the scene shows",
    }


@pytest.mark.parametrize(("content", "reason"), [(b"[]", "not a storyboard in JSON"), (None, "cannot be read")])
def test_a_single_file_that_holds_no_storyboard_is_refused_with_its_path(
    write: Write, tmp_path: Path, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "none.json" if content is None else write("list.json", content)
    with pytest.raises(SourceUnreadable, match=f"^{path}: {reason}"):
        read_story(path)
