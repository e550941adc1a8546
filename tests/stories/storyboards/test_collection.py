"""The stories of a source after equal storyboards are merged."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stories.errors import ConfigurationError, SourceUnreadable
from stories.storyboards.collection import CollectionCounts, collect

Write = Callable[[str, bytes], Path]


def board(prompt: str) -> bytes:
    return json.dumps({"scenes": [{"prompt": prompt}]}).encode()


def test_the_same_content_is_one_story_that_knows_every_place(write: Write, tmp_path: Path) -> None:
    """Inputs 13 and 14: in other files, other lines, other key order and other white space."""
    write("b.json", b'{"title": "T",\n "scenes": [{"prompt": "a", "location": "sea"}]}')
    write("a.jsonl", b'{"scenes":[{"location":"sea","prompt":"a"}],"title":"T"}\n' * 2 + board("b"))
    with collect(str(tmp_path)) as collection:
        first, second = collection.stories()
        assert first.source_uris == (f"{tmp_path}/a.jsonl#1", f"{tmp_path}/a.jsonl#2", f"{tmp_path}/b.json")
        assert second.source_uris == (f"{tmp_path}/a.jsonl#3",)
        assert collection.counts == CollectionCounts(storyboards=4, invalid=0, duplicates=2, stories=2)


def test_samples_are_stories_of_their_own(write: Write) -> None:
    """Input 15."""
    path = write("a.jsonl", board("a") + b"\n" + board("b"))
    with collect(str(path), samples=3) as collection:
        stories = list(collection.stories())
        assert [(story.body, story.sample) for story in stories] == [
            (body.replace(b" ", b""), sample) for body in (board("a"), board("b")) for sample in range(3)
        ]
        assert len({story.story_id for story in stories}) == 6
        assert collection.counts == CollectionCounts(storyboards=2, invalid=0, duplicates=0, stories=6)


def test_every_storyboard_is_counted_under_exactly_one_state(write: Write) -> None:
    path = write("a.jsonl", b"\n".join([board("a"), b"{", board("a"), board(" "), board("b"), b"[]"]))
    with collect(str(path), samples=2) as collection:
        counts = collection.counts
        assert counts == CollectionCounts(storyboards=6, invalid=3, duplicates=1, stories=4)
        assert counts.storyboards == counts.invalid + counts.duplicates + counts.stories // 2
        assert [
            (unusable.uri.rpartition("#")[2], [problem.field for problem in unusable.problems])
            for unusable in collection.invalid()
        ] == [("2", [""]), ("4", ["scenes[0].prompt"]), ("6", [""])]


def test_a_collection_can_be_read_again_and_in_part(write: Write) -> None:
    path = write("a.jsonl", b"\n".join(map(board, "abc")))
    with collect(str(path)) as collection:
        first = next(collection.stories())
        assert next(collection.stories()) == first
        assert len(list(collection.stories())) == 3


def test_a_source_that_cannot_be_read_gives_no_half_collection(write: Write, tmp_path: Path) -> None:
    write("a.json", board("a"))
    write("b.parquet", b"not parquet")
    with pytest.raises(SourceUnreadable, match=r"b\.parquet is damaged"):
        collect(str(tmp_path))


@pytest.mark.parametrize("samples", [0, -1])
def test_fewer_than_one_sample_is_refused(write: Write, samples: int) -> None:
    with pytest.raises(ConfigurationError, match="set it to 1 or more"):
        collect(str(write("a.json", board("a"))), samples=samples)
