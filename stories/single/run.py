"""The production of one story in one directory: submit it at most once, wait for its job, save the selected images."""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import JsonValue

from stories.api.poll import JobAnswer
from stories.api.session import BRIEF, ApiSession, open_session
from stories.api.wire import ImageFormat, PollAnswer, StoryResult
from stories.clock import Clock
from stories.config import RunConfig
from stories.dataset.model import ImageStatus, SavedImage
from stories.errors import (
    ApiRefusal,
    ImageRefused,
    JobNotFound,
    RateLimited,
    ServiceUnavailable,
    StillRunning,
    TransientError,
    UnexpectedAnswer,
)
from stories.jobs.expected_images import mismatch
from stories.jobs.image_saver import DownloadContext, ImageSaver
from stories.jobs.poller import JobEnd, JobPoller, LearnedDuration
from stories.ledger.entry import LedgerEntry
from stories.ledger.send import read_baseline
from stories.single.folder import (
    ImageSelection,
    StoryFolder,
    StoryRecord,
    is_begun,
    open_folder,
    references_of,
)
from stories.single.progress import Stage, StoryProgress
from stories.single.submit import SingleSubmit
from stories.storyboards.story import Story
from stories.strict_json import canonical_json
from stories.text import replace_lone_surrogates

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Service:
    config: RunConfig
    session: ApiSession
    clock: Clock
    jitter: random.Random


async def run_story(
    story: Story,
    selection: ImageSelection,
    config: RunConfig,
    progress: StoryProgress,
    *,
    clock: Clock,
    jitter: random.Random,
) -> StoryRecord:
    """Produce the story in the directory of `progress`, continuing the work of an earlier command there.

    Sends nothing when the story is complete there. May raise any `StoriesError`; `progress` then shows if the story
    is still running at the service.
    """
    async with _open_service(config, clock, jitter) as service:
        # The directory is created only after the service has accepted the key.
        baseline = None if is_begun(progress.directory) else await read_baseline(service.session.polls)
        async with open_folder(progress.directory, clock) as folder:
            record = await folder.record()
            others = [entry for entry in await folder.entries_at_stake() if entry.story_id != story.story_id]
            if others or (record is not None and record.story_id != story.story_id):
                raise folder.other_story_error()
            if record is not None and not folder.missing(record, selection):
                progress.notes.append(f"{folder.root} already holds this story; nothing was sent")
                return record
            entry = await SingleSubmit(folder, service.session, config, progress).accepted(story, baseline)
            collector = _JobCollector(service, folder, selection, progress, entry.job_id or "", entry, story)
            return await collector.collect()


async def fetch_story(
    job_id: str,
    selection: ImageSelection,
    config: RunConfig,
    progress: StoryProgress,
    *,
    clock: Clock,
    jitter: random.Random,
) -> StoryRecord:
    """Wait for a job, from any program, and save its images into the directory of `progress`; submits nothing.

    Raises `JobNotFound` at once for an unknown job, and the errors of `run_story`.
    """
    async with _open_service(config, clock, jitter) as service:
        await service.session.polls.job(job_id)
        async with open_folder(progress.directory, clock) as folder:
            record = await folder.record()
            entries = await folder.entries_at_stake()
            entry = next((entry for entry in entries if entry.job_id == job_id), None)
            if (entries and entry is None) or (record is not None and record.job_id != job_id):
                raise folder.other_story_error()
            if record is None and entry is None:
                folder.refuse_foreign_images()
            if record is not None and not folder.missing(record, selection):
                progress.notes.append(f"{folder.root} already holds this story; nothing was fetched")
                return record
            return await _JobCollector(service, folder, selection, progress, job_id, entry, None).collect()


async def look_at_job(job_id: str, config: RunConfig, *, clock: Clock, jitter: random.Random) -> JobAnswer:
    """Return the present answer about the job. Raises the errors of the poll client."""
    async with _open_service(config, clock, jitter) as service:
        return await service.session.polls.job(job_id)


def failure_of(answer: PollAnswer) -> ApiRefusal:
    """Return the error of a failed job, with the code and the message of the service."""
    code = answer.error if isinstance(answer.error, str) else "failed"
    return ApiRefusal(answer.message or "the story failed at the service", http_status=200, code=code)


@asynccontextmanager
async def _open_service(config: RunConfig, clock: Clock, jitter: random.Random) -> AsyncIterator[_Service]:
    """Open a session with brief retries of single requests; the wait for a job survives longer failures by itself."""
    async with open_session(config, clock, jitter, poll_retries=BRIEF) as session:
        yield _Service(config, session, clock, jitter)


@dataclass
class _JobCollector:
    """The wait for one job and the delivery of its images; `entry` and `story` are None if they are unknown."""

    service: _Service
    folder: StoryFolder
    selection: ImageSelection
    progress: StoryProgress
    job_id: str
    entry: LedgerEntry | None
    story: Story | None

    async def collect(self) -> StoryRecord:
        self.progress.reach(Stage.RUNNING, job_id=self.job_id)
        poller = self._poller()
        saver = self._saver(self.story, poller) if self.story is not None else None
        try:
            result = await self._result(poller, saver)
            self.progress.reach(Stage.COMPLETED)
            self._require_format(result)
            story = self.story or _placeholder_story(result)
            if self.story is not None and (difference := mismatch(story, result)):
                self.progress.notes.append(f"this may not be the story that was sent: {difference}")
            record = self._record(story, result)
            saver = saver or self._saver(story, poller)
            images = await saver.finish(result)
            await self.folder.deliver(images, record, self.selection)
            self._require_all(record, images)
            return record
        finally:
            if saver is not None:
                await saver.abandon()

    async def _result(self, poller: JobPoller, saver: ImageSaver | None) -> StoryResult:
        def on_partial(result: StoryResult) -> None:
            if poller.answer is not None:
                self.progress.count(poller.answer.answer.scenes_completed, poller.answer.answer.scenes_total)
            if saver is not None:
                saver.offer(result)

        end = JobEnd.PAST_DEADLINE
        try:
            async with asyncio.timeout(self.service.config.poll.deadline_seconds):
                end = await self._end_of(poller, on_partial)
        except TimeoutError:
            pass
        answer = poller.answer.answer if poller.answer is not None else None
        if end is JobEnd.COMPLETED and answer is not None and answer.result is not None and answer.result.scenes:
            return answer.result
        if end is JobEnd.FAILED and answer is not None:
            raise await self._failed(answer)
        if end is JobEnd.PAST_DEADLINE:
            seconds = self.service.config.poll.deadline_seconds
            raise StillRunning(f"not complete after {seconds:g} seconds", job_id=self.job_id)
        if end is JobEnd.LOST:
            raise JobNotFound("the service no longer knows the job of this story", http_status=404, code="not_found")
        raise UnexpectedAnswer("the service reports the job as completed and shows no scenes")

    async def _end_of(self, poller: JobPoller, on_partial: Callable[[StoryResult], None]) -> JobEnd:
        """Poll until the job ends; an error of the network or the service does not end the job, nor the wait for it."""
        while True:
            try:
                return await poller.window(on_partial)
            except StillRunning:
                raise
            except TransientError as error:
                _log.warning("%s", error)
                requested_seconds = (
                    error.retry_after_seconds if isinstance(error, RateLimited | ServiceUnavailable) else None
                )
                await self.service.clock.sleep(requested_seconds or self.service.config.poll.interval_seconds)

    async def _failed(self, answer: PollAnswer) -> ApiRefusal:
        error = failure_of(answer)
        if self.entry is not None:
            await self.folder.ledger.record_failed(self.entry, error.message)
        self.progress.reach(Stage.FAILED)
        return error

    def _poller(self) -> JobPoller:
        policy = self.service.config.poll
        return JobPoller(
            self.job_id,
            self.service.session.polls,
            policy=policy.model_copy(update={"window_seconds": policy.deadline_seconds}),
            duration=LearnedDuration(),
            sent_now=False,
            clock=self.service.clock,
            jitter=self.service.jitter,
        )

    def _saver(self, story: Story, poller: JobPoller) -> ImageSaver:
        download_context = DownloadContext(
            store=self.folder.store,
            images=self.service.session.images,
            clock=self.service.clock,
            formats=(self.selection.image_format,),
            references=self.selection.references,
            downloads=asyncio.Semaphore(self.service.config.images.downloads),
        )
        return ImageSaver(download_context, story, refresh=poller.fresh_result)

    def _record(self, story: Story, result: StoryResult) -> StoryRecord:
        known = self.story or self.entry
        title = result.title or story.title
        return StoryRecord(
            job_id=self.job_id,
            story_id=known.story_id if known is not None else None,
            title=None if title is None else replace_lone_surrogates(title),
            cost_eur=result.cost_eur,
            balance_eur=result.balance_eur,
            scenes=max(len(story.storyboard.scenes), len(result.scenes)),
            references=references_of(result),
        )

    def _require_format(self, result: StoryResult) -> None:
        expected = self.selection.image_format
        served = [scene.images for scene in result.scenes if scene is not None and scene.images]
        if all(expected in images for images in served):
            return
        offered = [one for one in ImageFormat if all(one in images for images in served)]
        self.progress.image_format = (offered or [ImageFormat.PNG])[0]
        names = ", ".join(one.extension for one in offered) or "no one format"
        raise ImageRefused(
            f"the service serves the scenes of this story as {names}, not as {expected.extension}; none is converted",
            reason="format_not_served",
        )

    def _require_all(self, record: StoryRecord, images: tuple[SavedImage, ...]) -> None:
        for image in images:
            path = record.path_of(image, self.selection)
            if image.facts is not None and not path.endswith(image.facts.format.extension):
                self.progress.notes.append(f"{path} is saved as it was served: its bytes are {image.facts.format}")
        missing = self.folder.missing(record, self.selection)
        if missing:
            failed_image = next((it for it in images if it.status is ImageStatus.FAILED), None)
            reason = failed_image.error_message if failed_image is not None else "the service did not serve them"
            raise ImageRefused(
                f"{len(missing)} of {len(record.paths(self.selection))} images are missing "
                f"({', '.join(missing[:3])}{', …' if len(missing) > 3 else ''}): {reason}",
                reason="images_missing",
            )


def _placeholder_story(result: StoryResult) -> Story:
    """Return a story with as many scenes as the result, for a job whose storyboard is unknown."""
    scenes: list[JsonValue] = [{"prompt": ""} for _ in result.scenes]
    return Story.from_body(canonical_json({"scenes": scenes}), sample=0, source_uris=())
