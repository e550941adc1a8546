"""The state of a target after kills: which stories are committed or held, and everything that is wrong with it."""

import json
import time
import uuid
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from stories.dataset.layout import STAGING
from stories.dataset.schema import Table
from stories.ledger.entry import LedgerEntry
from stories.ledger.events import Doubt, Intent, JobSource
from stories.ledger.records import Record
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story
from stories.target import OpenDataset, open_target
from tests.doubles.books import Books, read_books
from tests.doubles.running_studio import RunningStudio

_HELD = (SubmitState.IN_DOUBT, SubmitState.HELD)


@dataclass(frozen=True)
class StudioJob:
    """A job as the studio's own database has it."""

    job_id: str
    idempotency_key: str
    charges: int
    has_failed: bool
    """It cost nothing and shows no scenes, so nobody can say whose it is, and adopting it would bring no images."""


@dataclass(frozen=True)
class Examination:
    """What became of the stories of one target, and what is wrong with it."""

    committed: frozenset[str]
    held: frozenset[str]
    reasons: Counter[str]
    violations: tuple[str, ...]
    adopted: int = 0
    """Jobs that a later run found: their process died after the service had accepted and before it recorded the job."""


def jobs_of(studio: RunningStudio) -> list[StudioJob]:
    """Return every job of the studio, which may be running."""
    rows = studio.ask(
        "SELECT jobs.job_id, idempotency_key, (SELECT count(*) FROM charges WHERE charges.job_id = jobs.job_id),"
        " status = 'failed' FROM jobs"
    )
    return [StudioJob(str(job_id), str(key), int(n), bool(has_failed)) for job_id, key, n, has_failed in rows]


def wait_until_done(studio: RunningStudio, text: str) -> None:
    """Return when the studio has jobs whose storyboards hold this text, and has finished all of them."""
    query = "SELECT count(*), count(finished_at_ms) FROM jobs WHERE instr(storyboard, CAST(? AS BLOB))"
    for _ in range(600):
        ((found, finished),) = studio.ask(query, text)
        if found and found == finished:
            return
        time.sleep(0.05)
    raise AssertionError(f"the studio is not done with {text}")


async def sent_without_a_word(target: str, state: Path, stories: Sequence[Story]) -> dict[str, str]:
    """Return story id and idempotency key of each attempt that may have been sent and has no outcome, by files alone.

    Such an attempt has a line `sending` in a spool and no outcome in the ledger, or a doubt in the ledger. The protocol
    holds these stories and no others, unless the service has a job of that key that can be matched with the story.
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
                key = uuid.uuid5(uuid.UUID(dataset.identity.dataset_id), f"{story.story_id}/{last}")
                found[story.story_id] = str(key)
    return found


def _spooled(state: Path) -> Iterator[tuple[str, str, int]]:
    """Yield kind, story id and attempt of every line of the spools but each first one, which names its spool."""
    for path in (state / "spool").rglob("*.spool"):
        for line in path.read_text().splitlines()[1:]:
            document = json.loads(line.partition(" ")[2])
            yield document["line"], document["story_id"], document["attempt"]


async def examine(target: str, stories: Sequence[Story], studio: RunningStudio) -> Examination:
    """Check the target against the studio, which other targets may use too, while no run is under way on the target."""
    async with open_target(target, run_id="examination", state_directory=None) as dataset:
        if dataset is None:
            return Examination(frozenset(), frozenset(), Counter(), ("there is no dataset",))
        entries = {story.story_id: await dataset.ledger.entry(story.story_id) for story in stories}
        books = await read_books(studio, dataset, is_shared=True)
        committed = frozenset(await dataset.commits.committed())
        held = frozenset(story_id for story_id, entry in entries.items() if entry.state in _HELD) - committed
        violations = [
            *books.discrepancies(),
            *await _wrong_jobs(dataset, books, studio, held),
            *(
                f"left: {it.story_id} is {it.state}, and neither committed nor held"
                for it in _left(entries, committed | held)
            ),
            *await _wrong_commits(dataset, committed),
        ]
        reasons = Counter(entries[story_id].reason or entries[story_id].state.value for story_id in held)
        adopted = sum(job.via is JobSource.ADOPTED for job in books.jobs.values())
        return Examination(committed, held, reasons, tuple(violations), adopted)


def _left(entries: dict[str, LedgerEntry], settled: frozenset[str]) -> list[LedgerEntry]:
    """Return the stories with a step left; one whose jobs failed as often as they may, uncharged, has none."""
    left = [entry for story_id, entry in entries.items() if story_id not in settled]
    return [entry for entry in left if entry.state is not SubmitState.EXHAUSTED]


async def _wrong_jobs(dataset: OpenDataset, books: Books, studio: RunningStudio, held: frozenset[str]) -> list[str]:
    """Return charges beyond the first of a story, and jobs that no story took, by the studio's database.

    A POST whose client was killed may be missing in the studio's log, so the books do not see every job.
    """
    wrong = []
    charged: Counter[str] = Counter()
    for job in jobs_of(studio):
        attempt = books.attempts_by_key.get(job.idempotency_key)
        if attempt is None:
            continue
        charged[attempt[0]] += job.charges
        is_explained = job.has_failed and attempt[0] in held
        if await dataset.ledger.owner(job.job_id) is None and not is_explained:
            wrong.append(f"orphan: job {job.job_id} of {attempt}")
    return wrong + [f"paid_once: {story_id} is charged {n} times" for story_id, n in charged.items() if n > 1]


async def _wrong_commits(dataset: OpenDataset, committed: frozenset[str]) -> list[str]:
    """Return parts that are missing or still staged, and stories that the commits do not hold exactly once."""
    wrong = []
    story_ids: Counter[str] = Counter()
    commits = await dataset.commits.commits()
    for commit in commits:
        for table, part in commit.parts.items():
            content = await dataset.store.read(part.key)
            if content is None:
                wrong.append(f"parts: {part.key} is committed, and missing")
            elif table is Table.STORIES:
                story_ids.update(pq.read_table(BytesIO(content), columns=["story_id"])["story_id"].to_pylist())
    if story_ids.keys() != committed or set(story_ids.values()) - {1}:
        wrong.append(f"rows: the manifest does not have each committed story once: {story_ids}")
    staged = {commit.staged for commit in commits}
    left = [stored.key async for stored in dataset.store.list(STAGING)]
    return wrong + [f"staged: {key} is committed, and still in staging" for key in left if key in staged]
