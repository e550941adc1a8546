"""The steps of a story: submit, poll, save. Each may be repeated after a crash; the ledger decides what is sent."""

import random
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass

from stories.api.poll import PollClient
from stories.api.wire import StoryResult
from stories.batch.commit import CommitQueue
from stories.batch.progress import ShardProgress
from stories.batch.run_state import RunState
from stories.batch.submit import StorySubmitter
from stories.clock import Clock
from stories.config import PollPolicy
from stories.dataset.model import StoryStatus
from stories.dataset.run_record import RunReport, StoryOutcome, Trouble
from stories.errors import ApiRefusal, JobNotFound, StoriesError, TargetUnusable
from stories.failpoints import Failpoint, failpoint
from stories.jobs.expected_images import mismatch
from stories.jobs.image_saver import DownloadContext, ImageSaver
from stories.jobs.poller import Completion, JobEnd, JobPoller
from stories.ledger.entry import JOB_NOT_RECORDED, LedgerEntry
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.ledger import Ledger
from stories.ledger.send import revived
from stories.ledger.states import SubmitState
from stories.storyboards.story import Story


@dataclass(frozen=True)
class ShardContext:
    """The parts that the steps of every story of a shard use."""

    ledger: Ledger
    heartbeat: Heartbeat
    state: RunState
    submitter: StorySubmitter
    polls: PollClient
    poll_policy: PollPolicy
    downloads: DownloadContext
    commits: CommitQueue
    progress: ShardProgress
    clock: Clock
    jitter: random.Random


@dataclass(frozen=True)
class _AtTheService:
    entry: LedgerEntry
    poller: JobPoller
    saver: ImageSaver


class ShardProducer:
    """The producer of a shard's stories: submit, poll and save; every method may run for many stories at once."""

    def __init__(self, stories: tuple[Story, ...], context: ShardContext) -> None:
        self.stories = stories
        self.progress = context.progress
        self.state = context.state
        self._context = context
        self._at_the_service: dict[str, _AtTheService] = {}

    def slot(self) -> AbstractAsyncContextManager[None]:
        """Return a context manager that holds one of the slots for stories at the service."""
        return self._context.state.slots.slot()

    async def submit(self, story: Story) -> bool:
        """Send the story if the ledger allows it; return True when the story is at the service and can be polled.

        A story that was refused for good, or that an earlier run saved and did not commit, only waits for its commit.
        A story that another process is sending is left to that process.
        """
        entry = await self._entry(story)
        sent_now = entry.next_attempt is not None
        if sent_now:
            entry = await self._context.submitter.send(story, entry)
        if await self._context.heartbeat.owned_by_other(entry):
            self._trouble(story, StoryOutcome.IN_FLIGHT, "another_run", "another run is sending this story")
            return False
        if entry.state is not SubmitState.ACCEPTED:
            await self._settle_without_job(story, entry)
            return False
        self.progress.move(story.story_id, StoryOutcome.IN_FLIGHT)
        if not sent_now and await self._context.commits.resume(story, entry):
            return False
        self._follow(story, entry, sent_now=sent_now)
        return True

    async def poll(self, story: Story) -> bool:
        """Poll for one window; return True when the job is completed and can be saved, False otherwise.

        Raises `StillRunning` at the end of the window. A story past its deadline stays in flight; it has not failed.
        """
        at_the_service = self._at_the_service[story.story_id]
        entry, poller = at_the_service.entry, at_the_service.poller
        match end := await poller.window(at_the_service.saver.offer):
            case JobEnd.COMPLETED:
                if await self._is_this_story(story, entry, _completion(poller).result):
                    return True
            case JobEnd.FAILED:
                await self._record_failed(story, entry, poller)
            case JobEnd.PAST_DEADLINE:
                message = "not completed by the deadline; the next run continues to poll"
                self._trouble(story, StoryOutcome.IN_FLIGHT, end, message)
            case JobEnd.LOST | JobEnd.RESULT_MISSING:
                await self._hold(story, entry, end, f"the service shows no result for job {entry.job_id} any more")
        await self._leave(story)
        return False

    async def save(self, story: Story) -> None:
        """Fetch, verify and write every image of the completed job, then write the sidecar."""
        at_the_service = self._at_the_service[story.story_id]
        completion = _completion(at_the_service.poller)
        started = self._context.clock.monotonic()
        images = await at_the_service.saver.finish(completion.result)
        await self._context.commits.add_completed(
            story,
            at_the_service.entry,
            completion,
            images,
            download_seconds=self._context.clock.monotonic() - started,
        )
        await self._leave(story)

    async def commit(self) -> int:
        """Commit every final story that is not yet in the manifest, and return their number."""
        return await self._context.commits.commit()

    async def commit_due(self, *, every_stories: int, every_seconds: float) -> bool:
        """Wait until that many stories wait, or one has waited that long; return False when no more will come."""
        return await self._context.commits.due(every_stories=every_stories, every_seconds=every_seconds)

    def no_more_stories(self) -> None:
        """Note that every story has had its steps: a commit of those that wait is due now."""
        self._context.commits.no_more()

    @contextmanager
    def record_trouble(self, story: Story) -> Iterator[None]:
        """Add an error that concerns only this story to the report; raise any other.

        A story at the service stays in flight: it is charged when it completes, and the next run resumes it.
        """
        try:
            yield
        except TargetUnusable:
            raise
        except StoriesError as error:
            if isinstance(error, ApiRefusal) and not isinstance(error, JobNotFound):
                self._context.state.breaker.stop_run(error.code, str(error))
            outcome = self.progress.outcomes[story.story_id]
            self._trouble(story, outcome, "waiting_ended", f"{error}; the next run resumes this story")

    def report(self) -> RunReport:
        """Return the figures of the shard so far, with a note and the stop if the circuit breaker has tripped."""
        if not self._context.state.breaker.allows_submits():
            self.progress.note(f"nothing more was sent: {self._context.state.breaker.reason}")
        return self.progress.report().model_copy(update={"stop": self._context.state.breaker.stop})

    async def aclose(self) -> None:
        """Cancel the downloads that are running."""
        for at_the_service in self._at_the_service.values():
            await at_the_service.saver.abandon()

    async def _entry(self, story: Story) -> LedgerEntry:
        """Return the entry of the story; poll its failed jobs once more before it is sent again (Rule 2)."""
        entry = await self._context.ledger.entry(story.story_id)
        if entry.failures and entry.next_attempt is not None:
            entry = await revived(self._context.ledger, self._context.polls, story.story_id) or entry
        return entry

    def _follow(self, story: Story, entry: LedgerEntry, *, sent_now: bool) -> None:
        if entry.job_id is None:
            raise AssertionError("an accepted story has a job")
        poller = JobPoller(
            entry.job_id,
            self._context.polls,
            policy=self._context.poll_policy,
            duration=self._context.state.duration,
            sent_now=sent_now,
            clock=self._context.clock,
            jitter=self._context.jitter,
        )
        saver = ImageSaver(self._context.downloads, story, refresh=poller.fresh_result)
        self._at_the_service[story.story_id] = _AtTheService(entry, poller, saver)

    async def _leave(self, story: Story) -> None:
        await self._at_the_service.pop(story.story_id).saver.abandon()

    async def _settle_without_job(self, story: Story, entry: LedgerEntry) -> None:
        message = entry.message or ""
        match entry.state:
            case SubmitState.REJECTED:
                await self._context.commits.add_uncharged(story, entry, StoryStatus.DEAD_LETTER)
            case SubmitState.UNSENT if entry.reason is None or not self._context.state.breaker.allows_submits():
                self.progress.move(story.story_id, StoryOutcome.NOT_SENT)
            case SubmitState.UNSENT:
                self._trouble(story, StoryOutcome.NOT_SENT, entry.reason or entry.state, message)
            case SubmitState.FAILED | SubmitState.EXHAUSTED | SubmitState.ABANDONED:
                self._trouble(story, StoryOutcome.FAILED, entry.reason or entry.state, message)
            case SubmitState.IN_DOUBT if entry.reason == JOB_NOT_RECORDED:
                self._trouble(story, StoryOutcome.IN_FLIGHT, JOB_NOT_RECORDED, message)
            case _:
                self._trouble(story, StoryOutcome.HELD, entry.reason or entry.state, message)

    async def _is_this_story(self, story: Story, entry: LedgerEntry, result: StoryResult) -> bool:
        """Return True if the answer belongs to the storyboard, else hold the story; books the charge once, and last."""
        difference = mismatch(story, result)
        if difference is not None:
            await self._hold(story, entry, "answer_mismatch", difference)
            self.progress.add(cost_eur=result.cost_eur)
        self._context.submitter.completed(story, result.cost_eur)
        return difference is None

    async def _record_failed(self, story: Story, entry: LedgerEntry, poller: JobPoller) -> None:
        failpoint(Failpoint.POLL_FAILURE_SEEN)
        reason = poller.answer.answer.message if poller.answer is not None else None
        entry = await self._context.ledger.record_failed(entry, reason or "the service gave no reason")
        self._context.submitter.failed(story)
        await self._settle_without_job(story, entry)
        if entry.state is SubmitState.EXHAUSTED:
            again = await revived(self._context.ledger, self._context.polls, story.story_id)
            if again is not None:
                message = (
                    f"job {again.job_id} was reported as failed and is running again: resume it with --retry-failed"
                )
                self._trouble(story, StoryOutcome.FAILED, "failure_revoked", message)

    async def _hold(self, story: Story, entry: LedgerEntry, reason: str, message: str) -> None:
        entry = await self._context.ledger.record_lost(entry, reason, message)
        self._trouble(story, StoryOutcome.HELD, reason, message)

    def _trouble(self, story: Story, outcome: StoryOutcome, reason: str, message: str) -> None:
        self.progress.trouble(
            Trouble(label=story.label, story_id=story.story_id, outcome=outcome, reason=reason, message=message)
        )


def _completion(poller: JobPoller) -> Completion:
    if poller.completion is None:
        raise AssertionError("a story is saved only after a poll has found its job completed")
    return poller.completion
