"""How far a single story is: for a display, and for what has to be said when its command ends early."""

import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from stories.api.wire import ImageFormat


class Stage(StrEnum):
    """What is known of the story at the service; only under `UNSENT` and `FAILED` is it certain to cost nothing."""

    UNSENT = "unsent"
    SENDING = "sending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"


def _nobody() -> None:
    """For callers that show nothing."""


@dataclass
class StoryProgress:
    """Kept up to date by whoever produces the story; `changed` is called on every change."""

    directory: Path
    image_format: ImageFormat
    with_studio: bool = False
    """The service is a studio that ends with the command and goes on with the next one."""
    changed: Callable[[], None] = _nobody
    stage: Stage = Stage.UNSENT
    job_id: str | None = None
    scenes_completed: int = 0
    scenes_total: int | None = None
    notes: list[str] = field(default_factory=list)

    def reach(self, stage: Stage, *, job_id: str | None = None) -> None:
        """The story has come to this stage."""
        self.stage, self.job_id = stage, job_id or self.job_id
        self.changed()

    def count(self, completed: int | None, total: int | None) -> None:
        """So many of its scenes are drawn."""
        self.scenes_completed, self.scenes_total = completed or self.scenes_completed, total or self.scenes_total
        self.changed()

    @property
    def still_running(self) -> bool:
        return self.stage is Stage.RUNNING

    @property
    def advice(self) -> str:
        """What to do, and what not, when the command ends now; empty where nothing can be lost."""
        if self.with_studio and self.job_id is not None:
            return f"The studio rests until the same command is run with --studio -d {shlex.quote(str(self.directory))}"
        check = f"depicta story status {self.job_id}"
        fetch = f"{check} -d {shlex.quote(str(self.directory))} -f {self.image_format.extension}"
        match self.stage:
            case Stage.SENDING if self.job_id is None:
                return (
                    "It is not known whether the service took the story. Run the same command with -d "
                    f"{shlex.quote(str(self.directory))} to learn more; it does not send the story twice."
                )
            case Stage.RUNNING:
                return (
                    f"The story goes on at the service and is charged when it completes: do not submit it again. "
                    f"See how far it is with: {check}; fetch it with: {fetch}"
                )
            case Stage.COMPLETED:
                return f"The story is complete and charged: do not submit it again. Fetch it with: {fetch}"
            case _:
                return ""
