"""`depicta batch`: produce many storyboards into one dataset."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import print_json, print_result
from cli.exit_codes import ExitCode
from cli.options import AsJson, Config, Source, Studio, Target, options_of, profile_of, run_options

if TYPE_CHECKING:
    from configs.options import RunOptions

app = typer.Typer(no_args_is_help=True, help="Produce many storyboards into one dataset.")

Verbose = Annotated[bool, typer.Option("--verbose", help="Show Prefect's log as well.")]


@app.command()
@run_options(
    "in_flight",
    "submits_per_second",
    "formats",
    "references",
    "samples",
    "max_cost_eur",
    "max_cost_eur_total",
    "no_cap",
    "retry_failed",
)
def run(
    source: Source,
    target: Target,
    chosen: dict[str, object],
    config: Config = None,
    studio: Studio = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Produce the remaining stories of SOURCE into TARGET. When none remain, nothing is sent or written."""
    options = options_of({"profile": profile_of(config, studio=studio), **chosen})
    return _run(source, target, options, studio=studio, as_json=as_json, verbose=verbose)


def _run(source: str, target: str, options: "RunOptions", *, studio: bool, as_json: bool, verbose: bool) -> int:
    from cli.progress import run_progress
    from cli.studio_extra import require_studio_extra
    from cli.summary import show_summary
    from configs.loading import environment_set
    from stories.batch.plan import check_places

    check_places(source, target)
    if studio:
        require_studio_extra()
    else:
        _check(options)
    with (
        run_progress(quiet=as_json) as progress,
        environment_set(prefect_environment(verbose=verbose)),
        _prefect_if_none(progress.step) as wait_for_prefect,
        _studio_if(studio, target, progress.step),
    ):
        _check(options)
        from cli.flow_run import run_produce_stories  # the import takes seconds; the server starts meanwhile

        wait_for_prefect()
        progress.step("planning")
        summary = run_produce_stories(source, target, options, on_progress=progress.shard)
    if as_json:
        print_json(summary.model_dump(mode="json", exclude={"troubles", "notes"}))
    else:
        show_summary(summary)
        print_result(summary.target)
    return ExitCode.SUCCESS if summary.counts.all_done else ExitCode.STORIES_LEFT


@app.command()
@run_options("samples", "max_cost_eur", "no_cap")
def plan(
    source: Source,
    target: Target,
    chosen: dict[str, object],
    config: Config = None,
    studio: Studio = False,
    as_json: AsJson = False,
) -> int:
    """Show what a run would send and what it may cost. Nothing is sent or written."""
    import asyncio
    import random

    from cli.summary import forecast_document, show_forecast
    from configs.loading import load_config
    from stories.batch.plan import BatchRun, forecast_run
    from stories.config import require_sendable

    options = options_of({"profile": profile_of(config, studio=studio), **chosen})
    with _studio_if(studio, target, lambda _step: None):
        settings = require_sendable(load_config(options))
        jitter = random.Random()  # noqa: S311 - spreads waits, guards nothing
        forecast = asyncio.run(forecast_run(BatchRun(source, target, "plan"), settings, jitter))
    if as_json:
        print_json(forecast_document(forecast))
    else:
        show_forecast(forecast, in_flight=settings.pace.in_flight)
    return ExitCode.SUCCESS


@app.command()
def status(target: Target, as_json: AsJson = False) -> int:
    """Show the state of TARGET: counts per state, money, and each held story with its reason."""
    import asyncio

    from cli.summary import show_status
    from stories.batch.status import read_status

    found = asyncio.run(read_status(target))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        show_status(found)
    return ExitCode.SUCCESS


def _check(options: "RunOptions") -> None:
    """Raise errors in the settings before a Prefect server is started."""
    from configs.loading import load_config
    from stories.api.access import ApiAccess
    from stories.config import require_sendable

    config = load_config(options)
    if config.api.key_block is None:
        ApiAccess.of(require_sendable(config).api)


@contextmanager
def _studio_if(studio: bool, target: str, on_step: Callable[[str], None]) -> Iterator[None]:
    if not studio:
        yield
        return
    from cli.local_studio import studio_running

    on_step("starting the studio")
    with studio_running(target):
        yield


@contextmanager
def _prefect_if_none(on_step: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Start a Prefect server unless one is configured, and yield a function that waits until the server is ready."""
    from configs.loading import environment_set, load_config
    from configs.prefect_profile import configured_api_url

    if configured_api_url() is not None:
        yield lambda: None
        return
    from cli.prefect_server import prefect_server_started

    on_step("starting a local Prefect server")
    directory = load_config().state_directory / "prefect"
    with prefect_server_started(directory) as server, environment_set({"PREFECT_API_URL": server.url}):
        yield server.wait_until_ready


def prefect_environment(*, verbose: bool) -> dict[str, str]:
    """Return the variables that Prefect reads at import: log lines go to the run's page, not to the terminal."""
    quiet = {} if verbose else {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
    return {"PREFECT_LOGGING_EXTRA_LOGGERS": "stories,tasks,flows", "DO_NOT_TRACK": "1", **quiet}
