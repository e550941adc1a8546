"""A run's side of a submit: what it may cost, how fast, whether at all; what is sent is decided by the ledger."""

import random
from collections.abc import Callable
from decimal import Decimal

from stories.api.wire import ErrorCode
from stories.batch.reconciler import PeriodicReconciler
from stories.batch.run_state import RunState
from stories.ledger.decisions import RunAction
from stories.ledger.entry import LedgerEntry
from stories.ledger.send import StorySender, Submission
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story

_SENDS_OF_ONE_RUN = 6
"""Attempts at one story that provably never ran; after that it is left to the next run."""
_FIRST_BACK_OFF_SECONDS = 5.0
"""When a send never ran and the service named no time; doubled with each send of the story."""


class StorySubmitter:
    """Sends stories as budget, pace and gate allow, and again when an attempt provably never ran."""

    def __init__(
        self,
        submissions: StorySender,
        *,
        state: RunState,
        price_eur: Callable[[Story], Decimal],
        jitter: random.Random,
        reconciler: PeriodicReconciler | None = None,
    ) -> None:
        self._submissions = submissions
        self._state = state
        self._price_eur = price_eur
        self._jitter = jitter
        self._reconciler = reconciler
        self._sent: set[str] = set()

    async def send(self, story: Story, entry: LedgerEntry) -> LedgerEntry:
        """The story's entry after sending it, or as it was when gate or budget do not let it through."""
        price_eur = self._price_eur(story)
        if self._reconciler is not None:
            await self._reconciler.before_submit()
        for number in range(_SENDS_OF_ONE_RUN):
            if not self._may_send(story, price_eur):
                return entry
            await self._state.submit_rate.take()
            if not self._state.breaker.allows_submits():
                self._state.budget.release(story.story_id)
                return entry
            submission = await self._submit(story, price_eur)
            entry = submission.entry
            self._heed(submission, number)
            if entry.next_attempt is None:
                return entry
        if entry.http_status is None:
            self._state.breaker.trip(f"the service could not be reached: {entry.message}")
        return entry

    def completed(self, story: Story, cost_eur: Decimal | None) -> None:
        """The story is charged; without a word of the service, what was reserved counts as its cost.

        One that an earlier run sent was under that run's cap.
        """
        if story.story_id in self._sent:
            self._state.budget.settle(story.story_id, self._price_eur(story) if cost_eur is None else cost_eur)

    def failed(self, story: Story) -> None:
        """The story is not charged."""
        self._state.budget.release(story.story_id)

    def _may_send(self, story: Story, price_eur: Decimal) -> bool:
        """Whether the gate is open and the price could be set aside."""
        if not self._state.breaker.allows_submits():
            return False
        if not self._state.budget.reserve(story.story_id, price_eur):
            self._state.breaker.trip(f"the cost cap does not cover another story of {price_eur} EUR")
            return False
        return True

    async def _submit(self, story: Story, price_eur: Decimal) -> Submission:
        """Submit; when that raises, the price stays set aside, for nobody knows how far it came."""
        self._sent.add(story.story_id)
        submission = await self._submissions.submit(story, price_eur=price_eur)
        match submission.entry.state:
            case SubmitState.ACCEPTED:
                pass
            case SubmitState.IN_DOUBT | SubmitState.HELD:
                self._state.budget.hold(story.story_id)
                if self._reconciler is not None:
                    self._reconciler.doubted()
            case _:
                self._state.budget.release(story.story_id)
        return submission

    def _heed(self, submission: Submission, number: int) -> None:
        entry = submission.entry
        message = entry.message or entry.reason or "an accepted job could not be recorded; the next run takes it up"
        match submission.run_action:
            case RunAction.BACK_OFF:
                self._back_off(submission, number)
            case RunAction.TRIP_BREAKER:
                self._state.breaker.trip(message)
            case RunAction.STOP_RUN:
                self._state.breaker.stop_run(entry.reason or "stopped", message)
            case RunAction.COUNT_FAULT:
                self._state.breaker.fault(message)
            case RunAction.GO_ON if submission.sent:
                self._count(entry, message)
            case RunAction.GO_ON:  # another process was first
                pass

    def _back_off(self, submission: Submission, number: int) -> None:
        """Wait as long as the service asks and a little more, so that not all who wait come back at once."""
        seconds = submission.retry_after_seconds or _FIRST_BACK_OFF_SECONDS * 2**number
        self._state.submit_rate.pause(seconds + self._jitter.uniform(0.0, _FIRST_BACK_OFF_SECONDS))
        if submission.entry.http_status is not None:  # a connection that failed says nothing of how many may be served
            self._state.slots.slow_down()

    def _count(self, entry: LedgerEntry, message: str) -> None:
        if entry.state is SubmitState.ACCEPTED:
            self._state.breaker.accepted()
            self._state.slots.accepted()
        elif entry.state is SubmitState.REJECTED and entry.reason != ErrorCode.CONTENT:
            self._state.breaker.refused(f"HTTP {entry.http_status}", message)
