"""A run's side of a submit: what it may cost, how fast, whether at all; what is sent is decided by the ledger."""

from collections.abc import Callable
from decimal import Decimal

from stories.gate import SubmitGate
from stories.ledger.budget import Budget
from stories.ledger.decisions import RunAction
from stories.ledger.ledger import Entry
from stories.ledger.states import EntryState
from stories.ledger.submissions import Submission, Submissions
from stories.pacing import InFlightLimit, TokenBucket
from stories.storyboards.story import Story

_SENDS_OF_ONE_RUN = 6
"""Attempts at one story that provably never ran; after that it is left to the next run."""
_BACK_OFF_SECONDS = 5.0
"""When the service asks for fewer requests and names no time."""


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
    ) -> None:
        self._submissions = submissions
        self._budget = budget
        self._gate = gate
        self._bucket = bucket
        self._in_flight = in_flight
        self._price_eur = price_eur

    async def send(self, story: Story, entry: Entry) -> Entry:
        """The story's entry after sending it, or as it was when gate or budget do not let it through."""
        price_eur = self._price_eur(story)
        for _ in range(_SENDS_OF_ONE_RUN):
            if not self._gate.is_open():
                break
            if not self._budget.reserve(story.story_id, price_eur):
                self._gate.close(f"the cost cap does not cover another story of {price_eur} EUR")
                break
            await self._bucket.take()
            if not self._gate.is_open():
                self._budget.release(story.story_id)
                break
            submission = await self._submissions.submit(story, price_eur=price_eur)
            entry = submission.entry
            self._book(story, submission)
            self._heed(submission)
            if entry.next_attempt is None:
                break
        return entry

    def completed(self, story: Story, cost_eur: Decimal | None) -> None:
        """The story is charged; without a word of the service, what was reserved counts as its cost."""
        self._budget.settle(story.story_id, self._price_eur(story) if cost_eur is None else cost_eur)

    def failed(self, story: Story) -> None:
        """The story is not charged."""
        self._budget.release(story.story_id)

    def _book(self, story: Story, submission: Submission) -> None:
        match submission.entry.state:
            case EntryState.ACCEPTED:
                pass
            case EntryState.IN_DOUBT | EntryState.HELD:
                self._budget.hold(story.story_id)
            case _:
                self._budget.release(story.story_id)

    def _heed(self, submission: Submission) -> None:
        entry = submission.entry
        message = entry.message or entry.reason or "no reason given"
        match submission.run_action:
            case RunAction.BACK_OFF:
                self._in_flight.slow_down()
                self._bucket.pause(submission.retry_after_seconds or _BACK_OFF_SECONDS)
            case RunAction.CLOSE_GATE:
                self._gate.close(message)
            case RunAction.STOP_RUN:
                self._gate.stop_run(entry.reason or "stopped", message)
            case RunAction.COUNT_FAULT:
                self._gate.fault(message)
            case RunAction.GO_ON:
                self._count(submission, message)

    def _count(self, submission: Submission, message: str) -> None:
        match submission.entry.state:
            case EntryState.ACCEPTED:
                self._gate.went_through()
                self._in_flight.accepted()
            case EntryState.REJECTED if submission.entry.http_status != 451:
                self._gate.refused(submission.entry.reason or "rejected", message)
            case _:
                pass
