"""Images that are not what they should be: faults 45, 46 and 48."""

import asyncio
import sys
from pathlib import Path

import pytest

from stories.dataset.run_record import RunReport
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import studio_here
from tests.faults.rehearsal import Rehearsal

REPOSITORY = Path(__file__).parents[2]
NAMES = ("a fox", "an owl", "a heron")
PASSING = {
    "image-403": 6,
    "image-500": 6,
    "image-truncated": 6,
    "image-cut": 7,
    "image-wrong-length": 5,
    "image-html": 6,
    "poll-urls-expired": 594,
}
"""With a seed each that has the fault fall soon, and never three times in a row, which would be a failed image."""
HOSTILE = ("image-bomb", "image-endless", "image-huge")
MOST_MEMORY_BYTES = 512 * 1024 * 1024


@pytest.mark.parametrize("fault", PASSING)
async def test_an_image_that_goes_wrong_now_and_then_is_fetched_again(tmp_path: Path, fault: str) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES, scenes=2)
    with studio_here(tmp_path / "studio", faults={fault: 0.3}, fault_seed=PASSING[fault]) as studio:
        report = await rehearsal.run(studio.url, in_flight=1, downloads=1)
        assert fault in studio.faults()
        assert (report.counts.completed, report.images) == (3, 6)
        assert await discrepancies(studio, rehearsal.target) == []


@pytest.mark.parametrize("fault", ["image-truncated", "image-html", "image-403"])
async def test_an_image_that_stays_wrong_is_a_row_without_a_file_and_its_story_counts_as_charged(
    tmp_path: Path, fault: str
) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox")
    with studio_here(tmp_path / "studio", faults={fault: 1}) as studio:
        report = await rehearsal.run(studio.url)
        assert (report.counts.completed, report.counts.partial + report.counts.failed) == (0, 1)
        assert str(report.cost_eur) == "0.10"
        assert await discrepancies(studio, rehearsal.target) == []


async def test_images_of_swapped_scenes_are_kept_as_served_and_the_prompts_are_the_services(tmp_path: Path) -> None:
    """Nothing in an answer could tell: what the service pairs is what the dataset says."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox", scenes=3)
    with studio_here(tmp_path / "studio", faults={"poll-images-swapped": 1}) as studio:
        assert (await rehearsal.run(studio.url)).counts.completed == 1
        assert await discrepancies(studio, rehearsal.target) == []


async def test_hostile_images_are_refused_in_little_memory(tmp_path: Path) -> None:
    """In a process of its own, whose peak is measured: bombs, bodies without end, 144 megapixels."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*NAMES, scenes=2)
    with studio_here(tmp_path / "studio", faults=dict.fromkeys(HOSTILE, 0.4), fault_seed=1) as studio:
        arguments = [sys.executable, "-m", "tests.faults.test_pictures", str(tmp_path), studio.url]
        process = await asyncio.create_subprocess_exec(*arguments, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE)
        told, _ = await process.communicate()
        assert process.returncode == 0
        report = RunReport.model_validate_json(told.partition(b"\n")[2])
        assert set(studio.faults()) == set(HOSTILE)
        assert report.counts.completed + report.counts.partial + report.counts.failed == 3
        assert int(told.partition(b"\n")[0]) < MOST_MEMORY_BYTES
        assert await discrepancies(studio, rehearsal.target) == []


def main(directory: str, url: str) -> None:
    """Run once; the peak of this process's memory in bytes, then the report."""
    report = asyncio.run(Rehearsal(Path(directory)).run(url))
    peak_bytes = _most_memory_bytes()
    sys.stdout.write(f"{peak_bytes}\n{report.model_dump_json()}")


def _most_memory_bytes() -> int:
    """The most that this program held. `getrusage` would count what started it too, before it became this program."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the system does not tell")


if __name__ == "__main__":
    main(*sys.argv[1:])
