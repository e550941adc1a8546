"""The books of the studio against those of a target: the invariants of docs/protocol.md#invariants, checked for real.

The studio's side is its wire log of POSTs and its charge log, the target's its ledger, its manifest and its files. The
account belongs to the target alone, apart from the jobs that the log does not know: those are another program's.
"""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from stories.ledger.events import Decision, Failed, Intent, JobAssigned, Operator, Void
from stories.ledger.records import Record
from stories.storage.store import Store
from stories.strict_json import JsonObject, sha256_hex
from stories.target import OpenDataset, open_target
from studio.accounts import charges
from studio.data_directory import DataDirectory
from tests.doubles.running_studio import RunningStudio

Attempt = tuple[str, int]


@dataclass
class _Books:
    """Both sides, read."""

    posts: list[JsonObject]
    charges: list[tuple[str, Decimal]]
    clocks_agree: bool
    intents: dict[Attempt, tuple[Intent, datetime]] = field(default_factory=dict)
    jobs: dict[Attempt, str] = field(default_factory=dict)
    others: dict[Attempt, list[object]] = field(default_factory=dict)
    owners: dict[str, Attempt | None] = field(default_factory=dict)
    stories: list[dict[str, object]] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)
    files: dict[str, bytes | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.accepted = {str(post["job_id"]): post for post in self.posts if post["job_id"] is not None}

    def attempts_by_key(self) -> dict[str, Attempt]:
        return {intent.idempotency_key: attempt for attempt, (intent, _) in self.intents.items()}

    def has(self, attempt: Attempt, kind: type) -> bool:
        return any(isinstance(content, kind) for content in self.others.get(attempt, []))


async def discrepancies(studio: RunningStudio, target: str, *, clocks_agree: bool = True) -> list[str]:
    """Every way in which the books do not agree, each with the invariant that it breaks; empty when all is well."""
    posts = studio.posts()
    charged = [(charge.job_id, charge.amount_eur) for charge in charges(DataDirectory(studio.directory).database)]
    books = _Books(posts, charged, clocks_agree)
    async with open_target(target, run_id="audit", state_directory=None) as dataset:
        if dataset is not None:
            await _read(books, dataset)
    checks = (_paid_once, _sent_by_intent, _nothing_lost, _owned_once, _void_is_void, _in_order, _images_there, _costs)
    return [f"{check.__name__[1:]}: {found}" for check in checks for found in check(books)]


async def _read(books: _Books, dataset: OpenDataset) -> None:
    for story_id in await dataset.ledger.survey():
        for record in await dataset.ledger.records(story_id):
            if not isinstance(record, Record):
                continue
            attempt = record.story_id, record.attempt
            if isinstance(record.content, Intent):
                books.intents[attempt] = record.content, record.recorded_at
            elif isinstance(record.content, JobAssigned):
                books.jobs[attempt] = record.content.job_id
            else:
                books.others.setdefault(attempt, []).append(record.content)
    for job_id in {*books.accepted, *books.jobs.values()}:
        books.owners[job_id] = await dataset.ledger.owner(job_id)
    books.stories = await _table(dataset.store, "manifest/stories")
    books.images = await _table(dataset.store, "manifest/images")
    for row in books.images:
        if row["status"] == "ok":
            books.files[str(row["file_name"])] = await dataset.store.read(str(row["file_name"]))


async def _table(store: Store, prefix: str) -> list[dict[str, object]]:
    parts = [stored.key async for stored in store.list(prefix) if stored.key.endswith(".parquet")]
    contents = [await store.read(key) for key in parts]
    return [row for part in contents if part for row in pq.read_table(pa.BufferReader(part)).to_pylist()]


def _paid_once(books: _Books) -> Iterator[str]:
    """S1: of each story at most one job is charged, and one more for each approval."""
    owner = books.attempts_by_key()
    paid = Counter(
        owner[str(books.accepted[job_id]["idempotency_key"])][0]
        for job_id, _ in books.charges
        if job_id in books.accepted and str(books.accepted[job_id]["idempotency_key"]) in owner
    )
    approved = Counter(
        story_id
        for (story_id, _), contents in books.others.items()
        for content in contents
        if isinstance(content, Operator) and content.decision is Decision.RESUBMIT
    )
    yield from (f"{story_id} is charged {n} times" for story_id, n in paid.items() if n > 1 + approved[story_id])


def _sent_by_intent(books: _Books) -> Iterator[str]:
    """S2: every POST has an intent that was there before it (by clocks that agree), and no intent has two."""
    known = books.attempts_by_key()
    sent = Counter(str(post["idempotency_key"]) for post in books.posts)
    yield from (f"{key} was sent {n} times" for key, n in sent.items() if n > 1)
    for post in books.posts:
        attempt = known.get(str(post["idempotency_key"]))
        if attempt is None:
            yield f"no intent for the POST with {post['idempotency_key']}"
        elif books.clocks_agree and datetime.fromisoformat(str(post["time"])) < books.intents[attempt][1]:
            yield f"{attempt} was sent before its intent"
        elif post["body_sha256"] not in {None, books.intents[attempt][0].body_sha256}:
            yield f"{attempt} was sent with another body"


def _nothing_lost(books: _Books) -> Iterator[str]:
    """S3: every job that was accepted has an owner, or stands behind a doubt that may still find it."""
    known = books.attempts_by_key()
    for job_id, post in books.accepted.items():
        attempt = known.get(str(post["idempotency_key"]))
        if books.owners.get(job_id) is None and (attempt is None or attempt in books.jobs or books.has(attempt, Void)):
            yield f"job {job_id} of {attempt} is nobody's"


def _owned_once(books: _Books) -> Iterator[str]:
    """S4: a job is one attempt's, and of the storyboard that was sent."""
    holders = Counter(books.jobs.values())
    yield from (f"{job_id} is the job of {n} attempts" for job_id, n in holders.items() if n > 1)
    for attempt, job_id in books.jobs.items():
        if books.owners[job_id] != attempt:
            yield f"{attempt} has job {job_id}, which belongs to {books.owners[job_id]}"
        post, intent = books.accepted.get(job_id), books.intents.get(attempt)
        if post is None or intent is None or post["body_sha256"] != intent[0].body_sha256:
            yield f"{attempt} has job {job_id}, which is of another storyboard"


def _void_is_void(books: _Books) -> Iterator[str]:
    """S5: what is on record as never executed was not."""
    known = books.attempts_by_key()
    for job_id, post in books.accepted.items():
        attempt = known.get(str(post["idempotency_key"]))
        if attempt is not None and books.has(attempt, Void):
            yield f"{attempt} is void and is job {job_id}"


def _in_order(books: _Books) -> Iterator[str]:
    """S6: an attempt follows one that is void, failed or decided."""
    for story_id, number in books.intents:
        before = story_id, number - 1
        if number > 1 and not any(books.has(before, kind) for kind in (Void, Failed, Operator)):
            yield f"{story_id} has an attempt {number} that nothing allows"


def _images_there(books: _Books) -> Iterator[str]:
    """M1, M2: every image is there, whole, of a completed job, once."""
    charged = {job_id for job_id, _ in books.charges}
    twice = [image_id for image_id, n in Counter(row["image_id"] for row in books.images).items() if n > 1]
    yield from (f"{image_id} is there twice" for image_id in twice)
    for row in books.images:
        if row["status"] != "ok":
            continue
        content = books.files[str(row["file_name"])]
        if content is None or sha256_hex(content) != row["sha256"]:
            yield f"{row['file_name']} is not what the manifest says"
        else:
            Image.open(io.BytesIO(content)).load()
        if row["job_id"] not in charged:
            yield f"{row['file_name']} is of a job that did not complete"


def _costs(books: _Books) -> Iterator[str]:
    """M5: what the manifest says was charged is what was charged for its jobs."""
    charged = dict(books.charges)
    for row in books.stories:
        cost = row["cost"] or Decimal(0)
        if cost != charged.get(str(row["job_id"]), Decimal(0)):
            yield f"{row['story_id']} cost {cost} in the manifest and {charged.get(str(row['job_id']))} at the studio"
