"""Submits within the limits of a run: budget, rate and circuit breaker. The ledger decides what is sent."""

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
"""Attempts at one story that provably never ran; after them, the story is left to the next run."""
_FIRST_BACK_OFF_SECONDS = 5.0
"""Wait after a send that never ran, when the service named no time; doubled with each send of the story."""


class StorySubmitter:
    """A sender of stories within budget, rate and circuit breaker; sends again when an attempt provably never ran."""

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
        """Send the story, and return its entry: unchanged when circuit breaker or budget do not allow a send."""
        price_eur = self._price_eur(story)
        if self._reconciler is not None:
            await self._reconciler.before_submit()
        for number in range(_SENDS_OF_ONE_RUN):
            if not self._reserve_for_send(story, price_eur):
                return entry
            await self._state.submit_rate.take()
            if not self._state.breaker.allows_submits():
                self._state.budget.release(story.story_id)
                return entry
            submission = await self._submit(story, price_eur)
            entry = submission.entry
            self._apply_run_action(submission, number)
            if entry.next_attempt is None:
                return entry
        if entry.http_status is None:
            self._state.breaker.trip(f"the service could not be reached; start the run again later: {entry.message}")
        return entry

    def completed(self, story: Story, cost_eur: Decimal | None) -> None:
        """Book the charge of the story: `cost_eur`, or the reserved price when the service reported no cost.

        Books nothing for a story that an earlier run sent: it counted under the cap of that run.
        """
        if story.story_id in self._sent:
            self._state.budget.charge(story.story_id, self._price_eur(story) if cost_eur is None else cost_eur)

    def failed(self, story: Story) -> None:
        """Release the reserved price of a story that is not charged."""
        self._state.budget.release(story.story_id)

    def _reserve_for_send(self, story: Story, price_eur: Decimal) -> bool:
        """Reserve the price and return True; return False if the circuit breaker allows no submits.

        Without room under the cost cap, trips the circuit breaker and returns False.
        """
        if not self._state.breaker.allows_submits():
            return False
        if not self._state.budget.reserve(story.story_id, price_eur):
            self._state.breaker.trip(
                f"the cost cap does not cover another story of {price_eur} EUR; raise it to send more"
            )
            return False
        return True

    async def _submit(self, story: Story, price_eur: Decimal) -> Submission:
        """Submit the story; when that raises, the price stays reserved, because the story may have been sent."""
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

    def _apply_run_action(self, submission: Submission, number: int) -> None:
        entry = submission.entry
        message = entry.message or entry.reason or "an accepted job could not be recorded; the next run resumes it"
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
        """Pause submits as long as the service asks and a little more, so that clients do not all return at once."""
        seconds = submission.retry_after_seconds or _FIRST_BACK_OFF_SECONDS * 2**number
        self._state.submit_rate.pause(seconds + self._jitter.uniform(0.0, _FIRST_BACK_OFF_SECONDS))
        # A failed connection says nothing about the load that the service accepts.
        if submission.entry.http_status is not None:
            self._state.slots.slow_down()

    def _count(self, entry: LedgerEntry, message: str) -> None:
        if entry.state is SubmitState.ACCEPTED:
            self._state.breaker.accepted()
            self._state.slots.accepted()
        elif entry.state is SubmitState.REJECTED and entry.reason != ErrorCode.CONTENT:
            self._state.breaker.refused(f"HTTP {entry.http_status}", message)
