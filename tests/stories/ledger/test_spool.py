"""The spool on a real file system: who holds it, what survives in it, and what a damaged one may not say."""

import asyncio
import resource
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from stories.errors import SpoolUnusable
from stories.ledger.spool import DeadSpool, Spool, SpooledJob
from tests.doubles.ledger_processes import HOST, TARGET_ID

A, B = "a" * 32, "b" * 32
JOB = SpooledJob(B, 2, "job-1", "/v1/generate/story/job-1")


@pytest.fixture
def spools(directory: Path) -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def reader(directory: Path, spools: ExitStack) -> Spool:
    return spools.enter_context(Spool.open(directory, TARGET_ID, host=HOST))


def files_of(directory: Path) -> list[Path]:
    return [path for path in directory.rglob("*") if path.is_file()]


async def leave_behind(directory: Path, *, host: str = HOST) -> Path:
    """The file of a process that was about to send two stories, had one accepted, and died."""
    with Spool.open(directory, TARGET_ID, host=host) as spool:
        await spool.sending(A, 1)
        await spool.sending(B, 2)
        await spool.accepted(JOB)
        return directory / TARGET_ID / f"{spool.spool_id}.spool"


async def test_a_dead_spool_tells_what_was_sent_and_accepted(directory: Path, reader: Spool) -> None:
    path = await leave_behind(directory)
    expected = DeadSpool(path.stem, frozenset({(A, 1), (B, 2)}), (JOB,), is_whole=True)
    assert await reader.take_dead() == (expected,)


async def test_the_spool_of_a_living_process_cannot_be_taken(directory: Path, reader: Spool, spools: ExitStack) -> None:
    other = spools.enter_context(Spool.open(directory, TARGET_ID, host=HOST))
    await other.sending(A, 1)
    assert await reader.take_dead() == ()
    other.close()
    assert [dead.spool_id for dead in await reader.take_dead()] == [other.spool_id]


async def test_a_dead_spool_has_one_taker_until_it_is_released(
    directory: Path, reader: Spool, spools: ExitStack
) -> None:
    await leave_behind(directory)
    other = spools.enter_context(Spool.open(directory, TARGET_ID, host=HOST))
    (dead,) = await reader.take_dead()
    assert await other.take_dead() == ()
    assert await reader.take_dead() == ()
    await reader.release(dead)
    assert await other.take_dead() == (dead,)
    await other.fold_away(dead)
    assert await reader.take_dead() == ()
    assert dead.spool_id not in {path.stem for path in files_of(directory)}


def test_files_are_for_the_owner_alone(directory: Path, reader: Spool) -> None:
    path = directory / TARGET_ID / f"{reader.spool_id}.spool"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert directory.stat().st_mode & 0o777 == 0o700


async def test_spools_of_other_hosts_targets_and_copies_are_left_alone(directory: Path, reader: Spool) -> None:
    await leave_behind(directory, host="host-b")
    path = await leave_behind(directory)
    shutil.copy(path, copy := path.with_name("copied.spool"))
    path.replace(path.with_name("moved.spool"))
    shutil.copy(copy, path)
    elsewhere = directory / "00000000-0000-0000-0000-000000000000"
    with Spool.open(directory, elsewhere.name, host=HOST) as other_target:
        assert await other_target.take_dead() == ()
    assert await reader.take_dead() == ()


async def test_a_torn_last_line_is_as_if_it_had_not_been_written(directory: Path, reader: Spool) -> None:
    path = await leave_behind(directory)
    whole = path.read_bytes()
    last_line = whole[:-1].rfind(b"\n") + 1
    for length in range(last_line, len(whole) - 1):
        path.write_bytes(whole[:length])
        (dead,) = await reader.take_dead()
        assert (dead.accepted, dead.is_whole) == ((), True)
        assert dead.sending == {(A, 1), (B, 2)}
        await reader.release(dead)


@pytest.mark.parametrize("end", [b"", b"\x0b", b"\x00"])
async def test_a_last_line_that_lacks_only_its_end_counts(directory: Path, reader: Spool, end: bytes) -> None:
    path = await leave_behind(directory)
    path.write_bytes(path.read_bytes()[:-1] + end)
    (dead,) = await reader.take_dead()
    assert (dead.accepted, dead.is_whole) == ((JOB,), True)


async def test_no_flipped_bit_makes_a_send_look_as_if_it_had_not_left(directory: Path, reader: Spool) -> None:
    path = await leave_behind(directory)
    whole = path.read_bytes()
    for position in range(len(whole)):
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        for dead in await reader.take_dead():
            assert not dead.is_whole or dead.sending >= {(A, 1), (B, 2)}, position
            await reader.release(dead)


async def test_a_damaged_spool_is_set_aside_for_a_person(directory: Path, reader: Spool) -> None:
    path = await leave_behind(directory)
    header, _, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([header, b"nonsense\n", *rest]))
    (dead,) = await reader.take_dead()
    assert not dead.is_whole
    assert dead.accepted == (JOB,)
    await reader.fold_away(dead)
    assert not path.exists()
    assert path.with_suffix(".damaged").exists()
    assert await reader.take_dead() == ()


@pytest.mark.parametrize("content", [b"", b"\n", b"nonsense\n"])
async def test_a_spool_without_its_first_line_is_left_alone(directory: Path, reader: Spool, content: bytes) -> None:
    path = await leave_behind(directory)
    path.write_bytes(content)
    assert await reader.take_dead() == ()


async def test_a_closed_spool_refuses_every_line(directory: Path) -> None:
    spool = Spool.open(directory, TARGET_ID, host=HOST)
    spool.close()
    with pytest.raises(SpoolUnusable, match="closed"):
        await spool.sending(A, 1)
    with pytest.raises(SpoolUnusable, match="closed"):
        await spool.accepted(JOB)


async def test_a_full_disk_refuses_the_line_and_every_later_one(directory: Path, reader: Spool) -> None:
    with Spool.open(directory, TARGET_ID, host=HOST) as spool:
        await spool.sending(A, 1)
        path = directory / TARGET_ID / f"{spool.spool_id}.spool"
        with files_up_to(path.stat().st_size + 20), pytest.raises(SpoolUnusable, match="nothing may be sent"):
            await spool.sending(B, 2)
        with pytest.raises(SpoolUnusable):  # there is room again, but the torn line would join this one
            await spool.sending(B, 2)
    (dead,) = await reader.take_dead()
    assert (dead.sending, dead.is_whole) == (frozenset({(A, 1)}), True)


async def test_lines_of_many_tasks_do_not_mix(directory: Path, reader: Spool) -> None:
    with Spool.open(directory, TARGET_ID, host=HOST) as spool:
        await asyncio.gather(*(spool.sending(A, attempt) for attempt in range(1, 65)))
    (dead,) = await reader.take_dead()
    assert dead.sending == {(A, attempt) for attempt in range(1, 65)}
    assert dead.is_whole


def test_a_directory_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a directory")
    with pytest.raises(SpoolUnusable, match=r"file.*cannot be written"):
        Spool.open(tmp_path / "file", TARGET_ID, host=HOST)


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """What a full disk does to a write, for every file of this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
