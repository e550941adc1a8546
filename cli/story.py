"""`depicta story`: produce one storyboard or show one job, with the options and output of the vendor's command."""

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
    from stories.single.folder import ImageSelection, StoryRecord

    Errand = Callable[..., Coroutine[Any, Any, StoryRecord]]

app = typer.Typer(no_args_is_help=True, help="Produce one story, or show its progress.")


class FormatWord(StrEnum):
    """Image formats, in the spelling of the vendor's command."""

    PNG = "png"
    JPG = "jpg"
    WEBP = "webp"


Format = Annotated[FormatWord, typer.Option("--format", "-f", help="Save the scenes in this format.")]
Timeout = Annotated[
    float, typer.Option(min=0.1, help="Stop waiting after this many seconds; the story goes on at the service.")
]
NoReferences = Annotated[
    bool, typer.Option("--no-references", help="Do not save the images of characters and locations.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, and an error as one on stderr.")]
Human = Annotated[bool, typer.Option("--human", help="Print messages for people even into a pipe.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only errors.")]
ApiKey = Annotated[
    str | None, typer.Option(help="Use this API key. Prefer DEPICTA_API_KEY, which stays out of the shell history.")
]


@app.command()
def run(
    storyboard: Annotated[Path, typer.Argument(help="Storyboard: a JSON file.")],
    output_dir: Annotated[
        Path | None,
        typer.Option("--output-dir", "-d", help="Save the images here instead of ./depicta-story-<unix time>."),
    ] = None,
    image_format: Format = FormatWord.PNG,
    timeout: Timeout = 2700,
    no_references: NoReferences = False,
    as_json: AsJson = False,
    human: Human = False,
    quiet: Quiet = False,
    api_key: ApiKey = None,
    studio: Annotated[
        bool, typer.Option("--studio", help="Use a studio on this machine, without a key and at no cost.")
    ] = False,
) -> int:
    """Produce a story, or resume it in the directory of an earlier run. A story is never paid for twice."""
    from stories.single.run import run_story
    from stories.storyboards.source import read_story

    reporter = StoryReporter.of(as_json=as_json, human=human, quiet=quiet)
    with reporter.errors_reported(), ExitStack() as stack:
        story = read_story(storyboard)
        directory = output_dir.resolve() if output_dir is not None else stack.enter_context(_fresh_directory())
        stack.enter_context(_key_set(api_key))
        if studio:
            from cli.local_studio import studio_running

            stack.enter_context(studio_running(str(directory)))
        selection = _selection(image_format, no_references=no_references)
        return _collect(reporter, directory, selection, timeout, partial(run_story, story), with_studio=studio)


@app.command()
def status(
    job_id: Annotated[str, typer.Argument(help="Id of the job.")],
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
    """Show the progress of a story. With -d, wait for it and save it as `story run` does. Nothing is sent."""
    from stories.single.run import fetch_story

    reporter = StoryReporter.of(as_json=as_json, human=human, quiet=quiet)
    with reporter.errors_reported(), _key_set(api_key):
        selection = _selection(image_format, no_references=no_references)
        if output_dir is None:
            return _show_state(reporter, job_id, selection)
        return _collect(reporter, output_dir.resolve(), selection, timeout, partial(fetch_story, job_id))


def _collect(
    reporter: StoryReporter,
    directory: Path,
    selection: "ImageSelection",
    timeout_seconds: float,
    errand: "Errand",
    *,
    with_studio: bool = False,
) -> int:
    import asyncio

    from stories.clock import SystemClock
    from stories.single.progress import StoryProgress

    config = _config(selection)
    poll = config.poll.model_copy(update={"deadline_seconds": timeout_seconds})
    config = config.model_copy(update={"poll": poll})
    progress = StoryProgress(directory, selection.image_format, with_studio)
    with reporter.following(progress):
        record = asyncio.run(errand(selection, config, progress, clock=SystemClock(), jitter=_jitter()))
    reporter.delivered(record, selection, progress)
    return ExitCode.SUCCESS


def _show_state(reporter: StoryReporter, job_id: str, selection: "ImageSelection") -> int:
    import asyncio

    from stories.api.wire import JobStatus
    from stories.clock import SystemClock
    from stories.single.progress import Stage, StoryProgress
    from stories.single.run import failure_of, look_at_job

    answer = asyncio.run(look_at_job(job_id, _config(selection), clock=SystemClock(), jitter=_jitter()))
    reporter.state(job_id, answer)
    if answer.answer.status is JobStatus.FAILED:
        reporter.progress = StoryProgress(Path(), selection.image_format, stage=Stage.FAILED, job_id=job_id)
        raise failure_of(answer.answer)
    return ExitCode.SUCCESS


def _selection(word: FormatWord, *, no_references: bool) -> "ImageSelection":
    from stories.api.wire import ImageFormat
    from stories.single.folder import ImageSelection

    image_format = next(one for one in ImageFormat if one.extension == word)
    return ImageSelection(image_format, references=not no_references)


def _config(selection: "ImageSelection") -> "RunConfig":
    """Load the config of a single story, without a cost cap, as the vendor's command has none."""
    from configs.loading import load_config
    from configs.options import RunOptions
    from stories.errors import AuthenticationFailed

    config = load_config(RunOptions(no_cap=True, formats=(selection.image_format,), references=selection.references))
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
    """Create a directory that no other command of the same second uses, and remove it afterwards if it is empty."""
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
