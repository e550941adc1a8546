"""Drawing in separate processes, so that no poll waits for a picture."""

import asyncio
import json
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext

from illustrator.encoding import FileFormat, encode
from illustrator.pictures import draw_character, draw_location, draw_scene
from stories.api.wire import Storyboard
from studio.errors import DrawingFailed
from studio.work.data_directory import DataDirectory, create_directory, write_whole
from studio.work.picture_names import Picture, Role
from studio.work.storyboards import illustrator_storyboard

IMAGE_MARK = "Drawn by the depicta-stories studio, offline and at no cost; not made by the Depicta service"
"""In the metadata of every image, so that it cannot pass for the paid service's work; the pixels do not show it."""

_ILLUSTRATOR = {Role.SCENE: draw_scene, Role.CHARACTER: draw_character, Role.LOCATION: draw_location}
_ATTEMPTS = 3
_NICENESS = 5
_PREPARATION = "illustrator.preparation"
"""Imported by the forkserver only, because this process never draws."""


@dataclass(frozen=True)
class DrawingOrder:
    """One picture to draw; it can be pickled for another process."""

    directory: DataDirectory
    job_id: str
    body: bytes
    picture: Picture
    size: tuple[int, int]


def draw(order: DrawingOrder) -> None:
    """Draw the picture and write its files to the data directory, whole and durable when this returns.

    Raises `DrawingFailed` for an error of the illustrator, and `OSError` for an error of the disk.
    """
    storyboard = illustrator_storyboard(Storyboard.model_validate(json.loads(order.body)))
    try:
        image = _ILLUSTRATOR[order.picture.role](storyboard, order.picture.position, order.size)
        files = {known: encode(image, FileFormat(known.value), IMAGE_MARK) for known in order.picture.formats}
    except Exception as exc:
        raise DrawingFailed(f"{order.picture.role} {order.picture.position + 1}: {exc!r}") from exc
    for image_format, content in files.items():
        path = order.directory.picture(order.job_id, order.picture, image_format)
        create_directory(path.parent.parent)
        create_directory(path.parent)
        write_whole(path, content)


class DrawingPool:
    """A pool of drawing processes, replaced when one of them dies."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = self._new_pool()

    def _new_pool(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, mp_context=_forkserver(), initializer=_set_up_process)

    async def draw(self, order: DrawingOrder) -> None:
        """Draw the picture in a process; raises what `draw` raises, and `DrawingFailed` after three dead processes."""
        for _ in range(_ATTEMPTS):
            pool = self._pool
            try:
                # Submitting may start a process and wait for it, so it happens in a thread.
                drawn = await asyncio.to_thread(_submit, pool, order)
                return await asyncio.wrap_future(drawn)
            except BrokenProcessPool:
                if self._pool is pool:
                    self._pool = self._new_pool()
        raise DrawingFailed(f"{order.picture.role} {order.picture.position + 1}: its drawing process died each time")

    def shutdown(self) -> None:
        """End each process after the picture that it is drawing; blocks."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, order: DrawingOrder) -> Future[None]:
    # A process that this call starts inherits the mask: Ctrl-C in a terminal must reach only the studio, which ends it.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(draw, order)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _forkserver() -> BaseContext:
    """Return a context that forks processes from one that has imported the illustrator and read its tables."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, _PREPARATION])
    return context


def _set_up_process() -> None:
    """Lower the process's priority below the API's, and end the process when the studio has ended or was killed."""
    os.nice(_NICENESS)
    threading.Thread(target=_exit_with_the_studio, daemon=True).start()


def _exit_with_the_studio() -> None:
    studio = multiprocessing.parent_process()
    if studio is not None:
        studio.join()
        os._exit(0)
