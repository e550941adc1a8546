"""A studio for the length of one command: what `--studio` starts."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from configs.loading import environment_set, load_config
from stories.errors import ConfigurationError
from studio.errors import StudioError
from studio.process import StudioProcess
from studio.settings import StudioSettings

_ENOUGH_EUR = Decimal(1_000_000)


@contextmanager
def studio_running(purpose: str) -> Iterator[None]:
    """Run a studio while the block lasts, with the environment pointing at it.

    Its data is kept under the state directory by `purpose`, such as a target's URL, so that the next command of the
    same purpose finds the jobs that this one left.
    """
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
    """Where the studio of this purpose keeps its data; two working directories do not share one by a relative path."""
    place = purpose if "://" in purpose else str(Path(purpose).absolute())
    digest = hashlib.sha256(place.encode()).hexdigest()[:12]
    return load_config().state_directory / "studio" / digest
