"""Connections that break while a story is submitted: faults 29 to 33, through a byte proxy."""

import os
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.session import ApiTimeouts
from stories.api.submit import SubmitClient
from stories.api.transport import SUBMIT_TIMEOUTS, Timeouts
from stories.ledger.send import Baseline, StorySender
from stories.ledger.states import SubmitState
from stories.storyboards.collection import collect
from stories.target import begin_target, open_target
from tests.doubles.books import discrepancies
from tests.doubles.meddling_proxy import Broken, End, Meddler, meddling_proxy
from tests.doubles.running_studio import KEY, studio_here
from tests.faults.rehearsal import SHORT, Rehearsal, drawn

EVERY_OFFSET = "EVERY_OFFSET"
REPLY_BYTES = 900
"""More than a 202 of the studio has, with the headers of the proxy."""
ROUND = 40
"""Stories whose replies are cut at the same time; the studio lists a hundred."""


def posts_only(broken: Broken) -> Meddler:
    return lambda request: broken if request.method == "POST" else None


@pytest.mark.parametrize(
    "broken",
    [
        Broken(End.RESET),
        Broken(End.CLOSE),
        Broken(End.HANG),
        Broken(End.RESET, first_bytes=30),
        Broken(End.HANG, first_bytes=200),
    ],
    ids=str,
)
async def test_a_reply_that_does_not_arrive_is_a_doubt_and_its_job_is_adopted(tmp_path: Path, broken: Broken) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox", "an owl")
    with studio_here(tmp_path / "studio") as studio:
        with meddling_proxy(studio.url, posts_only(broken)) as url:
            assert (await rehearsal.run(url, timeouts=ApiTimeouts(submit=SHORT))).counts.held == 2
        assert await rehearsal.states() == {SubmitState.IN_DOUBT: 2}
        await drawn(studio)
        assert (await rehearsal.run(studio.url, "run-2")).counts.completed == 2
        assert len(studio.posts()) == 2
        assert await discrepancies(studio, rehearsal.target) == []


@pytest.mark.parametrize("end", End)
async def test_a_request_that_does_not_arrive_is_a_doubt_as_well(tmp_path: Path, end: End) -> None:
    """The client cannot know; that no job is seen does not send it again."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox")
    with studio_here(tmp_path / "studio") as studio:
        with meddling_proxy(studio.url, posts_only(Broken(end, acts=False))) as url:
            assert (await rehearsal.run(url, timeouts=ApiTimeouts(submit=SHORT))).counts.held == 1
        assert (await rehearsal.run(studio.url, "run-2")).counts.held == 1
        assert studio.posts() == []
        assert await discrepancies(studio, rehearsal.target) == []


async def test_a_reply_that_drips_is_given_up_at_the_deadline_of_the_whole(tmp_path: Path) -> None:
    """One byte in 50 ms never times out between two bytes, and would take half a minute."""
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox", "an owl")
    drip = Broken(End.CLOSE, first_bytes=None, seconds_per_byte=0.05)
    poll_policy = Timeouts(read_seconds=0.5, total_seconds=1.0)
    with studio_here(tmp_path / "studio") as studio:
        with meddling_proxy(studio.url, posts_only(drip)) as url:
            started = time.monotonic()
            await submit_all(rehearsal, url, poll_policy)
            assert 1.0 <= (time.monotonic() - started) / 2 < 5.0
        assert await rehearsal.states() == {SubmitState.IN_DOUBT: 2}
        await drawn(studio)
        assert (await rehearsal.run(studio.url, "run-2")).counts.completed == 2
        assert await discrepancies(studio, rehearsal.target) == []


def rounds(reply_bytes: int) -> Iterator[list[int]]:
    """The offsets at which a reply is cut: as many as one round has, from the first byte to the last; or every one."""
    if os.environ.get(EVERY_OFFSET):
        yield from (
            list(range(first, min(first + ROUND, reply_bytes + 1))) for first in range(0, reply_bytes + 1, ROUND)
        )
    else:
        yield [*range(0, reply_bytes, reply_bytes // (ROUND - 2)), reply_bytes - 1, reply_bytes]


async def test_a_202_that_is_cut_anywhere_loses_no_job(tmp_path: Path) -> None:
    """Fault 31. `EVERY_OFFSET=1` cuts at each single byte."""
    for number, offsets in enumerate(rounds(REPLY_BYTES)):
        rehearsal = Rehearsal(tmp_path / str(number))
        rehearsal.write(*[f"cut at {offset:04}" for offset in offsets])
        with studio_here(rehearsal.directory / "studio") as studio:
            with meddling_proxy(studio.url, cut_at(offsets)) as url:
                await submit_all(rehearsal, url)
            found = [entry.state for entry in await rehearsal.entries()]
            doubts = found.count(SubmitState.IN_DOUBT)
            assert found == [SubmitState.IN_DOUBT] * doubts + [SubmitState.ACCEPTED] * (len(offsets) - doubts)
            assert offsets[0] > 0 or doubts > 0
            assert offsets[-1] < REPLY_BYTES or doubts < len(offsets)
            await drawn(studio)
            assert (await rehearsal.run(studio.url, "run-2")).counts.completed == len(offsets)
            assert len(studio.posts()) == len(offsets)
            assert await discrepancies(studio, rehearsal.target) == []


def cut_at(offsets: list[int]) -> Meddler:
    """Each POST's reply is cut at the next of the offsets."""
    left = iter(offsets)
    return lambda request: Broken(End.CLOSE, first_bytes=next(left)) if request.method == "POST" else None


async def submit_all(rehearsal: Rehearsal, url: str, timeouts: Timeouts = SUBMIT_TIMEOUTS) -> None:
    """Send every story, one after the other, past the breaker that a run has."""
    async with begin_target(rehearsal.target, run_id="run-1"):
        pass
    async with (
        open_target(rehearsal.target, run_id="run-1", state_directory=rehearsal.directory / "state") as dataset,
        SubmitClient(ApiAccess(url, SecretStr(KEY)), timeouts) as client,
    ):
        assert dataset is not None
        submissions = StorySender(dataset.ledger, client, baseline=Baseline((), dataset.clock.now(), None))
        with collect(str(rehearsal.directory / "boards")) as collection:
            for story in collection.stories():
                await submissions.submit(story, price_eur=Decimal("0.10"))
