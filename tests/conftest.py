"""Every test runs as if on a machine that has no network and no configuration of a user."""

import errno
import os
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path, PurePosixPath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# What a developer's shell may hold that would change what is tested; uv, pip and the interpreter keep theirs.
FOREIGN_PREFIXES = ("DEPICTA_", "PREFECT_", "AWS_", "AZURE_", "GOOGLE_", "GCSFS_", "FSSPEC_", "MOTO_", "XDG_")
FOREIGN_NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir", "netrc")

# One worker runs all of these: two Prefect servers at once are more than two cores carry well.
PREFECT = ("cli/test_batch.py", "cli/test_shutdown.py", "deployments", "flows", "tasks")
# What takes longest is begun first, so that no worker is left alone with it in the end.
LONGEST_FIRST = (*PREFECT, "studio", "faults", "stories/batch", "kills", "engines", "illustrator", "simulation")


def pytest_configure(config: pytest.Config) -> None:
    """Swap the environment before any test module is imported: Prefect and the AWS client read theirs on import."""
    home = tempfile.TemporaryDirectory(prefix="depicta-tests-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    environment = pytest.MonkeyPatch()
    config.add_cleanup(environment.undo)
    for name in list(os.environ):
        if name.upper().startswith(FOREIGN_PREFIXES) or name.lower() in FOREIGN_NAMES:
            environment.delenv(name)
    for name, value in _environment_of_tests(Path(home.name)).items():
        environment.setenv(name, value)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that take longest first; xdist keeps this order (`--no-loadscope-reorder`)."""
    items.sort(key=lambda item: _rank(_file_of(item.nodeid)))


class ByFolder(LoadScopeScheduling):
    """Gives a worker a folder at a time, so that the servers of a folder start once, and all that uses Prefect.

    xdist's own groups (3.8) are lost on pytest 9.2, where the attribute that they are written into does not exist.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = _file_of(nodeid)
        return "prefect" if _rank(file) < len(PREFECT) else file.parent.as_posix()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFolder:
    return ByFolder(config, log)


def _file_of(nodeid: str) -> PurePosixPath:
    """Return the file of a test, relative to `tests`."""
    return PurePosixPath(nodeid.partition("::")[0]).relative_to("tests")


def _rank(file: PurePosixPath) -> int:
    """Return the place in `LONGEST_FIRST` of what the file is or lies in, or the number of places."""
    ranks = [rank for rank, place in enumerate(LONGEST_FIRST) if file.is_relative_to(place)]
    return min(ranks, default=len(LONGEST_FIRST))


def _environment_of_tests(home: Path) -> dict[str, str]:
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_CACHE_HOME": str(home / ".cache"),
        "XDG_DATA_HOME": str(home / ".local" / "share"),
        "XDG_STATE_HOME": str(home / ".local" / "state"),
        "PREFECT_HOME": str(home / ".prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_CLI_PROMPT": "false",
        "DO_NOT_TRACK": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture(scope="session", autouse=True)
def _loopback_only() -> Iterator[None]:
    """This process reaches loopback and Unix sockets; everything else fails as it does without a network.

    Foreign names do not resolve, foreign addresses cannot be reached, and the text of the error says why.
    """
    connect, connect_ex, getaddrinfo = socket.socket.connect, socket.socket.connect_ex, socket.getaddrinfo

    def guarded_connect(self: socket.socket, address: object) -> None:
        if not _stays_here(self.family, address):
            raise OSError(errno.ENETUNREACH, f"tests reach loopback only, this is {address}")
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: object) -> int:
        return connect_ex(self, address) if _stays_here(self.family, address) else errno.ENETUNREACH

    def guarded_getaddrinfo(host: bytes | str | None, *args: object, **kwargs: object) -> object:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not _is_here(name) and not _is_address(name):
            raise socket.gaierror(socket.EAI_NONAME, f"tests resolve localhost only, this is {name}")
        return getaddrinfo(host, *args, **kwargs)

    socket.socket.connect, socket.socket.connect_ex = guarded_connect, guarded_connect_ex
    socket.getaddrinfo = guarded_getaddrinfo
    yield
    socket.socket.connect, socket.socket.connect_ex = connect, connect_ex
    socket.getaddrinfo = getaddrinfo


@dataclass(frozen=True)
class _Prefect:
    api_url: str
    new_database: Path


@pytest.fixture(scope="session")
def _prefect(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Prefect]:
    # Here, not above: Prefect reads its environment when it is imported.
    from prefect.events.worker import EventsWorker  # noqa: PLC0415
    from prefect.logging.handlers import APILogWorker  # noqa: PLC0415

    from cli.prefect_server import prefect_server_started  # noqa: PLC0415

    directory = tmp_path_factory.mktemp("prefect")
    with prefect_server_started(directory) as server:
        server.wait_until_ready()
        database = directory / "new.db"
        with closing(sqlite3.connect(directory / "prefect.db")) as used, closing(sqlite3.connect(database)) as new:
            used.backup(new)
        yield _Prefect(server.url, database)
        # What this process still holds for the server; without it, Prefect tries for a minute when the process ends.
        APILogWorker.drain_all(timeout=10)
        EventsWorker.drain_all(timeout=10)


@pytest.fixture(scope="session")
def prefect_api(_prefect: _Prefect) -> str:
    """The API's URL of a Prefect server in a process of its own: one for all tests that ask for it."""
    return _prefect.api_url


@pytest.fixture(scope="session")
def prefect_database(_prefect: _Prefect) -> Path:
    """A database of Prefect's without runs, for a server that is to start at once: making one takes long."""
    return _prefect.new_database


def _stays_here(family: int, address: object) -> bool:
    return family not in (socket.AF_INET, socket.AF_INET6) or (isinstance(address, tuple) and _is_here(address[0]))


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    return _is_address(host) and ip_address(host.partition("%")[0]).is_loopback


def _is_address(host: str) -> bool:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
