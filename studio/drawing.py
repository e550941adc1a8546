"""Drawing in processes of their own, so that no picture ever keeps a poll waiting."""

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

from illustrator.encoding import encode
from illustrator.pictures import draw_character, draw_location, draw_scene
from stories.api.wire import Storyboard
from studio.data_directory import DataDirectory, create_directory, write_whole
from studio.errors import DrawingFailed
from studio.marks import IMAGE_MARK
from studio.picture import Picture, Role

_ILLUSTRATOR = {Role.SCENE: draw_scene, Role.CHARACTER: draw_character, Role.LOCATION: draw_location}
_ATTEMPTS = 3
_NICENESS = 5
_PREPARATION = "illustrator.preparation"
"""Imported by the process that is forked alone: this one never draws."""


@dataclass(frozen=True)
class DrawingOrder:
    """One picture to draw, in words that cross to another process."""

    directory: DataDirectory
    job_id: str
    body: bytes
    picture: Picture
    size: tuple[int, int]


def draw(order: DrawingOrder) -> None:
    """Draw the picture and leave its files in the data directory; when this returns they are whole and durable.

    Raises `DrawingFailed` for what the illustrator trips over, and `OSError` for what the disk does.
    """
    storyboard = Storyboard.model_validate(json.loads(order.body))
    try:
        image = _ILLUSTRATOR[order.picture.role](storyboard, order.picture.position, order.size)
        files = {known: encode(image, known, IMAGE_MARK) for known in order.picture.formats}
    except Exception as exc:
        raise DrawingFailed(f"{order.picture.role} {order.picture.position + 1}: {exc!r}") from exc
    for image_format, content in files.items():
        path = order.directory.picture(order.job_id, order.picture, image_format)
        create_directory(path.parent.parent)
        create_directory(path.parent)
        write_whole(path, content)


class Artists:
    """A pool of drawing processes that is renewed when one of them dies."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = self._hire()

    def _hire(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, mp_context=_processes(), initializer=_end_with_the_studio)

    async def draw(self, order: DrawingOrder) -> None:
        """Have the picture drawn; raises what `draw` raises, `DrawingFailed` too when three processes died over it."""
        for _ in range(_ATTEMPTS):
            pool = self._pool
            try:
                # A process may have to be started and waited for, so this is done in a thread.
                drawn = await asyncio.to_thread(_submit, pool, order)
                return await asyncio.wrap_future(drawn)
            except BrokenProcessPool:
                if self._pool is pool:
                    self._pool = self._hire()
        raise DrawingFailed(f"{order.picture.role} {order.picture.position + 1}: its drawing process died each time")

    def dismiss(self) -> None:
        """End the processes after the pictures they are at; blocks."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _submit(pool: ProcessPoolExecutor, order: DrawingOrder) -> Future[None]:
    # Every process that this call starts inherits the mask: Ctrl-C in a terminal is for the studio, which ends them.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return pool.submit(draw, order)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _processes() -> BaseContext:
    """A context whose processes are forked from one that has imported the illustrator, with its tables read."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, _PREPARATION])
    return context


def _end_with_the_studio() -> None:
    """Set up a drawing process: it yields to the API, and ends when the studio is gone, however that ended."""
    os.nice(_NICENESS)
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    studio = multiprocessing.parent_process()
    if studio is not None:
        studio.join()
        os._exit(0)
