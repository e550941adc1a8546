"""A run of any size on a target, as production leaves it: committed parts, thumbnails, a receipt, dead letters.

The pictures are the studio's for the example storyboards, drawn once and used by many stories; most stories have no
original files, which the gallery never reads as long as there are thumbnails.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import count
from pathlib import Path

from illustrator.encoding import FileFormat, encode
from illustrator.pictures import draw_character, draw_location, draw_scene
from illustrator.surface import Pixels
from stories.api.wire import ImageFormat
from stories.clock import SystemClock
from stories.dataset import layout
from stories.dataset.images.thumbnails import encoded, verify_and_shrink, write_thumbnails
from stories.dataset.images.verification import ImageFacts
from stories.dataset.log.commits import CommitLog
from stories.dataset.marker import claim_target
from stories.dataset.model import CostSource, ImageRole, ImageStatus, Lineage, SavedImage, SavedStory, StoryStatus
from stories.dataset.run_record import (
    Counts,
    Money,
    RunRecord,
    RunReport,
    StoryOutcome,
    Trouble,
    write_dead_letters,
    write_run_record,
)
from stories.storage.fsspec_store import open_store
from stories.storage.store import Store
from stories.storyboards.shards import encode_shard
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject
from studio.work.storyboards import illustrator_storyboard

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
RUN_ID = "20260304T120000Z-1a2b3c4d"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "storyboards"
_BATCH = 200
_SIDE = 448


@dataclass(frozen=True)
class _Drawn:
    content: bytes
    facts: ImageFacts
    thumbnail: bytes


async def write_run(target: Path, stories: int, *, extra: Sequence[SavedStory] = (), originals: int = 2) -> None:
    """A run of so many stories: every 20th partial, every 25th failed, every 10th with a finding; one is held."""
    async with open_store(str(target)) as store:
        nonces = count()
        identity = await claim_target(
            store, clock=SystemClock(), new_dataset_id=lambda: "8f0c2f0e-51a4-4d43-b0f8-7a8f1f2f0c11", tool_version="1"
        )
        log = CommitLog(store, SystemClock(), lambda: f"n{next(nonces)}")
        lineage = Lineage(identity.dataset_id, RUN_ID, date(2026, 3, 4), "0.1.0")
        saved = [*extra, *_stories(stories)]
        for start in range(0, len(saved), _BATCH):
            batch, batch_id = saved[start : start + _BATCH], f"{RUN_ID}-{start}"
            found = {it.facts.sha256 for story in batch for it in story.images if it.facts is not None}
            thumbnails = {sha256: it.thumbnail for sha256, it in _by_hash().items() if sha256 in found}
            await write_thumbnails(store, RUN_ID, batch_id, encoded(thumbnails))
            await log.commit(batch, batch_id=batch_id, lineage=lineage)
        for story in saved[:originals]:
            for image in story.images:
                if image.key is not None and image.facts is not None:
                    await store.publish(image.key, _by_hash()[image.facts.sha256].content)
        await _close(store, saved)


def draw_examples() -> None:
    """Draw every picture now, in this thread; they are kept."""
    _by_hash()


def example(number: int) -> JsonObject:
    """One of the example storyboards."""
    paths = sorted(EXAMPLES.glob("*.json"))
    return json.loads(paths[number % len(paths)].read_text("utf-8"))


def drawn_story(number: int, document: JsonObject, status: StoryStatus = StoryStatus.COMPLETED) -> SavedStory:
    """A story with this storyboard, illustrated by the pictures of example `number`."""
    story = identify(document, sample=0, source_uris=[f"boards/batch-{number // 100:02d}.jsonl#{number % 100 + 1}"])
    images = () if status in (StoryStatus.FAILED, StoryStatus.DEAD_LETTER) else tuple(_images(number, story))
    if status is StoryStatus.PARTIAL:
        images = (_missing(images[0]), *images[1:])
    return SavedStory(
        story=story,
        status=status,
        attempt=1,
        idempotency_key=f"key-{number}",
        job_id=f"job-{number}",
        images=images,
        error_code=None if status is StoryStatus.COMPLETED else "scene_missing" if images else "failed_at_service",
        error_message=None if status is StoryStatus.COMPLETED else "the service gave no reason",
        cost_eur=Decimal("0.15") * len(images) or None,
        cost_source=CostSource.API if images else None,
        submitted_at=NOON,
        completed_at=NOON + timedelta(minutes=7),
        queue_seconds=4.0,
        generate_seconds=100.0 + number % 300,
        download_seconds=2.5,
        poll_count=7,
    )


def _stories(number_of: int) -> Iterator[SavedStory]:
    for number in range(number_of):
        document = example(number)
        document["title"] = f"{document.get('title', 'Untitled')} {number + 1}"
        failed, partial = number % 25 == 24, number % 20 == 19
        status = StoryStatus.FAILED if failed else StoryStatus.PARTIAL if partial else StoryStatus.COMPLETED
        yield drawn_story(number, document, status)


def _images(number: int, story: Story) -> Iterator[SavedImage]:
    drawings = _drawings(number % len(list(EXAMPLES.glob("*.json"))))
    board = story.storyboard
    for index, scene in enumerate(board.scenes):
        facts = drawings[ImageRole.SCENE][index % len(drawings[ImageRole.SCENE])].facts
        yield SavedImage(
            role=ImageRole.SCENE,
            ordinal=index,
            status=ImageStatus.OK,
            asked_format=ImageFormat.PNG,
            prompt=scene.prompt,
            key=layout.scene_key(story.story_id, index, ImageFormat.PNG),
            facts=replace(facts, flags=("near_duplicate",)) if number % 10 == 9 and index == 0 else facts,
            downloaded_at=NOON,
        )
    for role, cast, key_of in (
        (ImageRole.CHARACTER, board.characters, layout.character_key),
        (ImageRole.LOCATION, board.locations, layout.location_key),
    ):
        for index, entry in enumerate(cast[: len(drawings[role])]):
            yield SavedImage(
                role=role,
                ordinal=index,
                status=ImageStatus.OK,
                name=entry.name,
                key=key_of(story.story_id, entry.name, ImageFormat.PNG),
                facts=drawings[role][index].facts,
                downloaded_at=NOON,
            )


def _missing(image: SavedImage) -> SavedImage:
    message = "the service served no png of this scene"
    return replace(
        image, status=ImageStatus.MISSING, key=None, facts=None, error_code="not_served", error_message=message
    )


@cache
def _drawings(number: int) -> dict[ImageRole, list[_Drawn]]:
    """Every picture of an example storyboard."""
    story = identify(example(number), sample=0, source_uris=[])
    board, square = illustrator_storyboard(story.storyboard), (_SIDE, _SIDE)
    return {
        role: [_drawn(draw(board, index, square), role) for index in range(len(entries))]
        for role, draw, entries in (
            (ImageRole.SCENE, draw_scene, board.scenes),
            (ImageRole.CHARACTER, draw_character, board.characters),
            (ImageRole.LOCATION, draw_location, board.locations),
        )
    }


def _drawn(picture: Pixels, role: ImageRole) -> _Drawn:
    content = encode(picture, FileFormat.PNG, "drawn for a check")
    facts, thumbnail = verify_and_shrink(content, role)
    if thumbnail is None:
        raise AssertionError("every drawing has a thumbnail")
    return _Drawn(content, facts, thumbnail)


def _by_hash() -> dict[str, _Drawn]:
    every = [drawn for number in range(len(list(EXAMPLES.glob("*.json")))) for drawn in _flat(_drawings(number))]
    return {drawn.facts.sha256: drawn for drawn in every}


def _flat(drawings: dict[ImageRole, list[_Drawn]]) -> list[_Drawn]:
    return [drawn for of_role in drawings.values() for drawn in of_role]


async def _close(store: Store, saved: Sequence[SavedStory]) -> None:
    held = identify({**example(3), "title": "The one that is held"}, sample=0, source_uris=["boards/held.json"])
    await store.publish(layout.shard_key(RUN_ID, 1), encode_shard([held]))
    statuses = [it.status for it in saved]
    files = [it.facts.size_bytes for story in saved for it in story.images if it.facts is not None]
    troubles = (
        Trouble(
            label=held.label,
            story_id=held.story_id,
            outcome=StoryOutcome.HELD,
            reason="reply_lost",
            message="the connection broke before an answer",
        ),
        Trouble(
            label="boards/odd.json",
            story_id=None,
            outcome=None,
            reason="invalid_storyboard",
            message="scenes: field required",
        ),
    )
    counts = Counts(
        storyboards=len(saved) + 2,
        invalid=1,
        stories=len(saved) + 1,
        completed=statuses.count(StoryStatus.COMPLETED),
        partial=statuses.count(StoryStatus.PARTIAL),
        failed=statuses.count(StoryStatus.FAILED),
        rejected=statuses.count(StoryStatus.DEAD_LETTER),
        held=1,
    )
    cost_eur = sum((it.cost_eur for it in saved if it.cost_eur is not None), Decimal(0))
    report = RunReport(counts=counts, images=len(files), bytes=sum(files), cost_eur=cost_eur, troubles=troubles)
    record = RunRecord(run_id=RUN_ID, source="s3://boards/spring/*.jsonl", started_at=NOON)
    end = {"balance_after_eur": None, "balance_unexplained_eur": None}
    await write_run_record(store, record.closed(report, Money(), ended_at=NOON + timedelta(minutes=53), **end))
    await write_dead_letters(store, RUN_ID, troubles)
