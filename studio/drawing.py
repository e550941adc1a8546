"""Drawing in processes of their own, so that no picture ever keeps a poll waiting."""

import asyncio
import json
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.context import BaseContext

from stories.wire import Storyboard
from studio.data_directory import DataDirectory, create_directory, write_whole
from studio.illustrator.encoding import encode
from studio.illustrator.pictures import draw_character, draw_location, draw_scene
from studio.picture import Picture, Role

_ILLUSTRATOR = {Role.SCENE: draw_scene, Role.CHARACTER: draw_character, Role.LOCATION: draw_location}
_ATTEMPTS = 3
_NICENESS = 5


@dataclass(frozen=True)
class DrawingOrder:
    """One picture to draw, in words that cross to another process."""

    directory: DataDirectory
    job_id: str
    body: bytes
    picture: Picture
    size: tuple[int, int]


def draw(order: DrawingOrder) -> None:
    """Draw the picture and leave its files in the data directory; when this returns they are whole and durable."""
    storyboard = Storyboard.model_validate(json.loads(order.body))
    image = _ILLUSTRATOR[order.picture.role](storyboard, order.picture.position, order.size)
    for image_format in order.picture.formats:
        path = order.directory.picture(order.job_id, order.picture, image_format)
        create_directory(path.parent.parent)
        create_directory(path.parent)
        write_whole(path, encode(image, image_format))


class Artists:
    """A pool of drawing processes that is renewed when one of them dies."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool = self._hire()

    def _hire(self) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(self._count, mp_context=_processes(), initializer=_end_with_the_studio)

    async def draw(self, order: DrawingOrder) -> None:
        """Have the picture drawn; raises whatever the illustrator raised, or `BrokenProcessPool` at the third death."""
        for attempt in range(1, _ATTEMPTS + 1):
            pool = self._pool
            try:
                await asyncio.get_running_loop().run_in_executor(pool, draw, order)
                break
            except BrokenProcessPool:
                if self._pool is pool:
                    self._pool = self._hire()
                if attempt == _ATTEMPTS:
                    raise

    def dismiss(self) -> None:
        """End the processes after the pictures they are at; blocks."""
        self._pool.shutdown(wait=True, cancel_futures=True)


def _processes() -> BaseContext:
    """A context whose processes are forked from one that has imported the illustrator and does nothing else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _end_with_the_studio() -> None:
    """Set up a drawing process: it yields to the API, and ends when the studio is gone, however that ended."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C in a terminal is for the studio, which ends its processes
    os.nice(_NICENESS)
    threading.Thread(target=_wait_for_the_end, daemon=True).start()


def _wait_for_the_end() -> None:
    studio = multiprocessing.parent_process()
    if studio is not None:
        studio.join()
        os._exit(0)
