"""A run's side of a submit: what it may cost, how fast, whether at all; what is sent is decided by the ledger."""

import random
from collections.abc import Callable
from decimal import Decimal

from stories.api.wire import ErrorCode
from stories.batch.circuit_breaker import SubmitGate
from stories.batch.rate_limits import InFlightLimit, TokenBucket
from stories.batch.report import Carry, Money
from stories.batch.second_looks import SecondLooks
from stories.ledger.budget import Budget
from stories.ledger.decisions import RunAction
from stories.ledger.ledger import Entry
from stories.ledger.send import Submission, Submissions
from stories.ledger.states import EntryState
from stories.storyboards.story import Story

_SENDS_OF_ONE_RUN = 6
"""Attempts at one story that provably never ran; after that it is left to the next run."""
_FIRST_BACK_OFF_SECONDS = 5.0
"""When a send never ran and the service named no time; doubled with each send of the story."""


class Sending:
    """Sends stories as budget, pace and gate allow, and again when an attempt provably never ran."""

    def __init__(
        self,
        submissions: Submissions,
        *,
        budget: Budget,
        gate: SubmitGate,
        bucket: TokenBucket,
        in_flight: InFlightLimit,
        price_eur: Callable[[Story], Decimal],
        jitter: random.Random,
        second_looks: SecondLooks | None = None,
    ) -> None:
        self._submissions = submissions
        self._budget = budget
        self._gate = gate
        self._bucket = bucket
        self._in_flight = in_flight
        self._price_eur = price_eur
        self._jitter = jitter
        self._second_looks = second_looks
        self._sent: set[str] = set()

    async def send(self, story: Story, entry: Entry) -> Entry:
        """The story's entry after sending it, or as it was when gate or budget do not let it through."""
        price_eur = self._price_eur(story)
        if self._second_looks is not None:
            await self._second_looks.before_submit()
        for number in range(_SENDS_OF_ONE_RUN):
            if not self._may_send(story, price_eur):
                return entry
            await self._bucket.take()
            if not self._gate.is_open():
                self._budget.release(story.story_id)
                return entry
            submission = await self._submit(story, price_eur)
            entry = submission.entry
            self._heed(submission, number)
            if entry.next_attempt is None:
                return entry
        if entry.http_status is None:
            self._gate.close(f"the service could not be reached: {entry.message}")
        return entry

    def completed(self, story: Story, cost_eur: Decimal | None) -> None:
        """The story is charged; without a word of the service, what was reserved counts as its cost.

        One that an earlier run sent was under that run's cap.
        """
        if story.story_id in self._sent:
            self._budget.settle(story.story_id, self._price_eur(story) if cost_eur is None else cost_eur)

    def failed(self, story: Story) -> None:
        """The story is not charged."""
        self._budget.release(story.story_id)

    def carry(self) -> Carry:
        """What the next shard of the run has to go by."""
        budget = self._budget
        money = Money(spent_eur=budget.spent_eur, reserved_eur=budget.reserved_eur, doubtful_eur=budget.doubtful_eur)
        return Carry(money=money, closed=self._gate.reason)

    def _may_send(self, story: Story, price_eur: Decimal) -> bool:
        """Whether the gate is open and the price could be set aside."""
        if not self._gate.is_open():
            return False
        if not self._budget.reserve(story.story_id, price_eur):
            self._gate.close(f"the cost cap does not cover another story of {price_eur} EUR")
            return False
        return True

    async def _submit(self, story: Story, price_eur: Decimal) -> Submission:
        """Submit; when that raises, the price stays set aside, for nobody knows how far it came."""
        self._sent.add(story.story_id)
        submission = await self._submissions.submit(story, price_eur=price_eur)
        match submission.entry.state:
            case EntryState.ACCEPTED:
                pass
            case EntryState.IN_DOUBT | EntryState.HELD:
                self._budget.hold(story.story_id)
                if self._second_looks is not None:
                    self._second_looks.doubted()
            case _:
                self._budget.release(story.story_id)
        return submission

    def _heed(self, submission: Submission, number: int) -> None:
        entry = submission.entry
        message = entry.message or entry.reason or "an accepted job could not be recorded; the next run takes it up"
        match submission.run_action:
            case RunAction.BACK_OFF:
                self._back_off(submission, number)
            case RunAction.CLOSE_GATE:
                self._gate.close(message)
            case RunAction.STOP_RUN:
                self._gate.stop_run(entry.reason or "stopped", message)
            case RunAction.COUNT_FAULT:
                self._gate.fault(message)
            case RunAction.GO_ON if submission.sent:
                self._count(entry, message)
            case RunAction.GO_ON:  # another process was first
                pass

    def _back_off(self, submission: Submission, number: int) -> None:
        """Wait as long as the service asks and a little more, so that not all who wait come back at once."""
        seconds = submission.retry_after_seconds or _FIRST_BACK_OFF_SECONDS * 2**number
        self._bucket.pause(seconds + self._jitter.uniform(0.0, _FIRST_BACK_OFF_SECONDS))
        if submission.entry.http_status is not None:  # a connection that failed says nothing of how many may be served
            self._in_flight.slow_down()

    def _count(self, entry: Entry, message: str) -> None:
        if entry.state is EntryState.ACCEPTED:
            self._gate.accepted()
            self._in_flight.accepted()
        elif entry.state is EntryState.REJECTED and entry.reason != ErrorCode.CONTENT:
            self._gate.refused(f"HTTP {entry.http_status}", message)
