"""The stories of a whole source: content that is found twice becomes one story with both places."""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from types import TracebackType
from typing import Self

from stories.errors import ConfigurationError
from stories.storyboards.source import DEFAULT_COLUMN, FoundStoryboard, UnusableStoryboard, read_storyboards
from stories.storyboards.story import Story
from stories.storyboards.validation import Problem

_TABLES = """
PRAGMA journal_mode = OFF;
PRAGMA temp_store = FILE;
CREATE TABLE storyboard (number INTEGER PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, body BLOB NOT NULL);
CREATE TABLE place (storyboard INTEGER NOT NULL, uri TEXT NOT NULL, PRIMARY KEY (storyboard, uri)) WITHOUT ROWID;
CREATE TABLE unusable (uri TEXT NOT NULL, problems TEXT NOT NULL);
"""
_STORIES = """
SELECT body, (SELECT json_group_array(uri) FROM place WHERE storyboard = number) FROM storyboard ORDER BY number
"""


@dataclass(frozen=True)
class CollectionCounts:
    """Counts of a source: `stories = (storyboards - invalid - duplicates) * samples`."""

    storyboards: int
    invalid: int
    duplicates: int
    stories: int


class Collection:
    """The stories of a source, in the order in which their content was first found; a context manager.

    The bodies lie in a temporary file, so that memory does not grow with the source. The operating system removes the
    file when the collection is closed or the process ends. Any thread may use the collection, one at a time.
    """

    def __init__(self, samples: int) -> None:
        if samples < 1:
            raise ConfigurationError(f"samples is {samples}; set it to 1 or more")
        self._samples = samples
        self._spill = sqlite3.connect("", isolation_level=None, check_same_thread=False)  # "": a temporary file
        self._spill.executescript(_TABLES + "BEGIN;")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the temporary file."""
        self._spill.close()

    @property
    def counts(self) -> CollectionCounts:
        distinct, places, invalid = (self._count(table) for table in ("storyboard", "place", "unusable"))
        return CollectionCounts(places + invalid, invalid, places - distinct, distinct * self._samples)

    def stories(self) -> Iterator[Story]:
        """Yield every story with all its source URIs; the samples of a storyboard follow one another."""
        with closing(self._spill.execute(_STORIES)) as rows:
            for body, uris in rows:
                for sample in range(self._samples):
                    yield Story.from_body(body, sample=sample, source_uris=json.loads(uris))

    def invalid(self) -> Iterator[UnusableStoryboard]:
        """Yield every storyboard that cannot be sent, in the order of the source."""
        with closing(self._spill.execute("SELECT uri, problems FROM unusable ORDER BY rowid")) as rows:
            for uri, problems in rows:
                yield UnusableStoryboard(uri, tuple(Problem(**problem) for problem in json.loads(problems)))

    def add(self, storyboard: FoundStoryboard | UnusableStoryboard) -> None:
        """Add the storyboard of one place."""
        if isinstance(storyboard, UnusableStoryboard):
            problems = json.dumps([asdict(problem) for problem in storyboard.problems])
            self._spill.execute("INSERT INTO unusable VALUES (?, ?)", (storyboard.uri, problems))
            return
        sha256 = hashlib.sha256(storyboard.body).digest()
        self._spill.execute("INSERT OR IGNORE INTO storyboard (sha256, body) VALUES (?, ?)", (sha256, storyboard.body))
        self._spill.execute(
            "INSERT INTO place SELECT number, ? FROM storyboard WHERE sha256 = ?", (storyboard.uri, sha256)
        )

    def _count(self, table: str) -> int:
        (count,) = self._spill.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - names of our own
        return int(count)


def collect(
    source: str,
    *,
    samples: int = 1,
    column: str = DEFAULT_COLUMN,
    storage_options: Mapping[str, object] | None = None,
) -> Collection:
    """Read a whole source into a collection.

    Raises the errors of `read_storyboards`, and `ConfigurationError` if `samples` is less than 1.
    """
    collection = Collection(samples)
    try:
        for storyboard in read_storyboards(source, column=column, storage_options=storage_options):
            collection.add(storyboard)
    except BaseException:
        collection.close()
        raise
    return collection
