"""`depicta studio`: serve the embedded Stories service, list its faults, explain a storyboard."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

import typer

from cli.console import print_json, print_result, printable, stderr_console

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from studio.settings import StudioAddress

Port = Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any free port.")]
ImagePort = Annotated[
    int | None, typer.Option(help="A second port that serves images only, so that images have their own origin.")
]
DataDir = Annotated[
    Path | None, typer.Option(help="Directory of jobs, pictures and the key; by default in the state directory.")
]
Key = Annotated[str | None, typer.Option(help="API key to accept; by default a new key, kept in the data directory.")]
Slots = Annotated[int, typer.Option(help="Stories drawn at the same time.")]
Queue = Annotated[int, typer.Option(help="Stories of one key that may wait for a slot; then a submit is answered 429.")]
SecondsPerScene = Annotated[float, typer.Option(help="Shortest time that a scene takes.")]
Answers = Annotated[
    Literal["both", "seed", "client"],
    typer.Option(help="Form of the answers: of the published page, of the vendor's client, or both at once."),
]
Idempotency = Annotated[
    Literal["off", "replay", "reject"],
    typer.Option(help="Answer to a repeated Idempotency-Key: a second story, the first story again, or 409."),
]
Balance = Annotated[float, typer.Option(help="Euros in the account of a new key.")]
Requests = Annotated[int, typer.Option(help="Requests that a key may send in a minute; then they are answered 429.")]
Listed = Annotated[int, typer.Option(help="Number of newest jobs in the listing.")]
UrlSeconds = Annotated[int, typer.Option(help="Seconds for which an image URL is valid.")]
Fault = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME=PROBABILITY", help="A fault to inject; `studio faults` lists them."),
]
FaultSeed = Annotated[int, typer.Option(help="Seed that decides which requests meet a fault.")]

# Options whose name differs from the field of the settings.
_OTHER_NAMES = {"starting_balance_eur": "balance_eur", "url_lifetime_seconds": "url_seconds"}

app = typer.Typer(no_args_is_help=True, help="The embedded Stories service: real pictures, offline, at no cost.")


@app.callback()
def studio() -> None:
    """The embedded Stories service: real pictures, offline, at no cost."""


@app.command()
def serve(
    port: Port = 8787,
    image_port: ImagePort = None,
    data_dir: DataDir = None,
    key: Key = None,
    slots: Slots = 2,
    queue: Queue = 1000,
    seconds_per_scene: SecondsPerScene = 0.0,
    answers: Answers = "both",
    idempotency: Idempotency = "off",
    balance_eur: Balance = 100.0,
    requests_per_minute: Requests = 6000,
    listed_jobs: Listed = 100,
    url_seconds: UrlSeconds = 3600,
    fault: Fault = None,
    fault_seed: FaultSeed = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as one JSON object.")] = False,
) -> None:
    """Serve the Stories API on this machine until Ctrl-C."""
    chosen = {
        "port": port,
        "image_port": image_port,
        "slots": slots,
        "queue": queue,
        "seconds_per_scene": seconds_per_scene,
        "answers": answers,
        "idempotency": idempotency,
        "starting_balance_eur": str(balance_eur),
        "requests_per_minute": requests_per_minute,
        "listed_jobs": listed_jobs,
        "url_lifetime_seconds": url_seconds,
        "fault_seed": fault_seed,
    }
    _serve(chosen, data_dir=data_dir, key=key, faults=fault or (), as_json=as_json)


def _serve(
    chosen: dict[str, str | float | None],
    *,
    data_dir: Path | None,
    key: str | None,
    faults: Iterable[str],
    as_json: bool,
) -> None:
    from pydantic import ValidationError

    from cli.studio_extra import require_studio_extra
    from configs.loading import load_config
    from stories.errors import ConfigurationError

    require_studio_extra()
    from studio.errors import StudioError
    from studio.faults.table import read_odds
    from studio.server import serve as serve_studio
    from studio.settings import StudioSettings

    directory = data_dir or load_config().state_directory / "studio" / "served"
    try:
        settings = StudioSettings.model_validate({"data_directory": directory, **chosen, "faults": read_odds(faults)})
        serve_studio(settings, on_ready=partial(_print_address, as_json=as_json), key=key)
    except ValidationError as exc:
        raise ConfigurationError("; ".join(map(_option_and_reason, exc.errors(include_url=False)))) from exc
    except StudioError as exc:
        raise ConfigurationError(str(exc)) from exc


def _option_and_reason(error: "ErrorDetails") -> str:
    option = _OTHER_NAMES.get(str(error["loc"][0]), str(error["loc"][0])).replace("_", "-")
    return f"--{option} {error['input']}: {error['msg']}"


def _print_address(address: "StudioAddress", *, as_json: bool) -> None:
    if as_json:
        print_json({"url": address.url, "key": address.key, "page_url": address.page_url})
        return
    stderr_console.print(f"The studio serves the Stories API at {address.url}; in another terminal:")
    stderr_console.print(f"  export DEPICTA_API_URL={address.url} DEPICTA_API_KEY={address.key}")
    if address.image_origin is not None:
        stderr_console.print(f"  export DEPICTA_IMAGE_HOSTS={urlsplit(address.image_origin).netloc}")
    stderr_console.print(f"Watch the studio draw (the link works once): {address.page_url}")


@app.command()
def faults(
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as one JSON object.")] = False,
) -> None:
    """List the faults that `serve --fault NAME=PROBABILITY` can inject."""
    from studio.faults.table import FAULTS

    if as_json:
        print_json({"faults": [{"name": it.name, "place": it.place, "does": it.does} for it in FAULTS.values()]})
        return
    for it in FAULTS.values():
        print_result(f"{it.name:<22}{it.does}")


@app.command()
def explain(
    storyboard: Annotated[Path, typer.Argument(help="A file that holds one storyboard.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a list with one object per scene.")] = False,
) -> None:
    """Print what the illustrator understands of each scene and which words it does not; nothing is drawn or sent."""
    from cli.studio_extra import require_studio_extra

    require_studio_extra()
    from illustrator.explanation import explain as explain_scenes
    from stories.api.wire import Storyboard
    from stories.storyboards.source import read_story
    from studio.work.storyboards import illustrator_storyboard

    board = Storyboard.model_validate_json(read_story(storyboard).body)
    scenes = explain_scenes(illustrator_storyboard(board))
    if as_json:
        print_json([scene.model_dump(mode="json") for scene in scenes])
        return
    for number, scene in enumerate(scenes, start=1):
        print_result(printable(f"scene {number}: {scene.lines()[0]}"))
        for line in scene.lines()[1:]:
            print_result(printable(f"  {line}"))
