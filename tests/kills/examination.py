"""What is true after kills: the studio's jobs, charges and POSTs, held against ledger, manifest and images."""

import json
import sqlite3
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from stories.dataset.layout import STAGING
from stories.dataset.schema import Table
from stories.ledger.entry import LedgerEntry, entry_of
from stories.ledger.events import Doubt, Intent, JobAssigned, JobSource
from stories.ledger.records import Record
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story
from stories.strict_json import sha256_hex
from stories.target import OpenDataset, open_target

_HELD = (SubmitState.IN_DOUBT, SubmitState.HELD)


@dataclass(frozen=True)
class StudioJob:
    """A job as the studio's own database has it."""

    job_id: str
    idempotency_key: str
    charges: int
    has_failed: bool
    """Uncharged, and without scenes: it cannot be told whose it is, and adopting it would bring nobody anything."""


@dataclass(frozen=True)
class Examination:
    """What became of the stories of one target, and what is wrong with it."""

    committed: frozenset[str]
    held: frozenset[str]
    reasons: Counter[str]
    violations: tuple[str, ...]
    adopted: int = 0
    """Jobs that were found again: their process died after the service had accepted and before it was noted."""


def jobs_of(database: Path) -> list[StudioJob]:
    """Every job of the studio; it may be running."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        rows = connection.execute(
            "SELECT jobs.job_id, idempotency_key, (SELECT count(*) FROM charges WHERE charges.job_id = jobs.job_id),"
            " status = 'failed' FROM jobs"
        ).fetchall()
    return [StudioJob(job_id, key, charges, bool(has_failed)) for job_id, key, charges, has_failed in rows]


def wait_until_done(database: Path, text: str) -> None:
    """Until the studio has jobs whose storyboards hold this text, and is done with all of them."""
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        for _ in range(600):
            found, finished = connection.execute(
                "SELECT count(*), count(finished_at_ms) FROM jobs WHERE instr(storyboard, CAST(? AS BLOB))", (text,)
            ).fetchone()
            if found and found == finished:
                return
            time.sleep(0.05)
    raise AssertionError(f"the studio is not done with {text}")


def posts_of(directory: Path) -> Counter[str]:
    """How often the studio was sent each idempotency key. The last line may be another run's, half written."""
    *lines, _ = (directory / "requests.jsonl").read_text().split("\n")
    return Counter(json.loads(line)["idempotency_key"] for line in lines)


def key_of(target_id: str, story_id: str, attempt: int) -> str:
    """The idempotency key of an attempt: by it the studio's jobs are told apart, twins too."""
    return str(uuid.uuid5(uuid.UUID(target_id), f"{story_id}/{attempt}"))


async def sent_without_a_word(target: str, state: Path, stories: Sequence[Story]) -> dict[str, str]:
    """By the files alone, story ids and keys of attempts that may have been sent and of which nobody knows the outcome.

    A `sending` line in a spool and no outcome in the ledger, or a doubt in it: the protocol holds these, and no others,
    unless the service has a job of that key that can be told to be the story's.
    """
    spooled = set(_spooled(state))
    found = {}
    async with open_target(target, run_id="examination", state_directory=None) as dataset:
        if dataset is None:
            return {}
        for story in stories:
            records = [it for it in await dataset.ledger.records(story.story_id) if isinstance(it, Record)]
            last = max((record.attempt for record in records), default=0)
            kinds = {type(record.content) for record in records if record.attempt == last}
            sending, accepted = ((line, story.story_id, last) in spooled for line in ("sending", "accepted"))
            if kinds and not accepted and (Doubt in kinds or (kinds == {Intent} and sending)):
                found[story.story_id] = key_of(dataset.identity.dataset_id, story.story_id, last)
    return found


def _spooled(state: Path) -> Iterator[tuple[str, str, int]]:
    """Kind, story id and attempt of every line of the spools in a state directory but the first, which names them."""
    for path in (state / "spool").rglob("*.spool"):
        for line in path.read_text().splitlines()[1:]:
            document = json.loads(line.partition(" ")[2])
            yield document["line"], document["story_id"], document["attempt"]


async def examine(target: str, stories: Sequence[Story], studio: Path) -> Examination:
    """Hold everything against everything; `studio` is its data directory. To be called when no run is under way."""
    async with open_target(target, run_id="examination", state_directory=None) as dataset:
        if dataset is None:
            return Examination(frozenset(), frozenset(), Counter(), ("no dataset came of it",))
        records = {story.story_id: await dataset.ledger.records(story.story_id) for story in stories}
        entries = {story_id: entry_of(story_id, found) for story_id, found in records.items()}
        read = [it for found in records.values() for it in found if isinstance(it, Record)]
        committed = frozenset(await dataset.commits.committed())
        held = frozenset(story_id for story_id, entry in entries.items() if entry.state in _HELD) - committed
        violations = [
            *await _wrong_jobs(dataset, read, studio, held),
            *(
                f"{it.story_id} is {it.state}, and neither committed nor held"
                for it in _lost(entries, committed | held)
            ),
            *await _wrong_rows(dataset, committed),
        ]
        reasons = Counter(entries[story_id].reason or entries[story_id].state.value for story_id in held)
        jobs = [record.content for record in read if isinstance(record.content, JobAssigned)]
        adopted = sum(job.via is JobSource.ADOPTED for job in jobs)
        return Examination(committed, held, reasons, tuple(violations), adopted)


def _lost(entries: dict[str, LedgerEntry], settled: frozenset[str]) -> list[LedgerEntry]:
    """Stories with a step left; one whose jobs failed as often as they may, uncharged, has none."""
    left = [entry for story_id, entry in entries.items() if story_id not in settled]
    return [entry for entry in left if entry.state is not SubmitState.EXHAUSTED]


async def _wrong_jobs(dataset: OpenDataset, records: Sequence[Record], studio: Path, held: frozenset[str]) -> list[str]:
    """Second POSTs, overcharges, orphans, jobs with two owners."""
    wrong = []
    keys = {
        record.content.idempotency_key: (record.story_id, record.attempt)
        for record in records
        if isinstance(record.content, Intent)
    }
    posts = posts_of(studio)
    wrong += [f"sent twice: attempt {keys[key]}" for key in keys if posts[key] > 1]
    jobs = [job for job in jobs_of(studio / "studio.sqlite3") if job.idempotency_key in keys]
    charged: Counter[str] = Counter()
    for job in jobs:
        story_id = keys[job.idempotency_key][0]
        charged[story_id] += job.charges
        is_explained = job.has_failed and story_id in held
        if await dataset.ledger.owner(job.job_id) is None and not is_explained:
            wrong.append(f"orphan: job {job.job_id} of {keys[job.idempotency_key]}")
    wrong += [f"overcharged: {story_id} {count} times" for story_id, count in charged.items() if count > 1]
    bound = [(record.content.job_id, record) for record in records if isinstance(record.content, JobAssigned)]
    owners = Counter(job_id for job_id, _ in bound)
    wrong += [f"double-owned: job {job_id}" for job_id, count in owners.items() if count > 1]
    for job_id, record in bound:
        if await dataset.ledger.owner(job_id) != (record.story_id, record.attempt):
            wrong.append(f"double-owned: job {job_id} is of {record.story_id} by its record, and not by its owner")
    return wrong


async def _wrong_rows(dataset: OpenDataset, committed: frozenset[str]) -> list[str]:
    """Stories or images that the manifest has twice or not at all, and images whose bytes are not those it names."""
    wrong = []
    rows: dict[Table, list[dict[str, object]]] = {table: [] for table in Table}
    for commit in await dataset.commits.commits():
        for table, part in commit.parts.items():
            content = await dataset.store.read(part.key)
            if content is None:
                wrong.append(f"{part.key} is committed, and missing")
            else:
                rows[table] += pq.read_table(BytesIO(content), partitioning=None).to_pylist()
    stories = Counter(row["story_id"] for row in rows[Table.STORIES])
    if stories.keys() != committed or set(stories.values()) - {1}:
        wrong.append(f"the manifest has not each committed story once: {stories}")
    images = Counter(row["image_id"] for row in rows[Table.IMAGES])
    wrong += [f"the manifest has an image {count} times: {image}" for image, count in images.items() if count > 1]
    for row in rows[Table.IMAGES]:
        if row["status"] == "ok":
            content = await dataset.store.read(str(row["file_name"]))
            if content is None or sha256_hex(content) != row["sha256"]:
                wrong.append(f"{row['file_name']} is not what the manifest says")
    staged = {commit.staged for commit in await dataset.commits.commits()}
    left = [stored.key async for stored in dataset.store.list(STAGING)]
    return wrong + [f"{key} is committed, and still in staging" for key in left if key in staged]
