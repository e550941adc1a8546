"""Work on accepted jobs: jobs take free slots in the order of submission, and draw their pictures one by one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from stories.api.wire import ErrorCode
from studio.errors import DrawingFailed, JobFailed
from studio.settings import StudioSettings
from studio.work import jobs
from studio.work.data_directory import DataDirectory
from studio.work.database import Database
from studio.work.drawing import DrawingOrder, DrawingPool
from studio.work.jobs import Job
from studio.work.picture_names import Picture, Role
from studio.work.storyboards import check_drawable, scene_size

logger = logging.getLogger(__name__)

_PAUSE_AFTER_FAILURE_SECONDS = 1.0


class Queue:
    """The slots that draw jobs. The jobs are in the database, so the next studio finishes what this one leaves."""

    def __init__(
        self,
        settings: StudioSettings,
        directory: DataDirectory,
        database: Database,
        *,
        now: Callable[[], float],
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._database = database
        self._pool = DrawingPool(settings.slots)
        self._now = now
        self._sleep = sleep
        self._job_added = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._in_slots: set[int] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Draw while the block runs; a job that is unfinished at its end is resumed by the next studio."""
        slots = [asyncio.create_task(self._serve_slot()) for _ in range(self._settings.slots)]
        try:
            yield
        finally:
            for slot in slots:
                slot.cancel()
            await asyncio.gather(*slots, return_exceptions=True)
            await asyncio.to_thread(self._pool.shutdown)

    def wake(self) -> None:
        """Let a free slot look for a new job."""
        self._job_added.set()

    async def _serve_slot(self) -> None:
        while True:
            try:
                job = await self._next_job()
                try:
                    await self._produce(job)
                finally:
                    self._in_slots.discard(job.number)
            except Exception:
                # Trouble of the database, the disk or a process: the job stays unfinished and a slot claims it again.
                logger.exception("a slot failed and pauses")
                await self._sleep(_PAUSE_AFTER_FAILURE_SECONDS)

    async def _next_job(self) -> Job:
        while True:
            async with self._claiming:
                self._job_added.clear()
                job = await self._database.write(partial(jobs.claim, in_slots=frozenset(self._in_slots)))
                if job is not None:
                    self._in_slots.add(job.number)
                    return job
            await self._job_added.wait()

    async def _produce(self, job: Job) -> None:
        try:
            for picture in job.pictures:
                if picture not in job.drawn:
                    await self._draw(job, picture)
                    await self._database.write(partial(jobs.record_picture, number=job.number, picture=picture))
        except JobFailed as failure:
            logger.info("job %s failed: %s", job.job_id, failure)
            end = partial(jobs.fail, job=job, code=failure.code.value, message=str(failure), now_ms=self._now_ms())
        else:
            end = partial(jobs.complete, job=job, now_ms=self._now_ms())
        await self._database.write(end)

    async def _draw(self, job: Job, picture: Picture) -> None:
        is_scene = picture.role is Role.SCENE
        size = self._settings.picture_size
        if is_scene:
            size = scene_size(job.storyboard, size)
        order = DrawingOrder(self._directory, job.job_id, job.body, picture, size)
        if is_scene:
            check_drawable(job.storyboard.scenes[picture.position])
        least_time = asyncio.ensure_future(self._sleep(self._settings.seconds_per_scene if is_scene else 0))
        try:
            await self._pool.draw(order)
            await least_time
        except DrawingFailed as exc:
            logger.exception("job %s could not be drawn", job.job_id)
            raise JobFailed(ErrorCode.INTERNAL, f"{picture.role} {picture.position + 1} could not be drawn.") from exc
        finally:
            least_time.cancel()

    def _now_ms(self) -> int:
        return int(self._now() * 1000)
