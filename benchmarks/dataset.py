"""Benchmark of the dataset: `python -m benchmarks.dataset [STORIES]` commits 1,000 stories, merges parts and verifies.

Each story has six scenes, two characters and a location. All hashes and prompts differ, as in a real dataset.
"""

import asyncio
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from random import Random

from PIL import Image

from stories.clock import SystemClock
from stories.dataset.audit.dataset import audit_dataset
from stories.dataset.images.similarity import PALETTES
from stories.dataset.images.verification import ImageFacts, verify_image
from stories.dataset.layout import sidecar_key
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.compaction import compact
from stories.dataset.marker import claim_target
from stories.dataset.model import Lineage, SavedStory, to_sidecar
from stories.dataset.publication import publish
from stories.dataset.quality.checks import QualityChecks
from stories.dataset.schema import Table
from stories.storage.fsspec_store import open_store
from stories.storage.store import Store
from tests.doubles import saved_stories as saved

_STORIES = 1_000
_BATCH = 200
"""Stories per commit: the default of `dataset.commit_stories`."""
_VERIFIED = 30
_PIXELS = 768


def main(stories: int) -> None:
    """Measure, and print one line for each figure."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure_manifest(Path(folder) / "manifest", stories))
        asyncio.run(_measure_verify(Path(folder) / "verify"))
    _measure_quality()


@contextmanager
def _measured(step: str) -> Iterator[None]:
    started, busy = time.perf_counter(), time.process_time()
    yield
    print(f"{step}: {time.perf_counter() - started:.2f} s, {time.process_time() - busy:.2f} s of CPU")


async def _measure_manifest(root: Path, stories: int) -> None:
    random = Random(7)  # noqa: S311 - a fixed seed gives the same figures each time
    made = [_distinct(saved.completed(number, scenes=6), random) for number in range(stories)]
    images = sum(len(story.images) for story in made)
    async with open_store(str(root)) as store:
        log = _new_log(store)
        with _measured(f"commit of {stories:,} stories, {_BATCH} at a time"):
            for start in range(0, stories, _BATCH):
                await log.commit(made[start : start + _BATCH], batch_id=f"b-{start}", lineage=_lineage())
        _print_sizes(await log.live_pairs(), images, "after the commits")
        with _measured("compaction"):
            await compact(store, log, SystemClock(), lambda: secrets.token_hex(8))
        _print_sizes(await log.live_pairs(), images, "after compaction")


def _print_sizes(pairs: tuple, images: int, when: str) -> None:  # type: ignore[type-arg]
    for table in Table:
        size = sum(pair[table].size_bytes for pair in pairs)
        print(
            f"manifest/{table}, {when}: {size / images:.0f} bytes an image, {size / 1e6:.2f} MB in {len(pairs)} parts"
        )


async def _measure_verify(root: Path) -> None:
    pictures = [_picture(seed) for seed in range(9)]
    facts = [verify_image(content) for content in pictures]
    async with open_store(str(root)) as store:
        identity = await claim_target(
            store, clock=SystemClock(), new_dataset_id=lambda: "benchmark", tool_version="benchmark"
        )
        made = []
        for number in range(_VERIFIED):
            story = saved.completed(number, scenes=6)
            images = tuple(replace(it, facts=facts[place]) for place, it in enumerate(story.images))
            made.append(replace(story, images=images))
            for place, image in enumerate(images):
                await store.publish(image.key or "", pictures[place])
            await store.publish(sidecar_key(story.story.story_id), to_sidecar(made[-1]))
        log = _new_log(store)
        await log.commit(made, batch_id="b-0", lineage=_lineage())
        await publish(store, log, identity)
        started, busy = time.perf_counter(), time.process_time()
        audit = await audit_dataset(store, _new_log(store))
        seconds, busy = time.perf_counter() - started, time.process_time() - busy
        print(
            f"verify: {audit.images} images of {_PIXELS} x {_PIXELS}, {audit.bytes / 1e6:.0f} MB in {seconds:.1f} s, "
            f"{busy:.1f} s of CPU: {audit.bytes / 1e6 / seconds:.0f} MB/s, {audit.bytes / 1e6 / busy:.0f} MB for each "
            f"second of CPU, {len(audit.findings)} findings"
        )


def _measure_quality() -> None:
    content = _picture(1)
    with Image.open(BytesIO(content)) as image:
        image.load()
        started = time.process_time()
        for _ in range(50):
            PALETTES.look(image)
        look = (time.process_time() - started) / 50
    started = time.process_time()
    for _ in range(20):
        verify_image(content)
    whole = (time.process_time() - started) / 20
    story = saved.completed(1, scenes=6)
    quality = QualityChecks()
    started = time.process_time()
    for _ in range(50):
        quality.checks(story.story.story_id, story.images)
    compared = (time.process_time() - started) / 50 / len(story.images)
    print(f"checks: {whole * 1e3:.1f} ms per image with decoding, {look * 1e3:.1f} ms of it for the palette")
    print(f"        and {compared * 1e3:.2f} ms to compare it with the other images")


def _distinct(story: SavedStory, random: Random) -> SavedStory:
    return replace(
        story,
        images=tuple(
            replace(image, facts=_facts(image.facts, random), prompt=f"{image.prompt} {random.randbytes(24).hex()}")
            for image in story.images
            if image.facts is not None
        ),
    )


def _facts(facts: ImageFacts, random: Random) -> ImageFacts:
    return replace(
        facts,
        sha256=random.randbytes(32).hex(),
        phash=random.getrandbits(64) - (1 << 63),
        size_bytes=random.randrange(80_000, 900_000),
    )


def _picture(seed: int) -> bytes:
    """Return a PNG of smooth shapes with some grain, which is as large as a PNG of a drawing."""
    noise = Image.frombytes("RGB", (24, 24), Random(seed).randbytes(24 * 24 * 3))  # noqa: S311 - no secret
    file = BytesIO()
    noise.resize((_PIXELS, _PIXELS), Image.Resampling.BICUBIC).save(file, "PNG")
    return file.getvalue()


def _lineage() -> Lineage:
    return replace(saved.LINEAGE, dataset_id="benchmark")


def _new_log(store: Store) -> CommitLog:
    return CommitLog(store, SystemClock(), lambda: secrets.token_hex(8))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else _STORIES)
