"""`depicta batch`: many storyboards into one dataset."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import print_json, print_result
from cli.exit_codes import ExitCode

if TYPE_CHECKING:
    from configs.options import RunOptions

app = typer.Typer(no_args_is_help=True, help="Many storyboards into one dataset.")

Source = Annotated[str, typer.Argument(help="Storyboards: a path, a URL, a directory or a glob.")]
Target = Annotated[str, typer.Argument(help="The dataset's root: a path, or a URL such as s3://bucket/stories.")]
InFlight = Annotated[int | None, typer.Option(help="Stories at the service at the same time.")]
PerSecond = Annotated[float | None, typer.Option(help="Mean rate of submits.")]
Formats = Annotated[list[str] | None, typer.Option("--format", help="png, jpeg or webp; may be given again.")]
NoReferences = Annotated[bool, typer.Option("--no-references", help="Keep no reference images.")]
Samples = Annotated[int | None, typer.Option(help="Stories to produce of each storyboard; each is paid for.")]
MaxCost = Annotated[str | None, typer.Option(metavar="EUR", help="Send nothing that could exceed this.")]
MaxCostTotal = Annotated[
    str | None, typer.Option(metavar="EUR", help="Send nothing that could bring the target, over all its runs, above.")
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Send again what the service failed at three times, uncharged.")
]
NoCap = Annotated[bool, typer.Option("--no-cap", help="Run without a cap against a paid service.")]
Config = Annotated[str | None, typer.Option(help="A YAML profile, or the name of one in configs/.")]
Studio = Annotated[bool, typer.Option("--studio", help="Use a studio of this machine: no key, no cost.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")]
Verbose = Annotated[bool, typer.Option("--verbose", help="Show Prefect's log as well.")]


@app.command()
def run(
    source: Source,
    target: Target,
    in_flight: InFlight = None,
    submits_per_second: PerSecond = None,
    formats: Formats = None,
    no_references: NoReferences = False,
    samples: Samples = None,
    max_cost_eur: MaxCost = None,
    max_cost_eur_total: MaxCostTotal = None,
    no_cap: NoCap = False,
    retry_failed: RetryFailed = False,
    config: Config = None,
    studio: Studio = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> int:
    """Produce what is left to do of SOURCE into TARGET; a finished run sends and writes nothing."""
    options = _options(
        profile=config or ("studio" if studio else None),
        in_flight=in_flight,
        submits_per_second=submits_per_second,
        formats=tuple(formats) if formats else None,
        references=False if no_references else None,
        samples=samples,
        max_cost_eur=_eur(max_cost_eur),
        max_cost_eur_total=_eur(max_cost_eur_total, "--max-cost-eur-total"),
        no_cap=True if no_cap else None,
        retry_failed=retry_failed,
    )
    return _run(source, target, options, studio=studio, as_json=as_json, verbose=verbose)


def _run(source: str, target: str, options: "RunOptions", *, studio: bool, as_json: bool, verbose: bool) -> int:
    from cli.progress import run_progress
    from cli.studio_extra import require_studio_extra
    from cli.summary import show_summary
    from configs.loading import environment_set
    from stories.batch.places import check_places

    check_places(source, target)
    if studio:
        require_studio_extra()
    else:
        _check(options)
    with (
        run_progress(quiet=as_json) as progress,
        environment_set(_prefect_environment(verbose=verbose)),
        _prefect_if_none(progress.step) as wait_for_prefect,
        _studio_if(studio, target, progress.step),
    ):
        _check(options)
        from cli.flow_run import run_produce_stories  # takes seconds, in which the server starts

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
def plan(
    source: Source,
    target: Target,
    samples: Samples = None,
    max_cost_eur: MaxCost = None,
    no_cap: NoCap = False,
    config: Config = None,
    studio: Studio = False,
    as_json: AsJson = False,
) -> int:
    """Show what a run would send, and what it may cost; nothing is sent or written."""
    import asyncio
    import random

    from cli.summary import show_outlook
    from configs.loading import load_settings
    from configs.terms import terms_of
    from stories.batch.plan import BatchRun, look_ahead

    options = _options(
        profile=config or ("studio" if studio else None),
        samples=samples,
        max_cost_eur=_eur(max_cost_eur),
        no_cap=True if no_cap else None,
    )
    with _studio_if(studio, target, lambda _step: None):
        settings = load_settings(options)
        boards = settings.storyboards
        batch = BatchRun(source, target, "plan", boards.samples, boards.column, settings.dataset.shard_stories)
        jitter = random.Random()  # noqa: S311 - spreads waits, guards nothing
        outlook = asyncio.run(look_ahead(batch, terms_of(settings), jitter))
    if as_json:
        print_json(outlook.figures())
    else:
        show_outlook(outlook, in_flight=settings.pace.in_flight)
    return ExitCode.SUCCESS


@app.command()
def status(target: Target, as_json: AsJson = False) -> int:
    """Show what is on TARGET: counts per state, money, and what is held and why."""
    import asyncio

    from cli.summary import show_inventory
    from stories.batch.status import take_inventory

    inventory = asyncio.run(take_inventory(target))
    if as_json:
        print_json(inventory.model_dump(mode="json"))
    else:
        show_inventory(inventory)
    return ExitCode.SUCCESS


def _options(**values: object) -> "RunOptions":
    """The options as one checked object; a value out of bounds is told with the name of its option."""
    from pydantic import ValidationError

    from configs.options import RunOptions
    from stories.errors import ConfigurationError

    try:
        return RunOptions.model_validate(values)
    except ValidationError as exc:
        problem = exc.errors(include_url=False)[0]
        option = str(problem["loc"][0]).replace("_", "-").replace("formats", "format")
        raise ConfigurationError(f"--{option} {problem['input']!r}: {problem['msg'].lower()}") from exc


def _eur(text: str | None, option: str = "--max-cost-eur") -> Decimal | None:
    from stories.errors import ConfigurationError

    try:
        return None if text is None else Decimal(text)
    except InvalidOperation as exc:
        raise ConfigurationError(f"{option} {text!r}: an amount such as 25 or 12.50 is expected") from exc


def _check(options: "RunOptions") -> None:
    """Find what is wrong with the settings before a server is started for them."""
    from configs.loading import load_settings
    from configs.terms import terms_of
    from stories.api.access import ApiAccess

    settings = load_settings(options)
    if settings.api.key_block is None:
        terms = terms_of(settings)
        ApiAccess(terms.api_url, terms.api_key)


@contextmanager
def _studio_if(wanted: bool, target: str, on_step: Callable[[str], None]) -> Iterator[None]:
    if not wanted:
        yield
        return
    from cli.local_studio import studio_running

    on_step("starting the studio")
    with studio_running(target):
        yield


@contextmanager
def _prefect_if_none(on_step: Callable[[str], None]) -> Iterator[Callable[[], None]]:
    """Start a Prefect server unless one is set up; gives what waits until it is ready."""
    from configs.loading import environment_set, load_settings
    from configs.prefect_profile import configured_api_url

    if configured_api_url() is not None:
        yield lambda: None
        return
    from cli.prefect_server import prefect_server_started

    on_step("starting a local Prefect server")
    directory = load_settings().state_directory / "prefect"
    with prefect_server_started(directory) as server, environment_set({"PREFECT_API_URL": server.url}):
        yield server.wait_until_ready


def _prefect_environment(*, verbose: bool) -> dict[str, str]:
    """What Prefect reads when it is imported: our own log lines go to the run's page, none of any to the terminal."""
    quiet = {} if verbose else {"PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL"}
    return {"PREFECT_LOGGING_EXTRA_LOGGERS": "stories,tasks,flows", "DO_NOT_TRACK": "1", **quiet}
