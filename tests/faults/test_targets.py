"""Targets and disks that give way: faults 22 to 27, in whole runs."""

import asyncio
import resource
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from stories.errors import StoriesError, TargetUnusable
from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.meddling_proxy import Answer, Broken, End, LostReply, Meddler, Request, Verdict, meddling_proxy
from tests.doubles.object_store import ObjectStore, running_object_store
from tests.doubles.running_studio import RunningStudio, studio_here
from tests.faults.rehearsal import Rehearsal, drawn

REPOSITORY = Path(__file__).parents[2]
CONFLICT = Answer(409, b"<Error><Code>ConditionalRequestConflict</Code><Message>try again</Message></Error>")
AWAY = Broken(End.RESET, acts=False)


@pytest.fixture(scope="module")
def s3() -> Iterator[ObjectStore]:
    with running_object_store() as store:
        yield store


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RunningStudio]:
    with studio_here(tmp_path / "studio") as running:
        yield running


@pytest.fixture
def in_bucket(s3: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rehearsal:
    """Two stories whose target is in a bucket, which the environment says how to reach."""
    for name, value in {**s3.environment, "AWS_MAX_ATTEMPTS": "1"}.items():
        monkeypatch.setenv(name, value)
    rehearsal = Rehearsal(tmp_path, f"s3://{s3.new_bucket()}/set")
    rehearsal.write("a fox", "an owl")
    return rehearsal


class OnceEach:
    """Meddles with the first conditional create of every key."""

    def __init__(self, verdict: Verdict) -> None:
        self.keys: set[str] = set()
        self._verdict = verdict

    def __call__(self, request: Request) -> Verdict | None:
        is_create = request.method == "PUT" and "if-none-match" in {name.lower() for name in request.headers}
        if not is_create or request.path in self.keys:
            return None
        self.keys.add(request.path)
        return self._verdict


@pytest.mark.parametrize("verdict", [LostReply(), CONFLICT], ids=["reply-lost", "conflict"])
async def test_a_store_that_answers_each_first_create_badly_costs_nothing(
    in_bucket: Rehearsal, s3: ObjectStore, studio: RunningStudio, monkeypatch: pytest.MonkeyPatch, verdict: Verdict
) -> None:
    """Faults 22 and 23: the 412 after a lost reply is our own record, a 409 says that nothing landed."""
    meddler = OnceEach(verdict)
    with meddling_proxy(s3.endpoint_url, meddler) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert (await in_bucket.run(studio.url)).counts.completed == 2
        assert {key.rpartition(".")[2] for key in meddler.keys} >= {"intent", "own", "job"}
    assert len(studio.posts()) == 2
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint_url)
    assert await discrepancies(studio, in_bucket.target) == []


async def test_a_store_that_ignores_if_none_match_is_refused_before_anything_is_sent(
    in_bucket: Rehearsal, s3: ObjectStore, studio: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 24."""

    def without_condition(request: Request) -> None:
        request.headers = {name: it for name, it in request.headers.items() if name.lower() != "if-none-match"}

    with meddling_proxy(s3.endpoint_url, without_condition) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(TargetUnusable, match="ignores conditional create"):
            await in_bucket.run(studio.url)
    assert studio.posts() == []


async def test_a_store_that_is_away_after_the_202_loses_no_job(
    in_bucket: Rehearsal, s3: ObjectStore, studio: RunningStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault 25: the spool has the id, and the next run on this host takes it from there."""
    with meddling_proxy(s3.endpoint_url, lambda _: AWAY if studio.posts() else None) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with suppress(StoriesError, BaseExceptionGroup):
            await in_bucket.run(studio.url, in_flight=1)
    assert len(studio.posts()) == 1
    await drawn(studio)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint_url)
    assert (await in_bucket.states())[SubmitState.IN_DOUBT] == 1
    # In another host's eyes it is a doubt; here the job is bound without a look at the service's list.
    assert (await in_bucket.run(studio.url, "run-2")).counts.completed == 2
    assert len(studio.posts()) == 2
    assert await discrepancies(studio, in_bucket.target) == []


def breaks(rehearsal: Rehearsal, folder: str, studio: RunningStudio) -> Meddler:
    """When the first story has been accepted, puts a file where a folder of the target has to be."""

    def meddle(request: Request) -> None:
        place = Path(rehearsal.target, folder)
        if studio.posts() and not place.is_file():
            with suppress(FileNotFoundError):
                place.rename(place.with_name("aside"))
            place.write_bytes(b"")

    return meddle


@pytest.mark.parametrize("folder", ["_meta/ledger/jobs", "images"])
async def test_a_directory_that_cannot_be_written_any_more_loses_no_job(
    tmp_path: Path, studio: RunningStudio, folder: str
) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox", "an owl", "a heron")
    (tmp_path / "target").mkdir()
    place = tmp_path / "target" / folder
    with (
        meddling_proxy(studio.url, breaks(rehearsal, folder, studio)) as url,
        suppress(StoriesError, BaseExceptionGroup),
    ):
        report = await rehearsal.run(url, in_flight=1)
        assert report.stop is not None or report.counts.completed < 3
    assert 1 <= len(studio.posts()) <= 3
    place.unlink()
    with suppress(FileNotFoundError):
        place.with_name("aside").rename(place)
    await drawn(studio)
    assert (await rehearsal.run(studio.url, "run-2")).counts.all_done
    assert len(studio.posts()) == 3
    assert await discrepancies(studio, rehearsal.target) == []


async def test_a_target_that_is_read_only_is_refused_before_anything_is_sent(
    tmp_path: Path, studio: RunningStudio
) -> None:
    rehearsal = Rehearsal(tmp_path, "/proc/self/depicta")
    rehearsal.write("a fox")
    with pytest.raises(TargetUnusable, match="/proc/self/depicta: "):
        await rehearsal.run(studio.url)
    assert studio.posts() == []


@pytest.mark.parametrize("limit_bytes", [1500, 4000])
async def test_a_disk_that_fills_up_stops_the_run_and_loses_no_job(
    tmp_path: Path, studio: RunningStudio, limit_bytes: int
) -> None:
    """Fault 26, in a process whose files may not grow beyond a limit: receipts, records, spool, images, parts."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write(*[f"story {number}" for number in range(6)])
    assert await run_on_a_full_disk(rehearsal, studio.url, limit_bytes) != 0
    await drawn(studio)
    assert (await rehearsal.run(studio.url, "run-2")).counts.all_done
    assert len(studio.posts()) == 6
    assert await discrepancies(studio, rehearsal.target) == []


@pytest.mark.parametrize("damage", ["truncated", "bit-flipped"])
async def test_a_damaged_record_holds_its_story_and_no_other(
    tmp_path: Path, studio: RunningStudio, damage: str
) -> None:
    """Fault 27."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox", "an owl")
    with meddling_proxy(studio.url, lambda request: LostReply() if request.method == "POST" else None) as url:
        await rehearsal.run(url)
    await drawn(studio)
    record = min((tmp_path / "target/_meta/ledger/items").glob("*/1.intent"))
    content = record.read_bytes()
    record.write_bytes(content[:-9] if damage == "truncated" else bytes([content[0] ^ 1]) + content[1:])
    report = await rehearsal.run(studio.url, "run-2")
    assert (report.counts.completed, report.counts.held) == (1, 1)
    assert await rehearsal.states() == {SubmitState.ACCEPTED: 1, SubmitState.HELD: 1}
    assert len(studio.posts()) == 2
    record.write_bytes(content)
    assert (await rehearsal.run(studio.url, "run-3")).counts.completed == 1
    assert await discrepancies(studio, rehearsal.target) == []


async def run_on_a_full_disk(rehearsal: Rehearsal, url: str, limit_bytes: int) -> int | None:
    arguments = [sys.executable, "-m", "tests.faults.test_targets", str(rehearsal.directory), url, str(limit_bytes)]
    process = await asyncio.create_subprocess_exec(*arguments, cwd=REPOSITORY, stderr=asyncio.subprocess.DEVNULL)
    return await process.wait()


def main(directory: str, url: str, limit_bytes: str) -> None:
    """Run once with no file larger than the limit; exit code 1 for an error of the run or a stop."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit_bytes), int(limit_bytes)))
    report = asyncio.run(Rehearsal(Path(directory)).run(url))
    sys.exit(report.stop is not None)


if __name__ == "__main__":
    main(*sys.argv[1:])
