"""`depicta studio`: the embedded Stories service."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.console import people, print_json, print_result, printable

if TYPE_CHECKING:
    from studio.settings import StudioAddress

app = typer.Typer(no_args_is_help=True, help="The embedded Stories service: real pictures, offline, at no cost.")


@app.callback()
def studio() -> None:
    """The embedded Stories service: real pictures, offline, at no cost."""


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on 127.0.0.1; 0 takes any free one.")] = 8787,
    data_dir: Annotated[
        Path | None, typer.Option(help="Jobs, pictures and the key; the state directory when it is not given.")
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="API key to accept; one is made and kept when it is not given.")
    ] = None,
    seconds_per_scene: Annotated[float, typer.Option(help="The least time that a scene takes.")] = 0.0,
    fault: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=PROBABILITY", help="A fault to rehearse; `studio faults` has them."),
    ] = None,
    fault_seed: Annotated[int, typer.Option(help="Which requests the faults fall on.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print the address as one JSON object.")] = False,
) -> None:
    """Serve the Stories API on this machine until Ctrl-C."""
    from configs.loading import load_settings
    from stories.errors import ConfigurationError
    from studio.errors import StudioError
    from studio.faults import read_odds
    from studio.server import serve as serve_studio
    from studio.settings import StudioSettings

    directory = data_dir or load_settings().state_directory / "studio" / "served"
    try:
        settings = StudioSettings(
            data_directory=directory,
            port=port,
            seconds_per_scene=seconds_per_scene,
            faults=read_odds(fault or ()),
            fault_seed=fault_seed,
        )
        serve_studio(settings, announce=partial(_announce, as_json=as_json), key=key)
    except (StudioError, ValueError) as exc:
        raise ConfigurationError(str(exc)) from exc


def _announce(address: "StudioAddress", *, as_json: bool) -> None:
    if as_json:
        print_json({"url": address.url, "key": address.key})
        return
    people.print(f"The studio serves the Stories API at {address.url}; in another terminal:")
    people.print(f"  export DEPICTA_API_URL={address.url} DEPICTA_API_KEY={address.key}")


@app.command()
def faults(
    as_json: Annotated[bool, typer.Option("--json", help="Print the table as one JSON object.")] = False,
) -> None:
    """List what `serve --fault NAME=PROBABILITY` can do."""
    from studio.faults import FAULTS

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
    """Say what the illustrator understands of each scene, and what it does not; nothing is drawn or sent."""
    from stories.story_file import read_story
    from stories.wire import Storyboard
    from studio.illustrator.explanation import explain as explain_scenes

    scenes = explain_scenes(Storyboard.model_validate_json(read_story(storyboard).body))
    if as_json:
        print_json([scene.model_dump(mode="json") for scene in scenes])
        return
    for number, scene in enumerate(scenes, start=1):
        print_result(printable(f"scene {number}: {scene.lines()[0]}"))
        for line in scene.lines()[1:]:
            print_result(printable(f"  {line}"))
