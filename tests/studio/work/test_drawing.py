import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from illustrator.props import props
from stories.api.wire import ImageFormat
from stories.strict_json import canonical_json
from studio.errors import DrawingFailed
from studio.work.data_directory import DataDirectory
from studio.work.drawing import DrawingOrder, DrawingPool
from studio.work.picture_names import Picture, Role
from tests.doubles.open_studio import AT_SEA, SMALL


def order_of(directory: Path, picture: Picture) -> DrawingOrder:
    return DrawingOrder(DataDirectory(directory), "job-1", canonical_json(AT_SEA), picture, SMALL)


async def test_a_drawing_process_that_dies_is_replaced_and_its_picture_drawn(tmp_path: Path) -> None:
    first, second = Picture(Role.SCENE, 0), Picture(Role.SCENE, 1)
    pool = DrawingPool(1)
    try:
        await pool.draw(order_of(tmp_path, first))
        (process,) = pool._pool._processes
        os.kill(process, signal.SIGKILL)
        await pool.draw(order_of(tmp_path, second))
    finally:
        pool.shutdown()
    drawn = {path.name for path in (tmp_path / "images" / "job-1").iterdir()}
    assert drawn == {picture.file_name(known) for picture in (first, second) for known in ImageFormat}


def tables_read() -> bool:
    return "illustrator.preparation" in sys.modules and props.cache_info().currsize == 1


async def test_a_drawing_process_begins_with_the_tables_of_words_read() -> None:
    pool = DrawingPool(1)
    try:
        assert await asyncio.wrap_future(pool._pool.submit(tables_read))
    finally:
        pool.shutdown()


async def test_what_the_illustrator_trips_over_is_told_from_what_the_machine_does(tmp_path: Path) -> None:
    pool = DrawingPool(1)
    try:
        with pytest.raises(DrawingFailed, match="scene 10: IndexError"):
            await pool.draw(order_of(tmp_path, Picture(Role.SCENE, 9)))
        with pytest.raises(FileNotFoundError):
            await pool.draw(order_of(tmp_path / "gone", Picture(Role.SCENE, 0)))
    finally:
        pool.shutdown()
    assert not (tmp_path / "images").exists()
