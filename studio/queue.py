"""From accepted to completed: jobs take slots in the order they came, their pictures appear one by one."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

from stories.api.wire import ErrorCode
from studio import jobs
from studio.data_directory import DataDirectory
from studio.database import Database
from studio.drawing import Artists, DrawingOrder
from studio.errors import DrawingFailed, JobFailed
from studio.jobs import Job
from studio.picture import Picture, Role
from studio.picture_size import scene_size
from studio.policy import fail_at
from studio.settings import StudioSettings

logger = logging.getLogger(__name__)

_PAUSE_AFTER_TROUBLE_SECONDS = 1.0


class Queue:
    """The slots. The queue itself is in the database: an accepted job is finished by this studio or the next."""

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
        self._artists = Artists(settings.slots)
        self._now = now
        self._sleep = sleep
        self._news = asyncio.Event()
        self._claiming = asyncio.Lock()
        self._in_slots: set[int] = set()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Draw while the block runs; unfinished jobs stay as they are, for the next time."""
        slots = [asyncio.create_task(self._serve_slot()) for _ in range(self._settings.slots)]
        try:
            yield
        finally:
            for slot in slots:
                slot.cancel()
            await asyncio.gather(*slots, return_exceptions=True)
            await asyncio.to_thread(self._artists.dismiss)

    def wake(self) -> None:
        """Say that a job was added."""
        self._news.set()

    async def _serve_slot(self) -> None:
        while True:
            try:
                job = await self._next_job()
                try:
                    await self._produce(job)
                finally:
                    self._in_slots.discard(job.number)
            except Exception:
                # The database, the disk, a process that did not start: the job stays unfinished, its turn comes again.
                logger.exception("a slot met trouble and pauses")
                await self._sleep(_PAUSE_AFTER_TROUBLE_SECONDS)

    async def _next_job(self) -> Job:
        while True:
            async with self._claiming:
                self._news.clear()
                job = await self._database.write(partial(jobs.claim, in_slots=frozenset(self._in_slots)))
                if job is not None:
                    self._in_slots.add(job.number)
                    return job
            await self._news.wait()

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
            fail_at(job.storyboard.scenes[picture.position])
        least_time = asyncio.ensure_future(self._sleep(self._settings.seconds_per_scene if is_scene else 0))
        try:
            await self._artists.draw(order)
            await least_time
        except DrawingFailed as exc:
            logger.exception("job %s", job.job_id)
            raise JobFailed(ErrorCode.INTERNAL, f"{picture.role} {picture.position + 1} could not be drawn.") from exc
        finally:
            least_time.cancel()

    def _now_ms(self) -> int:
        return int(self._now() * 1000)
