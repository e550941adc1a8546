"""What only a local directory can get wrong: crashes, other processes, other things in the way."""

import asyncio
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from stories.errors import TargetUnusable
from stories.storage.fsspec_store import FsspecStore, open_store
from stories.storage.local import LocalFiles

_RACER = """
import asyncio, sys
from stories.storage.fsspec_store import open_store

async def main(root, name):
    async with open_store(root) as target:
        print("ready", flush=True)
        sys.stdin.readline()
        for race in range(60):
            tasks = [target.create(f"races/{race}", f"{name}-{task}".encode()) for task in range(2)]
            won = await asyncio.gather(*tasks)
            for task in range(2):
                if won[task]:
                    print(race, f"{name}-{task}", flush=True)

asyncio.run(main(*sys.argv[1:]))
"""
_WRITER = """
import asyncio, sys
from stories.storage.fsspec_store import open_store

async def main(root):
    async with open_store(root) as target:
        for number in range(10_000):
            await target.create(f"objects/{number}", b"x" * 1_000_000)
            await target.publish("latest", str(number).encode() * 100_000)
            print(number, flush=True)

asyncio.run(main(*sys.argv[1:]))
"""
_LIMITED_WRITER = """
import asyncio, resource, sys
from stories.storage.fsspec_store import open_store

async def main(root, operation):
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
    async with open_store(root) as target:
        await getattr(target, operation)("a/kept" if operation == "publish" else "a/new", b"x" * 3_000_000)

asyncio.run(main(*sys.argv[1:]))
"""


def _system_calls(action: Callable[[], object]) -> list[str]:
    """The calls that matter for durability, in their order, as the interpreter makes them."""
    calls: list[str] = []

    def note(_: object, event: str, function: object) -> None:
        name = getattr(function, "__name__", "")
        if event == "c_call" and name in {"fsync", "link", "replace", "mkdir"}:
            calls.append(name)

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    return calls


def _start(program: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


async def test_a_race_of_processes_has_one_winner_each_time(local_target: FsspecStore) -> None:
    racers = [_start(_RACER, local_target.url, f"process-{number}") for number in range(4)]
    for racer in racers:
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        racer.stdin.write("go\n")
        racer.stdin.flush()
    claims = [line.split() for racer in racers for line in racer.communicate()[0].splitlines()]
    assert sorted(int(race) for race, _ in claims) == list(range(60))
    for race, winner in claims:
        assert await local_target.read(f"races/{race}") == winner.encode()


async def test_a_killed_writer_leaves_whole_objects_only(local_target: FsspecStore) -> None:
    with _start(_WRITER, local_target.url) as writer:
        for _ in range(5):
            writer.stdout.readline()
        writer.kill()
    objects = [stored async for stored in local_target.list("objects")]
    assert len(objects) >= 5
    assert {stored.size_bytes for stored in objects} == {1_000_000}
    latest = await local_target.read("latest")
    assert latest is not None
    assert latest == latest[:1] * len(latest)


@pytest.mark.parametrize("operation", ["create", "publish"])
def test_a_write_that_fails_midway_leaves_nothing_and_says_why(tmp_path: Path, operation: str) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "kept").write_bytes(b"x")
    result = subprocess.run(
        [sys.executable, "-c", _LIMITED_WRITER, str(tmp_path), operation], capture_output=True, text=True, check=False
    )
    assert f"TargetUnusable: {tmp_path}: the file is larger than" in result.stderr
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["kept"]
    assert (tmp_path / "a" / "kept").read_bytes() == b"x"


def test_content_is_synced_before_its_name_appears_and_the_directory_after(tmp_path: Path) -> None:
    files = LocalFiles(tmp_path)
    assert _system_calls(lambda: files.create("new/deep/b", b"x")) == ["mkdir", "fsync"] * 2 + [
        "fsync",
        "link",
        "fsync",
    ]
    assert _system_calls(lambda: files.create("new/deep/c", b"x")) == ["fsync", "link", "fsync"]
    assert _system_calls(lambda: files.publish("new/deep/b", b"y")) == ["fsync", "replace", "fsync"]


async def test_a_listing_is_of_now_and_without_the_temporary_files_of_a_crash(tmp_path: Path) -> None:
    async with open_store(str(tmp_path)) as target:
        await target.publish("a/b", b"x")
        assert [stored.key async for stored in target.list("a")] == ["a/b"]
        (tmp_path / "a" / ".tmp-left-behind").write_bytes(b"half")
        (tmp_path / "a" / "c").write_bytes(b"from outside")
        (tmp_path / "a" / "b").unlink()
        assert [(stored.key, stored.size_bytes) async for stored in target.list("a")] == [("a/c", 12)]


async def test_places_that_cannot_be_written_are_refused_by_the_probe(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for url, reason in [
        (str(tmp_path / "file"), "is a file"),
        (str(tmp_path / "file" / "below"), "is a file"),
        ("/proc/stories", "cannot be made"),
        (str(tmp_path / ("x" * 300)), "too long"),
    ]:
        async with open_store(url) as target:
            with pytest.raises(TargetUnusable, match=reason) as caught:
                await target.probe()
            assert url in str(caught.value)


async def test_blocking_calls_use_the_threads_of_the_target_only(local_target: FsspecStore) -> None:
    loop = asyncio.get_running_loop()
    await asyncio.gather(*(local_target.publish(f"a/{number}", b"x") for number in range(20)))
    assert loop._default_executor is None
