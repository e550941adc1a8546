"""The commit of stories that are final: sidecars, the queue of stories that wait, and their commit to the manifest."""

import asyncio
import contextlib
import hashlib

from stories.api.wire import ImageFormat, StoryResult
from stories.batch.progress import ShardProgress
from stories.dataset import layout
from stories.dataset.images.thumbnails import Thumbnails
from stories.dataset.log.commits import CommitLog
from stories.dataset.model import (
    CostSource,
    ImageRole,
    ImageStatus,
    Lineage,
    SavedImage,
    SavedStory,
    StoryStatus,
    flags_of,
    from_sidecar,
    to_sidecar,
)
from stories.dataset.quality.checks import QualityChecks
from stories.dataset.run_record import StoryOutcome, Trouble
from stories.failpoints import Failpoint, failpoint
from stories.jobs.expected_images import expected_scenes
from stories.jobs.image_saver import unsaved
from stories.jobs.poller import Completion
from stories.ledger.entry import LedgerEntry
from stories.storage.parallel_reads import read_many
from stories.storage.store import Store
from stories.storyboards.story import Story

_READS_AT_ONCE = 16
_OUTCOME_OF_STATUS = {
    StoryStatus.COMPLETED: StoryOutcome.COMPLETED,
    StoryStatus.PARTIAL: StoryOutcome.PARTIAL,
    StoryStatus.FAILED: StoryOutcome.FAILED,
    StoryStatus.DEAD_LETTER: StoryOutcome.REJECTED,
}


class CommitQueue:
    """A queue of final stories that wait for their commit; a story is durable once its sidecar is written."""

    def __init__(
        self,
        store: Store,
        commits: CommitLog,
        lineage: Lineage,
        *,
        formats: tuple[ImageFormat, ...],
        references: bool,
        progress: ShardProgress,
        thumbnails: Thumbnails,
        checks: QualityChecks,
    ) -> None:
        self._store = store
        self._commits = commits
        self._lineage = lineage
        self._formats = formats
        self._references = references
        self._progress = progress
        self._thumbnails = thumbnails
        self._checks = checks
        self._waiting: list[SavedStory] = []
        self._committing = asyncio.Lock()
        self._changed = asyncio.Event()
        self._no_more = False

    async def due(self, *, every_stories: int, every_seconds: float) -> bool:
        """Wait until that many stories wait, or one has waited that long; return False when no more will come."""
        while not self._waiting:
            if self._no_more:
                return False
            await self._changed_once()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every_seconds):
                while len(self._waiting) < every_stories and not self._no_more:
                    await self._changed_once()
        return True

    def no_more(self) -> None:
        """Note that no story will be added any more: a commit of those that wait is due now."""
        self._no_more = True
        self._changed.set()

    async def resume(self, story: Story, entry: LedgerEntry) -> bool:
        """Queue the story as an earlier run saved it for this job; return False if there is no such complete story.

        A complete story has its sidecar, every image that the sidecar names, and all that this run requests.
        """
        content = await self._store.read(layout.sidecar_key(story.story_id))
        if content is None:
            return False
        try:
            saved = from_sidecar(content)
        except ValueError:
            return False
        if (saved.story.story_id, saved.job_id) != (story.story_id, entry.job_id):
            return False
        if saved.status not in (StoryStatus.COMPLETED, StoryStatus.PARTIAL):  # the job may have had a failure revoked
            return False
        if not self._has_requested_images(saved) or not await self._is_whole(saved):
            return False
        self._add(saved)
        return True

    async def add_completed(
        self,
        story: Story,
        entry: LedgerEntry,
        completion: Completion,
        images: tuple[SavedImage, ...],
        *,
        download_seconds: float,
    ) -> None:
        """Write the sidecar of a completed job whose images are on the target, and queue the story for the commit."""
        cost_eur = completion.result.cost_eur
        await self._checks.recall(self._store, self._commits)
        images = self._checks.checks(story.story_id, images)
        status, error_code, error_message = _status_of(story, images)
        saved = SavedStory(
            story=story,
            status=status,
            attempt=entry.attempt,
            idempotency_key=entry.idempotency_key,
            job_id=entry.job_id,
            images=images,
            title=completion.result.title or story.title,
            error_code=error_code,
            error_message=error_message,
            cost_eur=entry.price_max_eur if cost_eur is None else cost_eur,
            cost_source=CostSource.QUOTED if cost_eur is None else CostSource.API,
            submitted_at=entry.since,
            completed_at=completion.at,
            generate_seconds=completion.generate_seconds,
            download_seconds=download_seconds,
            poll_count=completion.poll_count,
            response=completion.document,
        )
        await self._store.publish(layout.sidecar_key(story.story_id), to_sidecar(saved))
        failpoint(Failpoint.SAVE_STORY_WRITTEN)
        self._add(saved)

    async def add_uncharged(self, story: Story, entry: LedgerEntry, status: StoryStatus) -> None:
        """Write the sidecar of a story that was refused or failed for the last time, and queue it for the next commit.

        The row of the story gives the reason, and so does one row for each scene: `datasets` 5.2 does not open a part
        without rows ("BatchSize must be greater than 0").
        """
        code, message = entry.reason or status.value, entry.message or "no image was made"
        scenes = expected_scenes(story, StoryResult(scenes=[]), self._formats)
        saved = SavedStory(
            story=story,
            status=status,
            attempt=entry.attempt,
            idempotency_key=entry.idempotency_key,
            job_id=entry.job_id,
            images=tuple(unsaved(scene, ImageStatus.MISSING, code, message) for scene in scenes),
            title=story.title,
            error_code=entry.reason,
            error_message=entry.message,
            submitted_at=entry.since,
        )
        await self._store.publish(layout.sidecar_key(story.story_id), to_sidecar(saved))
        self._add(saved)

    async def commit(self) -> int:
        """Commit the waiting stories as one part of each table; return their number. A failed commit loses none."""
        async with self._committing:
            batch = tuple(self._waiting)
            if not batch:
                return 0
            run_id, images = self._lineage.run_id, [image for saved in batch for image in saved.images]
            batch_id = _batch_id(run_id, batch)
            await self._thumbnails.publish(self._store, run_id=run_id, batch_id=batch_id, images=images)
            await self._commits.commit(batch, batch_id=batch_id, lineage=self._lineage)
            self._thumbnails.forget(images)
            self._waiting = self._waiting[len(batch) :]
            for saved in batch:
                self._count_outcome(saved)
            return len(batch)

    def _add(self, saved: SavedStory) -> None:
        self._waiting.append(saved)
        self._changed.set()
        stored = [image.facts.size_bytes for image in saved.images if image.facts is not None]
        self._progress.flag(flag for image in saved.images for flag in flags_of(image))
        self._progress.save(saved.story.story_id, images=len(stored), image_bytes=sum(stored), cost_eur=saved.cost_eur)

    async def _changed_once(self) -> None:
        self._changed.clear()
        await self._changed.wait()

    def _count_outcome(self, saved: SavedStory) -> None:
        outcome = _OUTCOME_OF_STATUS[saved.status]
        if outcome is StoryOutcome.COMPLETED:
            self._progress.move(saved.story.story_id, outcome)
            return
        self._progress.trouble(
            Trouble(
                label=saved.story.label,
                story_id=saved.story.story_id,
                outcome=outcome,
                reason=saved.error_code or saved.status,
                message=saved.error_message or "",
            )
        )

    def _has_requested_images(self, saved: SavedStory) -> bool:
        """Return True if the saved images have the formats, and the references, that this run requests."""
        formats = {image.asked_format for image in saved.images if image.role is ImageRole.SCENE}
        has_references = any(image.role is not ImageRole.SCENE for image in saved.images)
        could_have = bool(saved.story.storyboard.characters or saved.story.storyboard.locations)
        return formats == set(self._formats) and (has_references or not (self._references and could_have))

    async def _is_whole(self, saved: SavedStory) -> bool:
        stored = [image for image in saved.images if image.key is not None and image.facts is not None]
        keys = [image.key for image in stored if image.key is not None]
        sizes = await read_many(self._store.size_bytes, keys, at_once=_READS_AT_ONCE)
        return all(
            image.facts is not None and size == image.facts.size_bytes
            for image, size in zip(stored, sizes, strict=True)
        )


def _status_of(story: Story, images: tuple[SavedImage, ...]) -> tuple[StoryStatus, str | None, str | None]:
    """Return the status of a completed job's story, with the code and the message of its error, if it has one."""
    missing = [image for image in images if image.status is not ImageStatus.OK]
    if missing:
        status = StoryStatus.FAILED if len(missing) == len(images) else StoryStatus.PARTIAL
        message = f"{len(missing)} of {len(images)} images are missing: {missing[0].error_message}"
        return status, missing[0].error_code, message
    scenes = len(story.storyboard.scenes)
    if any(image.role is ImageRole.SCENE and image.ordinal >= scenes for image in images):
        message = f"the service served more than the {scenes} scenes of the storyboard; all of them are saved"
        return StoryStatus.PARTIAL, "more_scenes", message
    return StoryStatus.COMPLETED, None, None


def _batch_id(run_id: str, batch: tuple[SavedStory, ...]) -> str:
    """Return the id of these stories in this run: it is always the same, so that a repeated commit is recognised."""
    digest = hashlib.sha256("\n".join(saved.story.story_id for saved in batch).encode()).hexdigest()
    return f"{run_id}-{digest[:12]}"
