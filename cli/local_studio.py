"""The studio that `--studio` starts for the length of one command."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from cli.studio_extra import require_studio_extra
from configs.loading import environment_set, load_config
from stories.errors import ConfigurationError
from studio.errors import StudioError
from studio.process import StudioProcess
from studio.settings import StudioSettings

_ENOUGH_EUR = Decimal(1_000_000)


@contextmanager
def studio_running(purpose: str) -> Iterator[None]:
    """Run a studio while the block lasts, with `DEPICTA_API_URL` and `DEPICTA_API_KEY` set to it.

    The studio keeps its data under the state directory by `purpose`, such as a target's URL, so that the next command
    with the same purpose finds the jobs of this one. Raises `ConfigurationError` when the studio cannot start.
    """
    require_studio_extra()
    directory = studio_directory(purpose)
    settings = StudioSettings(data_directory=directory, port=0, starting_balance_eur=_ENOUGH_EUR)
    try:
        process = StudioProcess(settings)
        with process:
            address = process.address
            with environment_set({"DEPICTA_API_URL": address.url, "DEPICTA_API_KEY": address.key}):
                yield
    except StudioError as exc:
        raise ConfigurationError(f"the studio could not be started: {exc}") from exc


def studio_directory(purpose: str) -> Path:
    """Return the data directory of a purpose; the same relative path in two working directories gives two of them."""
    place = purpose if "://" in purpose else str(Path(purpose).absolute())
    digest = hashlib.sha256(place.encode()).hexdigest()[:12]
    return load_config().state_directory / "studio" / digest
