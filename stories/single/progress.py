"""The progress of a single story, for a display and for the advice when its command ends early."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stories.api.wire import ImageFormat


class Stage(StrEnum):
    """The stage of the story at the service; only under `UNSENT` and `FAILED` is it certain to cost nothing."""

    UNSENT = "unsent"
    SENDING = "sending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


def _show_nothing() -> None:
    """Do nothing; for callers without a display."""


@dataclass
class StoryProgress:
    """The progress of a story, updated by its producer; `changed` is called on every change."""

    directory: Path
    image_format: ImageFormat
    with_studio: bool = False
    """True if the service is a studio that stops with the command and continues with the next one."""
    changed: Callable[[], None] = _show_nothing
    stage: Stage = Stage.UNSENT
    job_id: str | None = None
    scenes_completed: int = 0
    scenes_total: int | None = None
    notes: list[str] = field(default_factory=list)

    def reach(self, stage: Stage, *, job_id: str | None = None) -> None:
        """Set the stage of the story, and its job if there is a new one."""
        self.stage, self.job_id = stage, job_id or self.job_id
        self.changed()

    def count(self, completed: int | None, total: int | None) -> None:
        """Set the number of drawn scenes and of all scenes; None keeps a number as it is."""
        self.scenes_completed, self.scenes_total = completed or self.scenes_completed, total or self.scenes_total
        self.changed()

    @property
    def still_running(self) -> bool:
        return self.stage is Stage.RUNNING

    @property
    def advice(self) -> str:
        """Advice to the user if the command ends now; empty when nothing can be lost."""
        if self.with_studio and self.job_id is not None:
            directory = shlex.quote(str(self.directory))
            return f"The studio continues when you run the same command with --studio -d {directory}"
        check = f"depicta story status {self.job_id}"
        fetch = f"{check} -d {shlex.quote(str(self.directory))} -f {self.image_format.extension}"
        match self.stage:
            case Stage.SENDING if self.job_id is None:
                return (
                    "It is not known whether the service accepted the story. Run the same command with -d "
                    f"{shlex.quote(str(self.directory))} to find out; it does not send the story twice."
                )
            case Stage.RUNNING:
                return (
                    "The story still runs at the service and is charged when it completes: do not submit it again. "
                    f"Show its progress with: {check}; fetch it with: {fetch}"
                )
            case Stage.COMPLETED:
                return f"The story is complete and charged: do not submit it again. Fetch it with: {fetch}"
            case _:
                return ""
