"""Benchmark of the illustrator on one core: `python -m benchmarks.illustrator [--size 1024]`.

Each style draws the same scenes and encodes each picture as PNG, JPEG and WebP. The unit is the time to encode a plain
grey picture of the same size, because a ratio says more than milliseconds on a shared machine. Times are processor
time, so waiting for a core does not count.
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from statistics import median

import numpy as np

from illustrator import preparation
from illustrator.encoding import FileFormat, encode
from illustrator.pictures import draw_scene
from illustrator.scene import Style
from tests.doubles.illustrator_input import illustrator_input

REPETITIONS = 3
MARK = "benchmark"
PROMPTS = (
    "Aria reads in the library at night by candlelight",
    "Aria and Milo walk through a foggy forest at dawn",
    "Aria and Milo sail through a storm",
    "Milo runs through the market in the evening, past stalls of oranges and lanterns",
    "Aria waves from the castle at sunset, Milo sits beside a well",
    "Aria, Milo and two children build a snowman in the village in the snow",
    "Milo swims underwater among corals, close-up",
    "A wide view of a city street in the rain, with a crowd",
)
STORYBOARD = {
    "characters": [
        {"name": "Aria", "description": "a girl with long red hair, a yellow raincoat and green boots"},
        {"name": "Milo", "description": "a small orange fox with a blue backpack"},
    ],
    "scenes": [{"prompt": prompt} for prompt in PROMPTS],
}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description="Measure the time of a picture on one core.")
    parser.add_argument("--size", type=int, default=1024, help="width and height of a picture, in pixels")
    size = parser.parse_args().size
    assert preparation.FIRST_IDEA.figures, "the import has read the tables, as a drawing process does before it draws"
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    grey = np.full((size, size, 3), 128, np.uint8)
    unit = median(_milliseconds(lambda: _encode(grey)) for _ in range(2 * REPETITIONS))
    print(f"{size} × {size}, one core, {len(PROMPTS)} scenes a style; a grey picture encodes in {unit:.1f} ms")
    print(f"{'style':<12} {'first':>7} {'median':>7} {'most':>7} {'ratio':>7}   ms")
    every = []
    for style in Style:
        first, *times = _times(style, size)
        every += times
        print(f"{style.value:<12} {first:7.0f} {median(times):7.0f} {max(times):7.0f} {median(times) / unit:7.1f}")
    print(f"{'all':<12} {'':>7} {median(every):7.0f} {max(every):7.0f} {median(every) / unit:7.1f}")


def _times(style: Style, size: int) -> Iterator[float]:
    """Yield milliseconds: of the first picture of a style, which makes its textures, then of each scene in turn."""
    storyboard = illustrator_input({**STORYBOARD, "style": style.value})
    for number in range(1 + REPETITIONS * len(PROMPTS)):
        index = number % len(PROMPTS)
        yield _milliseconds(lambda index=index: _encode(draw_scene(storyboard, index, (size, size))))  # type: ignore[misc]


def _encode(picture: np.ndarray) -> None:
    for file_format in FileFormat:
        encode(picture, file_format, MARK)


def _milliseconds(work: Callable[[], None]) -> float:
    start = time.process_time()
    work()
    return 1000 * (time.process_time() - start)


if __name__ == "__main__":
    main()
