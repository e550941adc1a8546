"""The record of a run beside the dataset: its source, its settings, its counts and its money.

A run opens its record before anything is sent and closes it at the end. `RunReport` holds the figures of a shard or of
a whole run; the record, the summary and the gallery show the sum of the reports.
"""

import json
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from stories.dataset import layout
from stories.errors import TargetUnusable
from stories.storage.store import Store
from stories.strict_json import JsonObject
from stories.text import replace_lone_surrogates


class StoryOutcome(StrEnum):
    """The eight states of a story at the end of a run; every story is in exactly one."""

    DONE_BEFORE = "done_before"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    REJECTED = "rejected"
    HELD = "held"
    IN_FLIGHT = "in_flight"
    NOT_SENT = "not_sent"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(_Frozen):
    """Numbers of storyboards and stories by their outcome: the eight outcomes sum to `stories`.

    `storyboards` = `invalid` + `duplicates` + `stories` / samples.
    """

    storyboards: int = 0
    invalid: int = 0
    duplicates: int = 0
    stories: int = 0
    done_before: int = 0
    completed: int = 0
    partial: int = 0
    failed: int = 0
    rejected: int = 0
    held: int = 0
    in_flight: int = 0
    not_sent: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Return the sum of both counts, field by field."""
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in Counts.model_fields})

    @property
    def all_done(self) -> bool:
        """True if every story is completed, by this run or an earlier one, and no storyboard was invalid."""
        return self.invalid == 0 and self.completed + self.done_before == self.stories


def count_outcomes(outcomes: Iterable[StoryOutcome]) -> Counts:
    """Return counts by outcome; fills `stories` and the eight outcomes."""
    numbers = dict.fromkeys(StoryOutcome, 0)
    for outcome in outcomes:
        numbers[outcome] += 1
    return Counts(stories=sum(numbers.values()), **{outcome.value: number for outcome, number in numbers.items()})


class Trouble(_Frozen):
    """The reason why a storyboard or a story is not in the dataset; one line of the dead letters."""

    label: str
    story_id: str | None
    outcome: StoryOutcome | None
    """None for an invalid storyboard, which never became a story."""
    reason: str
    message: str


class Stop(_Frozen):
    """The reason why a run ended early, for a person to act on."""

    code: str
    message: str


class Money(_Frozen):
    """The euros that the stories sent by a run have cost and may still cost.

    `reserved_eur` is for stories that are, or may be, at the service; `doubtful_eur` is the part of `reserved_eur` for
    doubts.
    """

    spent_eur: Decimal = Decimal(0)
    reserved_eur: Decimal = Decimal(0)
    doubtful_eur: Decimal = Decimal(0)

    @property
    def bound_eur(self) -> Decimal:
        """The amount that counts under a cost cap."""
        return self.spent_eur + self.reserved_eur


class RunReport(_Frozen):
    """The figures of a shard, or of a whole run."""

    counts: Counts = Counts()
    images: int = 0
    bytes: int = 0
    cost_eur: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()
    qa_flags: dict[str, int] = {}
    """Number of images by QA flag."""
    stop: Stop | None = None
    troubles: tuple[Trouble, ...] = ()

    def plus(self, other: "RunReport") -> "RunReport":
        """Return the sum of both reports: troubles and notes in order, a note of both only once."""
        return RunReport(
            counts=self.counts.plus(other.counts),
            images=self.images + other.images,
            bytes=self.bytes + other.bytes,
            cost_eur=self.cost_eur + other.cost_eur,
            notes=tuple(dict.fromkeys(self.notes + other.notes)),
            qa_flags=dict(sorted((Counter(self.qa_flags) + Counter(other.qa_flags)).items())),
            stop=self.stop or other.stop,
            troubles=self.troubles + other.troubles,
        )

    def with_note(self, note: str) -> "RunReport":
        """Return the report with one more note."""
        return self.model_copy(update={"notes": (*self.notes, note)})


class RunSummary(_Frozen):
    """The result of a run; without troubles and notes, the object that `depicta batch run --json` prints."""

    run_id: str
    target: str
    counts: Counts
    images: int
    bytes: int
    cost_eur: Decimal
    seconds: float
    gallery: str | None = None
    """Path or URL of the first page of the gallery; None when the run had nothing to do and built none."""
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    qa_flags: dict[str, int] = {}
    """Number of images by QA flag."""

    @classmethod
    def of(
        cls, report: RunReport, run_id: str, target: str, *, seconds: float, gallery: str | None = None
    ) -> "RunSummary":
        """Return the figures of the report as the result of this run."""
        figures = {name: getattr(report, name) for name in RunReport.model_fields if name in cls.model_fields}
        return cls(run_id=run_id, target=target, seconds=round(seconds, 1), gallery=gallery, **figures)


class RunRecord(BaseModel):
    """`_meta/runs/<run_id>.json`. A run that was not closed has no `ended_at` and no figures."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    receipt_version: int = 1
    """Version of the file format; the field keeps its old name in the file."""
    run_id: str = ""
    source: str = ""
    settings: JsonObject = {}
    """The settings of the run by section, the key masked; in version 1 without sections."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    balance_before_eur: Decimal | None = None
    balance_after_eur: Decimal | None = None
    balance_unexplained_eur: Decimal | None = None
    """The part of the fall of the balance that the stories of the run do not explain."""
    money: Money = Money()
    counts: Counts = Counts()
    images: int = 0
    bytes: int = 0
    cost_eur: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()
    qa_flags: dict[str, int] = {}
    stop: Stop | None = None

    def closed(
        self,
        report: RunReport,
        money: Money,
        *,
        ended_at: datetime,
        balance_after_eur: Decimal | None,
        balance_unexplained_eur: Decimal | None,
    ) -> "RunRecord":
        """Return the record with the figures of the whole run."""
        figures = {name: getattr(report, name) for name in RunReport.model_fields if name in RunRecord.model_fields}
        end = {"ended_at": ended_at, "money": money, "balance_after_eur": balance_after_eur}
        return self.model_copy(update={**figures, **end, "balance_unexplained_eur": balance_unexplained_eur})


RECORD_VERSION = 2


async def write_run_record(store: Store, record: RunRecord) -> None:
    """Write the record to its key, replacing an earlier record of the same run."""
    document = record.model_dump(mode="json", exclude_unset=True)
    content = json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True)
    await store.publish(layout.run_key(record.run_id), replace_lone_surrogates(content).encode())


async def read_run_record(store: Store, run_id: str) -> RunRecord:
    """Read the record of a run; an empty one if there is none. Raises `TargetUnusable` for a damaged one."""
    key = layout.run_key(run_id)
    try:
        return RunRecord.model_validate_json(await store.read(key) or json.dumps({"run_id": run_id}))
    except ValidationError as exc:
        raise TargetUnusable(f"{store.url}: the run record {key} is damaged; restore or remove it") from exc


async def write_dead_letters(store: Store, run_id: str, troubles: Iterable[Trouble]) -> None:
    """Write one line for each trouble, and no file without troubles.

    The input of a story is in a shard of the run, under its story id; an invalid storyboard is named by its label.
    """
    documents: list[dict[str, JsonValue]] = [{"run_id": run_id, **it.model_dump(mode="json")} for it in troubles]
    lines = [json.dumps(document, ensure_ascii=False, sort_keys=True) for document in documents]
    if lines:
        await store.publish(layout.dead_letter_key(run_id), replace_lone_surrogates("\n".join(lines)).encode())


class _DeadLetter(Trouble):
    run_id: str


async def read_dead_letters(store: Store, run_id: str) -> tuple[Trouble, ...]:
    """Read the troubles of a run; raises `TargetUnusable` when the file is damaged."""
    key = layout.dead_letter_key(run_id)
    lines = (await store.read(key) or b"").split(b"\n")
    try:
        return tuple(_DeadLetter.model_validate_json(line) for line in lines if line)
    except ValidationError as exc:
        raise TargetUnusable(f"{store.url}: {key} is damaged; restore or remove it") from exc
