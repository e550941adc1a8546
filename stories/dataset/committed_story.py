"""One committed story: its rows in both tables, found through the log in the parts that hold them now."""

import asyncio
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from stories.dataset.image_rows import ImageRow, image_rows
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.replacements import read_replacements, resting_place
from stories.dataset.parts import CommittedPart, read_part
from stories.dataset.schema import Table
from stories.dataset.story_rows import StoryRow, story_rows
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import sha256_hex

_ADVICE = "run: depicta dataset verify --repair"


@dataclass(frozen=True)
class CommittedStory:
    """The rows of one story, and the part that holds them."""

    row: StoryRow
    images: tuple[ImageRow, ...]
    part: str
    """Key of the part that holds the story's row."""
    is_as_recorded: bool
    """True if both parts have the hashes that the log records, so that the rows are those that were committed."""

    @property
    def story_id(self) -> str:
        """Id of the story."""
        return self.row.story_id

    @property
    def keys(self) -> list[str]:
        """Keys of the files that the rows name."""
        return [image.file_name for image in self.images if image.file_name is not None]


async def read_committed_story(store: Store, log: CommitLog, story_id: str) -> tuple[CommittedStory, int] | None:
    """Return the story as the manifest has it now, and the version of its commit; None if it is not committed.

    Raises `TargetUnusable` when a part is missing or cannot be read.
    """
    replacements = await read_replacements(store)
    commits = await log.commits()
    commit = next((it for it in commits if any(story_id in ids for ids in it.story_ids.values())), None)
    if commit is None:
        return None
    pair = resting_place(commit.parts, replacements)
    of_story, stories_as_recorded = await _rows(store, pair[Table.STORIES], Table.STORIES, story_id)
    of_images, images_as_recorded = await _rows(store, pair[Table.IMAGES], Table.IMAGES, story_id)
    key = pair[Table.STORIES].key
    if of_story.num_rows != 1:
        raise TargetUnusable(f"{store.url}: {key} has {of_story.num_rows} rows of story {story_id}; {_ADVICE}")
    try:
        (row,), images = story_rows(of_story), tuple(image_rows(of_images))
    except ValueError as exc:
        raise TargetUnusable(f"{store.url}: {key}: the rows of story {story_id} are damaged; {_ADVICE}") from exc
    return CommittedStory(row, images, key, stories_as_recorded and images_as_recorded), commit.version


async def _rows(store: Store, part: CommittedPart, table: Table, story_id: str) -> tuple[pa.Table, bool]:
    """Return the story's rows in this part, and True if the part has its recorded hash."""
    content = await store.read(part.key)
    if content is None:
        raise TargetUnusable(f"{store.url}: {part.key} is missing, though the log names it; {_ADVICE}")
    try:
        rows = await asyncio.to_thread(read_part, content, table, where=pc.field("story_id") == story_id)
    except (pa.ArrowException, OSError, ValueError) as exc:
        raise TargetUnusable(f"{store.url}: {part.key} is damaged; {_ADVICE}") from exc
    return rows, sha256_hex(content) == part.sha256
