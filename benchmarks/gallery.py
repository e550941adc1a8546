"""Benchmark of the gallery: `python -m benchmarks.gallery [STORIES]` builds one of 1,000 stories and opens it."""

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from stories.dataset.images.thumbnails import read_thumbnails
from stories.maintenance.gallery import build_galleries
from stories.storage.fsspec_store import open_store
from tests.doubles.browser import chromium, visit
from tests.doubles.drawn_run import RUN_ID, write_run

SCROLLED = """async () => {
  const frames = [], step = innerHeight * 0.6;
  let last = performance.now();
  for (let y = 0; y < 400 && scrollY + innerHeight < document.documentElement.scrollHeight - 2; y++) {
    scrollBy(0, step);
    await new Promise(requestAnimationFrame);
    frames.push(performance.now() - last);
    last = performance.now();
  }
  frames.sort((a, b) => a - b);
  return [frames.length, frames[frames.length >> 1], frames[Math.floor(frames.length * 0.99)]];
}"""
SEARCHED = """() => {
  const query = document.getElementById("query"), started = performance.now();
  const once = (text) => { query.value = text; document.getElementById("style").dispatchEvent(new Event("change"));
    document.body.getBoundingClientRect(); };
  once("whale");
  const first = performance.now() - started;
  once("whale lighthouse");
  return [first, performance.now() - started - first];
}"""


async def build(target: Path, stories: int) -> dict[str, float]:
    """Write a run, build its gallery, and return sizes and seconds."""
    await write_run(target, stories)
    started = time.perf_counter()
    pages = await build_galleries(str(target))
    seconds = time.perf_counter() - started
    size_bytes = sum(path.stat().st_size for path in (target / "gallery").glob(f"{RUN_ID}*.html"))
    async with open_store(str(target)) as store:
        thumbnails = await read_thumbnails(store, RUN_ID, f"{RUN_ID}-0")
    mean = sum(len(text) * 3 // 4 for text in thumbnails.values()) / len(thumbnails)
    return {
        "stories": stories,
        "runs": len(pages),
        "build_seconds": round(seconds, 2),
        "megabytes_per_1000_stories": round(size_bytes / 1e6 / stories * 1000, 2),
        "mean_thumbnail_bytes": round(mean),
    }


def look(page: Page, path: Path) -> dict[str, float]:
    """Open the gallery, scroll through it and search it, and return the times in milliseconds."""
    page.goto(path.as_uri())
    paint = "performance.getEntriesByName('first-contentful-paint')[0].startTime"
    page.wait_for_timeout(500)
    loaded = "performance.getEntriesByType('navigation')[0].loadEventEnd"
    figures = {"first_paint_ms": page.evaluate(paint), "loaded_ms": page.evaluate(loaded)}
    frames, median, slowest = page.evaluate(SCROLLED)
    first, next_ = page.evaluate(SEARCHED)
    figures |= {"frames": frames, "frame_median_ms": median, "frame_p99_ms": slowest}
    figures |= {"first_search_ms": first, "next_search_ms": next_}
    return {name: round(value, 1) for name, value in figures.items()}


def main() -> None:
    """Measure, and print one JSON document."""
    stories = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    with tempfile.TemporaryDirectory(prefix="gallery-") as directory:
        target = Path(directory) / "dataset"
        figures = asyncio.run(build(target, stories))
        with chromium() as browser, visit(browser) as seen:
            figures |= look(seen.page, target / "gallery" / f"{RUN_ID}.html")
            figures["complaints"] = len(seen.complaints)
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
