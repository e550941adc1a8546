"""`depicta story`: one storyboard or one job, by the contract of the vendor's command."""

import random
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager, suppress
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.exit_codes import ExitCode
from cli.story_reporter import StoryReporter

if TYPE_CHECKING:
    from stories.config import RunConfig
    from stories.single.folder import Asked, StoryRecord

    Errand = Callable[..., Coroutine[Any, Any, StoryRecord]]

app = typer.Typer(no_args_is_help=True, help="One story: produce it, or see how far it is.")


class FormatWord(StrEnum):
    """The formats by the vendor's words."""

    PNG = "png"
    JPG = "jpg"
    WEBP = "webp"


Format = Annotated[FormatWord, typer.Option("--format", "-f", help="Format of the scenes, as the service serves it.")]
Timeout = Annotated[float, typer.Option(min=0.1, help="Seconds to wait; after them the story goes on all the same.")]
NoReferences = Annotated[bool, typer.Option("--no-references", help="Save no images of characters and locations.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, errors as one on stderr.")]
Human = Annotated[bool, typer.Option("--human", help="Messages for people, into a pipe too.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No messages but errors.")]
ApiKey = Annotated[str | None, typer.Option(help="API key; better in DEPICTA_API_KEY, which no shell history keeps.")]


@app.command()
def run(
    storyboard: Annotated[Path, typer.Argument(help="The storyboard: a JSON file.")],
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-d", help="Where the images go; ./depicta-story-<unix time> if not given."),
    ] = None,
    image_format: Format = FormatWord.PNG,
    timeout: Timeout = 2700,
    no_references: NoReferences = False,
    as_json: AsJson = False,
    human: Human = False,
    quiet: Quiet = False,
    api_key: ApiKey = None,
    studio: Annotated[bool, typer.Option("--studio", help="Use a studio of this machine: no key, no cost.")] = False,
) -> int:
    """Produce a story. In a directory that was begun with it, go on there: a story is never paid for twice."""
    from stories.single.run import run_story
    from stories.storyboards.single_file import read_story

    reporter = StoryReporter.of(as_json=as_json, human=human, quiet=quiet)
    with reporter.errors_told(), ExitStack() as stack:
        story = read_story(storyboard)
        directory = output_dir.resolve() if output_dir is not None else stack.enter_context(_fresh_directory())
        stack.enter_context(_key_set(api_key))
        if studio:
            from cli.local_studio import studio_running

            stack.enter_context(studio_running(str(directory)))
        asked = _asked(image_format, no_references=no_references)
        return _collect(reporter, directory, asked, timeout, partial(run_story, story), with_studio=studio)


@app.command()
def status(
    job_id: Annotated[str, typer.Argument(help="The id of the job.")],
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", "-d", help="Wait for the job and save its images here.")
    ] = None,
    image_format: Format = FormatWord.PNG,
    timeout: Timeout = 2700,
    no_references: NoReferences = False,
    as_json: AsJson = False,
    human: Human = False,
    quiet: Quiet = False,
    api_key: ApiKey = None,
) -> int:
    """Show how far a story is; with -d, wait for it and save it as `story run` would. Nothing is sent."""
    from stories.single.run import fetch_story

    reporter = StoryReporter.of(as_json=as_json, human=human, quiet=quiet)
    with reporter.errors_told(), _key_set(api_key):
        asked = _asked(image_format, no_references=no_references)
        if output_dir is None:
            return _show_state(reporter, job_id, asked)
        return _collect(reporter, output_dir.resolve(), asked, timeout, partial(fetch_story, job_id))


def _collect(
    reporter: StoryReporter,
    directory: Path,
    asked: "Asked",
    timeout_seconds: float,
    errand: "Errand",
    *,
    with_studio: bool = False,
) -> int:
    import asyncio

    from stories.clock import SystemClock
    from stories.single.progress import StoryProgress

    config = _config(asked)
    poll = config.poll.model_copy(update={"deadline_seconds": timeout_seconds})
    config = config.model_copy(update={"poll": poll})
    progress = StoryProgress(directory, asked.image_format, with_studio)
    with reporter.following(progress):
        record = asyncio.run(errand(asked, config, progress, clock=SystemClock(), jitter=_jitter()))
    reporter.delivered(record, asked, progress)
    return ExitCode.SUCCESS


def _show_state(reporter: StoryReporter, job_id: str, asked: "Asked") -> int:
    import asyncio

    from stories.api.wire import JobStatus
    from stories.clock import SystemClock
    from stories.single.progress import Stage, StoryProgress
    from stories.single.run import failure_of, look_at_job

    answer = asyncio.run(look_at_job(job_id, _config(asked), clock=SystemClock(), jitter=_jitter()))
    reporter.state(job_id, answer)
    if answer.answer.status is JobStatus.FAILED:
        reporter.progress = StoryProgress(Path(), asked.image_format, stage=Stage.FAILED, job_id=job_id)
        raise failure_of(answer.answer)
    return ExitCode.SUCCESS


def _asked(word: FormatWord, *, no_references: bool) -> "Asked":
    from stories.api.wire import ImageFormat
    from stories.single.folder import Asked

    image_format = next(one for one in ImageFormat if one.extension == word)
    return Asked(image_format, references=not no_references)


def _config(asked: "Asked") -> "RunConfig":
    """Load the config of a single story: no cap, as with the vendor's command."""
    from configs.loading import load_config
    from configs.options import RunOptions
    from stories.errors import AuthenticationFailed

    config = load_config(RunOptions(no_cap=True, formats=(asked.image_format,), references=asked.references))
    if config.api.key is None:
        raise AuthenticationFailed(
            "no API key: set DEPICTA_API_KEY, or try it without one: `depicta story run STORYBOARD --studio` starts a "
            "studio on this machine",
            http_status=401,
            code="authentication_error",
        )
    return config


def _jitter() -> random.Random:
    return random.Random()  # noqa: S311 - spreads waits, guards nothing


@contextmanager
def _key_set(api_key: str | None) -> Iterator[None]:
    from configs.loading import environment_set

    with environment_set({} if api_key is None else {"DEPICTA_API_KEY": api_key}):
        yield


@contextmanager
def _fresh_directory() -> Iterator[Path]:
    """A directory that no other command of the same second has; it goes again when nothing comes into it."""
    from stories.errors import TargetUnusable
    from stories.storage.storage_errors import storage_error

    second = int(time.time())
    while True:
        directory = Path(f"depicta-story-{second}").resolve()
        try:
            directory.mkdir()
            break
        except FileExistsError:
            second += 1
        except OSError as exc:
            raise storage_error(exc, url=str(directory), refusal=TargetUnusable) from exc
    try:
        yield directory
    finally:
        with suppress(OSError):
            directory.rmdir()
