"""The conditions that every test runs under, set up in tests/conftest.py."""

import asyncio
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

FOREIGN_ADDRESS = ("192.0.2.1", 443)  # set aside for documentation (RFC 5737): no host has it


def test_a_foreign_address_cannot_be_reached() -> None:
    with socket.socket() as stranger, pytest.raises(OSError, match="loopback only"):
        stranger.connect(FOREIGN_ADDRESS)
    with socket.socket() as stranger:
        assert stranger.connect_ex(FOREIGN_ADDRESS) != 0


async def test_a_foreign_address_cannot_be_reached_by_asyncio() -> None:
    with pytest.raises(OSError, match="loopback only"):
        await asyncio.open_connection(*FOREIGN_ADDRESS)


def test_a_foreign_name_does_not_resolve() -> None:
    with pytest.raises(socket.gaierror, match="localhost only"):
        socket.create_connection(("api.example.org", 443))


async def test_loopback_can_be_reached_by_name_and_by_address() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        for host in ("127.0.0.1", "localhost"):
            reader, writer = await asyncio.open_connection(host, port, family=socket.AF_INET)
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()


def test_a_unix_socket_can_be_reached(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(path)
        server.listen()
        client.connect(path)
        assert client.getpeername() == path


def test_no_configuration_of_the_user_is_in_reach() -> None:
    """A developer's profile, key or credentials would otherwise decide what a test sees."""
    home = Path.home()
    assert home.name.startswith("depicta-tests-")
    assert Path(os.environ["PREFECT_HOME"]).parent == home
    assert not [name for name in os.environ if name.startswith("DEPICTA_") or name.lower().endswith("_proxy")]


def test_a_process_that_a_test_starts_has_the_same_home() -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "from pathlib import Path; print(Path.home())"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert answer.stdout.strip() == str(Path.home())
