"""The extra `studio`, in processes that do not have it: what needs the studio says so in one line, the rest works."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.doubles.commands import STORYBOARD
from tests.doubles.running_studio import RunningStudio

EXTRA = ("numpy", "python_multipart", "skia_canvas_pyr", "uvicorn")
# None in sys.modules is how Python records that a module must not be imported.
PROGRAM = """\
import sys
sys.modules.update(dict.fromkeys({missing!r}))
from cli.app import run
sys.exit(run({arguments!r}))
"""
COMMANDS = (
    ["batch", "run", "board.json", "out", "--studio", "--no-cap"],
    ["story", "run", "board.json", "--studio", "--human"],
    ["studio", "serve", "--port", "0", "--data-dir", "data"],
    ["studio", "explain", "board.json"],
)


def without_extra(
    arguments: list[str], directory: Path, environment: Mapping[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Run a command in a process that cannot import the extra's packages."""
    (directory / "board.json").write_text(json.dumps(STORYBOARD))
    return subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM.format(missing=EXTRA, arguments=arguments)],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", COMMANDS, ids=[" ".join(command[:2]) for command in COMMANDS])
def test_a_command_that_needs_the_extra_names_it_in_one_line(tmp_path: Path, arguments: list[str]) -> None:
    done = without_extra(arguments, tmp_path, {})
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: the studio needs the extra `studio`, which is not installed: pip install 'depicta-stories[studio]' "
        "(missing: numpy, python_multipart, skia_canvas_pyr, uvicorn)\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["board.json"]


def test_a_story_of_a_service_elsewhere_needs_no_extra(tmp_path: Path, studio: RunningStudio) -> None:
    done = without_extra(["story", "run", "board.json", "-d", "out", "--json"], tmp_path, studio.environment)
    assert done.returncode == 0, done.stderr
    assert len(list((tmp_path / "out").rglob("scene*.png"))) == len(STORYBOARD["scenes"])
