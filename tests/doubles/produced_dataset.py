"""One dataset for all engines: made by a real run against a real studio, in every format, with failures among it."""

import asyncio
import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import fsspec
from PIL import Image

from stories.api.wire import ImageFormat
from stories.batch.plan import BatchRun
from tests.doubles.running_studio import running_studio
from tests.doubles.whole_runs import config_for, run

DRAWN, FAILED, REJECTED = 52, 3, 2
"""Storyboards: those that are drawn, those whose job fails, those that the service refuses."""
STYLES = ("watercolor", "ink", "flat")
SIZE = (64, 64)


@dataclass(frozen=True)
class Produced:
    """Where the dataset is, and what has to be in it by the storyboards alone."""

    root: Path
    stories: int
    scenes: int
    references: int

    @property
    def files(self) -> int:
        """Image files: a scene in three formats, a reference in one."""
        return 3 * self.scenes + self.references

    def first_scene(self) -> Path:
        """A scene's file on the target, the first by name."""
        return min(self.root.glob("images/*/scene-01.png"))

    def name_of(self, path: Path) -> str:
        """What the tables call the file."""
        return path.relative_to(self.root).as_posix()


def produce(directory: Path) -> Produced:
    """Run once over all storyboards. A story whose job failed is not in the manifest: the next run sends it again."""
    boards = [_board(number) for number in range(DRAWN + FAILED + REJECTED)]
    source = directory / "boards.jsonl"
    source.write_text("\n".join(map(json.dumps, boards)))
    root = directory / "dataset"
    with running_studio(directory / "studio", picture_size=SIZE) as studio:
        config = config_for(studio.url, directory / "state", formats=tuple(ImageFormat), commit_stories=10)
        batch = BatchRun(str(source), str(root), "20260304T120000Z-engines")
        _, report = asyncio.run(run(batch, config))
    counts = report.counts
    assert (counts.completed, counts.failed, counts.rejected) == (DRAWN, FAILED, REJECTED), report.troubles
    drawn = boards[:DRAWN]
    return Produced(
        root,
        stories=DRAWN + REJECTED,
        scenes=sum(len(board["scenes"]) for board in drawn),
        references=sum(len(board["characters"]) for board in drawn),
    )


def _board(number: int) -> dict[str, list[dict[str, str]]]:
    mark = "" if number < DRAWN else " [[fail]]" if number < DRAWN + FAILED else " [[reject]]"
    board: dict[str, object] = {
        "title": f"Story {number}",
        "style": STYLES[number % 3],
        "scenes": [{"prompt": f"scene {scene} of story {number}{mark}"} for scene in range(1 + number % 3)],
        "characters": [{"name": "Mole", "description": "a mole with a lamp"}][: number % 2],
    }
    return board  # type: ignore[return-value]  # what the counts look at


def assert_is_the_served_picture(name: str, root: Path | str, produced: Produced, **options: object) -> None:
    """The file that a row names, found from the root, has the bytes of the local one and decodes."""
    with fsspec.open(f"{root}/{name}", "rb", **options) as file:
        content = file.read()
    assert content == (produced.root / name).read_bytes()
    assert Image.open(BytesIO(content)).size == SIZE
