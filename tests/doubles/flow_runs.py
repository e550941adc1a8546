"""Runs of the flow in this process, between a studio and an empty target."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from configs.options import RunOptions
from flows.produce_stories import produce_stories
from stories.batch.progress import ShardProgress, progress_listener
from stories.dataset.run_record import RunSummary
from tests.doubles.running_studio import RunningStudio


@dataclass(frozen=True)
class House:
    """A studio and an empty target, with storyboards to send from one to the other."""

    studio: RunningStudio
    source: Path
    target: Path

    def write(self, *prompts: str) -> None:
        """Make the source hold one storyboard of two scenes for each prompt."""
        boards = [
            {"title": prompt, "scenes": [{"prompt": prompt}, {"prompt": f"{prompt}, later"}]} for prompt in prompts
        ]
        self.source.write_text("\n".join(json.dumps(board) for board in boards))

    def run(
        self,
        options: RunOptions | None = None,
        *,
        target: str = "",
        on_progress: Callable[[ShardProgress], None] | None = None,
    ) -> RunSummary:
        """Run the flow to its end, as `depicta batch run` does; raises what it raises."""
        progress_listener.set(on_progress)
        return asyncio.run(produce_stories(str(self.source), target or str(self.target), options))
