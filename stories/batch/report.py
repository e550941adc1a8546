"""Under which one state each story appears in the run's summary, counted, and what the trouble was."""

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from pydantic import BaseModel, ConfigDict


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


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Counts(_Record):
    """What was found and what became of it: the eight outcomes sum to `stories`.

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
        """Both counts added up, field by field."""
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in Counts.model_fields})

    @property
    def all_done(self) -> bool:
        """Whether every story is completed, now or before, and no storyboard was invalid."""
        return self.invalid == 0 and self.completed + self.done_before == self.stories


class Trouble(_Record):
    """Why a storyboard or story is not in the dataset, for the table of failures and the dead letters."""

    label: str
    story_id: str | None
    outcome: StoryOutcome | None
    """None for a storyboard that was not valid and so never became a story."""
    reason: str
    message: str


class Stop(_Record):
    """Why a run ended before its time, in a way that a person has to act on."""

    code: str
    message: str


class Money(_Record):
    """What the stories that a run sent have cost and may still cost, in the service's own figures where it named them.

    What is reserved is at the service, or may be: `doubtful_eur` is the part of it of which nobody knows.
    """

    spent_eur: Decimal = Decimal(0)
    reserved_eur: Decimal = Decimal(0)
    doubtful_eur: Decimal = Decimal(0)

    @property
    def bound_eur(self) -> Decimal:
        """What counts under a cap."""
        return self.spent_eur + self.reserved_eur

    def plus(self, other: "Money") -> "Money":
        """Both added up."""
        return Money(
            spent_eur=self.spent_eur + other.spent_eur,
            reserved_eur=self.reserved_eur + other.reserved_eur,
            doubtful_eur=self.doubtful_eur + other.doubtful_eur,
        )


class Carry(_Record):
    """What a shard hands on to the next one of its run."""

    money: Money = Money()
    """Of the stories that were sent, under the run's cost cap."""
    bound_before_eur: Decimal = Decimal(0)
    """Spent and reserved on the target before the run, under the target's cost cap."""
    closed: str = ""
    """Why nothing more is sent; empty while more may be."""

    def plus(self, other: "Carry") -> "Carry":
        """Both added up; the first reason stays."""
        return Carry(
            money=self.money.plus(other.money),
            bound_before_eur=self.bound_before_eur + other.bound_before_eur,
            closed=self.closed or other.closed,
        )


class RunSummary(_Record):
    """The result of a run; without troubles and notes, the object that `depicta batch run --json` prints."""

    run_id: str
    target: str
    counts: Counts
    images: int
    bytes: int
    cost_eur: Decimal
    seconds: float
    gallery: str | None = None
    """Where its first page is: a path or a URL. None when the run had nothing to do, and so made none."""
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    qa_flags: dict[str, int] = {}
    """Images by what the checks found of them."""


class RunReport(_Record):
    """What a shard, or a whole run, made of its stories."""

    counts: Counts = Counts()
    images: int = 0
    bytes: int = 0
    cost_eur: Decimal = Decimal(0)
    troubles: tuple[Trouble, ...] = ()
    notes: tuple[str, ...] = ()
    qa_flags: dict[str, int] = {}
    """Images by what the checks found of them."""
    stop: Stop | None = None
    carry: Carry = Carry()

    def plus(self, other: "RunReport") -> "RunReport":
        """Both added up; troubles and notes in order, a note that both have once."""
        return RunReport(
            counts=self.counts.plus(other.counts),
            images=self.images + other.images,
            bytes=self.bytes + other.bytes,
            cost_eur=self.cost_eur + other.cost_eur,
            troubles=self.troubles + other.troubles,
            notes=tuple(dict.fromkeys(self.notes + other.notes)),
            qa_flags=dict(sorted((Counter(self.qa_flags) + Counter(other.qa_flags)).items())),
            stop=self.stop or other.stop,
            carry=self.carry.plus(other.carry),
        )

    def summary(self, run_id: str, target: str, *, seconds: float, gallery: str | None = None) -> RunSummary:
        """The figures of the report, as the result of the run."""
        return RunSummary(
            run_id=run_id,
            target=target,
            counts=self.counts,
            images=self.images,
            bytes=self.bytes,
            cost_eur=self.cost_eur,
            seconds=round(seconds, 1),
            gallery=gallery,
            troubles=self.troubles,
            notes=self.notes,
            qa_flags=self.qa_flags,
        )


def counted(outcomes: Iterable[StoryOutcome]) -> Counts:
    """Counts over stories alone: `stories` and the eight outcomes."""
    numbers = dict.fromkeys(StoryOutcome, 0)
    for outcome in outcomes:
        numbers[outcome] += 1
    return Counts(stories=sum(numbers.values()), **{outcome.value: number for outcome, number in numbers.items()})
