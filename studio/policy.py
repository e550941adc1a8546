"""The studio's content policy: two marks in a prompt that let a rehearsal meet what real content may meet.

`[[reject]]` in any prompt has the storyboard refused with 451; `[[fail]]` makes the job fail when it comes to that
scene, after the scenes before it, and uncharged. Everything else is welcome.
"""

from stories.api.wire import ErrorCode, Scene, Storyboard
from studio.errors import ApiProblem, JobFailed

REJECT_MARK = "[[reject]]"
FAIL_MARK = "[[fail]]"


def refuse_content(storyboard: Storyboard) -> None:
    """Raises `ApiProblem` (451) when a prompt breaks the content policy."""
    details = {
        f"scenes.{index}.prompt": f"{REJECT_MARK} is not accepted"
        for index, scene in enumerate(storyboard.scenes)
        if REJECT_MARK in scene.prompt
    }
    if details:
        raise ApiProblem(ErrorCode.CONTENT, "The storyboard breaks the content policy.", details)


def fail_at(scene: Scene) -> None:
    """Raises `JobFailed` when the scene is marked as one that cannot be drawn."""
    if FAIL_MARK in scene.prompt:
        raise JobFailed(ErrorCode.INTERNAL, f"A scene could not be drawn: its prompt holds {FAIL_MARK}.")
