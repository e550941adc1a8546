"""The stories that manifest and ledger know before anything is sent: settled ones, and those with work left."""

from dataclasses import dataclass

from stories.dataset.model import StoryStatus
from stories.dataset.run_record import StoryOutcome, Trouble
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.states import StoryState, SubmitState
from stories.storyboards.story import Story
from stories.target import OpenDataset

_OUTCOME_OF_COMMITTED = {
    StoryStatus.COMPLETED: StoryOutcome.DONE_BEFORE,
    StoryStatus.PARTIAL: StoryOutcome.PARTIAL,
    StoryStatus.FAILED: StoryOutcome.FAILED,
    StoryStatus.DEAD_LETTER: StoryOutcome.REJECTED,
}
_UNDECIDED = (SubmitState.IN_DOUBT, SubmitState.HELD)
_SETTLED = (*_UNDECIDED, SubmitState.ABANDONED, SubmitState.EXHAUSTED)


@dataclass(frozen=True)
class KnownStories:
    """The stories that the target knows, by story id."""

    committed: dict[str, StoryStatus]
    states: dict[str, StoryState]
    reasons: dict[str, str]
    """Story id to the reason why a story that is not committed needs a person."""
    busy: frozenset[str] = frozenset()
    """Stories that another process is sending now."""

    def outcome(self, story_id: str) -> StoryOutcome | None:
        """Return the outcome of a story that needs no work; None for one that does."""
        if story_id in self.committed:
            return _OUTCOME_OF_COMMITTED[self.committed[story_id]]
        known = self.states.get(story_id)
        if known is None or known.state not in _SETTLED:
            return None
        if story_id in self.busy:
            return StoryOutcome.IN_FLIGHT
        return StoryOutcome.HELD if known.state in _UNDECIDED else StoryOutcome.FAILED

    def is_to_be_sent(self, story_id: str) -> bool:
        """Return True if the next step of the story is a submit."""
        known = self.states.get(story_id)
        return self.outcome(story_id) is None and (known is None or known.next_attempt is not None)

    def trouble(self, story: Story, outcome: StoryOutcome) -> Trouble | None:
        """Return the reason why a settled story is not complete in the dataset; None for a story that is."""
        if outcome is StoryOutcome.DONE_BEFORE:
            return None
        message = self.reasons.get(
            story.story_id, "settled by an earlier run; see the error of the story in the manifest"
        )
        return Trouble(
            label=story.label, story_id=story.story_id, outcome=outcome, reason=outcome.value, message=message
        )


async def read_known_stories(dataset: OpenDataset | None) -> KnownStories:
    """Read the stories that the target knows; none of a target without a dataset."""
    if dataset is None:
        return KnownStories({}, {}, {})
    committed = await dataset.commits.committed()
    states = await dataset.ledger.survey()
    heartbeat = Heartbeat(dataset.store, dataset.ledger.spool, dataset.clock)
    reasons, busy = {}, set()
    for story_id, known in states.items():
        if story_id not in committed and known.state in _SETTLED:
            entry = await dataset.ledger.entry(story_id)
            reasons[story_id] = f"{entry.reason or entry.state}: {entry.message or 'no answer was recorded'}"
            if await heartbeat.owned_by_other(entry):
                reasons[story_id] = "another run is sending this story"
                busy.add(story_id)
    return KnownStories(committed, states, reasons, frozenset(busy))
