"""The books of a studio against those of a target: the invariants of docs/protocol.md#invariants, on real runs.

The studio's side is its log of POSTs and its charges, the target's side its ledger, its manifest and its files.
"""

import io
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from stories.ledger.events import Decision, Failed, Intent, JobAssigned, Operator, Void
from stories.ledger.records import Record
from stories.storage.store import Store
from stories.strict_json import JsonObject, sha256_hex
from stories.target import OpenDataset, open_target
from studio.work.accounts import charges
from studio.work.data_directory import DataDirectory
from tests.doubles.running_studio import RunningStudio

Attempt = tuple[str, int]


@dataclass
class Books:
    """What both sides have written; `clocks_agree` if the times of the two can be compared."""

    posts: list[JsonObject]
    charges: list[tuple[str, Decimal]]
    clocks_agree: bool = True
    intents: dict[Attempt, tuple[Intent, datetime]] = field(default_factory=dict)
    jobs: dict[Attempt, JobAssigned] = field(default_factory=dict)
    others: dict[Attempt, list[object]] = field(default_factory=dict)
    owners: dict[str, Attempt | None] = field(default_factory=dict)
    stories: list[dict[str, object]] = field(default_factory=list)
    images: list[dict[str, object]] = field(default_factory=list)
    files: dict[str, bytes | None] = field(default_factory=dict)

    @cached_property
    def accepted(self) -> dict[str, JsonObject]:
        """The POST of each job."""
        return {str(post["job_id"]): post for post in self.posts if post["job_id"] is not None}

    @cached_property
    def attempts_by_key(self) -> dict[str, Attempt]:
        return {intent.idempotency_key: attempt for attempt, (intent, _) in self.intents.items()}

    def has(self, attempt: Attempt, kind: type) -> bool:
        return any(isinstance(content, kind) for content in self.others.get(attempt, []))

    def discrepancies(self) -> list[str]:
        """Return every way in which the books do not agree, each after the name of the check that found it."""
        return [f"{check.__name__[1:]}: {found}" for check in _CHECKS for found in check(self)]


async def discrepancies(studio: RunningStudio, target: str, *, clocks_agree: bool = True) -> list[str]:
    """Return every discrepancy between a studio and the one target that used it; none when all is well."""
    async with open_target(target, run_id="audit", state_directory=None) as dataset:
        if dataset is not None:
            return (await read_books(studio, dataset, clocks_agree=clocks_agree)).discrepancies()
    return Books(studio.posts(), _charges(studio), clocks_agree).discrepancies()


async def read_books(
    studio: RunningStudio, dataset: OpenDataset, *, clocks_agree: bool = True, is_shared: bool = False
) -> Books:
    """Read both sides; of a studio that is shared with other targets, the POSTs of this target's intents alone."""
    books = Books(studio.posts(), _charges(studio), clocks_agree)
    for story_id in await dataset.ledger.survey():
        for record in await dataset.ledger.records(story_id):
            if not isinstance(record, Record):
                continue
            attempt = record.story_id, record.attempt
            if isinstance(record.content, Intent):
                books.intents[attempt] = record.content, record.recorded_at
            elif isinstance(record.content, JobAssigned):
                books.jobs[attempt] = record.content
            else:
                books.others.setdefault(attempt, []).append(record.content)
    if is_shared:
        books.posts = [post for post in books.posts if post["idempotency_key"] in books.attempts_by_key]
    for job_id in {*books.accepted, *(job.job_id for job in books.jobs.values())}:
        books.owners[job_id] = await dataset.ledger.owner(job_id)
    books.stories = await _table(dataset.store, "manifest/stories")
    books.images = await _table(dataset.store, "manifest/images")
    for row in books.images:
        if row["status"] == "ok":
            books.files[str(row["file_name"])] = await dataset.store.read(str(row["file_name"]))
    return books


def _charges(studio: RunningStudio) -> list[tuple[str, Decimal]]:
    return [(charge.job_id, charge.amount_eur) for charge in charges(DataDirectory(studio.directory).database)]


async def _table(store: Store, prefix: str) -> list[dict[str, object]]:
    parts = [stored.key async for stored in store.list(prefix) if stored.key.endswith(".parquet")]
    contents = [await store.read(key) for key in parts]
    return [row for part in contents if part for row in pq.read_table(pa.BufferReader(part)).to_pylist()]


def _paid_once(books: Books) -> Iterator[str]:
    """Yield stories with more than one charged job, and one more for each approval (S1)."""
    owner = books.attempts_by_key
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


def _sent_by_intent(books: Books) -> Iterator[str]:
    """Yield POSTs without an intent that was recorded before them, and intents that were sent twice (S2)."""
    known = books.attempts_by_key
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


def _nothing_lost(books: Books) -> Iterator[str]:
    """Yield jobs without an owner, unless their attempt is in doubt and can still adopt them (S3)."""
    known = books.attempts_by_key
    for job_id, post in books.accepted.items():
        attempt = known.get(str(post["idempotency_key"]))
        if books.owners.get(job_id) is None and (attempt is None or attempt in books.jobs or books.has(attempt, Void)):
            yield f"job {job_id} of {attempt} has no owner"


def _owned_once(books: Books) -> Iterator[str]:
    """Yield jobs of two attempts, of an attempt that does not own them, or of another storyboard (S4)."""
    holders = Counter(job.job_id for job in books.jobs.values())
    yield from (f"{job_id} is the job of {n} attempts" for job_id, n in holders.items() if n > 1)
    for attempt, job in books.jobs.items():
        job_id = job.job_id
        if books.owners[job_id] != attempt:
            yield f"{attempt} has job {job_id}, which belongs to {books.owners[job_id]}"
        post, intent = books.accepted.get(job_id), books.intents.get(attempt)
        if post is None or intent is None or post["body_sha256"] != intent[0].body_sha256:
            yield f"{attempt} has job {job_id}, which is of another storyboard"


def _void_is_void(books: Books) -> Iterator[str]:
    """Yield attempts that are recorded as never executed and have a job (S5)."""
    known = books.attempts_by_key
    for job_id, post in books.accepted.items():
        attempt = known.get(str(post["idempotency_key"]))
        if attempt is not None and books.has(attempt, Void):
            yield f"{attempt} is void and is job {job_id}"


def _in_order(books: Books) -> Iterator[str]:
    """Yield attempts whose predecessor is neither void nor failed nor decided (S6)."""
    for story_id, number in books.intents:
        before = story_id, number - 1
        if number > 1 and not any(books.has(before, kind) for kind in (Void, Failed, Operator)):
            yield f"{story_id} has an attempt {number} that nothing allows"


def _images_there(books: Books) -> Iterator[str]:
    """Yield rows of images that are there twice, have no whole file, or are of a job that was not charged (M1, M2)."""
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


def _costs(books: Books) -> Iterator[str]:
    """Yield stories whose cost in the manifest is not what the studio charged for their job (M5)."""
    charged = dict(books.charges)
    for row in books.stories:
        cost = row["cost"] or Decimal(0)
        if cost != charged.get(str(row["job_id"]), Decimal(0)):
            yield f"{row['story_id']} cost {cost} in the manifest and {charged.get(str(row['job_id']))} at the studio"


_CHECKS = (
    _paid_once,
    _sent_by_intent,
    _nothing_lost,
    _owned_once,
    _void_is_void,
    _in_order,
    _images_there,
    _costs,
)
