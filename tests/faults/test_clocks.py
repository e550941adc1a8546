"""Clocks that do not agree: fault 44. Only the service's own time is ever compared."""

import time
from collections.abc import Callable
from email.utils import formatdate
from functools import partial
from pathlib import Path

import pytest

from stories.ledger.states import SubmitState
from tests.doubles.books import discrepancies
from tests.doubles.meddling_proxy import LostReply, Request, Rewritten, Verdict, meddling_proxy
from tests.doubles.running_studio import studio_here
from tests.faults.rehearsal import Rehearsal, drawn

DAY_SECONDS = 86_400.0


def shifted(seconds: float) -> float:
    return time.time() + seconds


def with_date(date: Callable[[], str | None], request: Request, *, loses: bool) -> Verdict:
    """The answer under a date of ours; or none, to a POST whose reply is to be lost."""
    return LostReply() if loses and request.method == "POST" else Rewritten({"Date": date()})


@pytest.mark.parametrize("offset_seconds", [-DAY_SECONDS, DAY_SECONDS])
async def test_a_service_whose_clock_is_a_day_off_changes_nothing(tmp_path: Path, offset_seconds: float) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox", "an owl")
    date = lambda: formatdate(shifted(offset_seconds), usegmt=True)  # noqa: E731 - one expression, handed on
    with studio_here(tmp_path / "studio", now=partial(shifted, offset_seconds)) as studio:
        with meddling_proxy(studio.url, partial(with_date, date, loses=True)) as url:
            assert (await rehearsal.run(url)).counts.held == 2
        await drawn(studio)
        with meddling_proxy(studio.url, partial(with_date, date, loses=False)) as url:
            assert (await rehearsal.run(url, "run-2")).counts.completed == 2
        assert await discrepancies(studio, rehearsal.target, clocks_agree=False) == []
        assert len(studio.posts()) == 2


async def test_a_service_that_tells_no_time_leaves_its_doubts_to_a_person(tmp_path: Path) -> None:
    rehearsal = Rehearsal(tmp_path)
    rehearsal.write("a fox")
    with studio_here(tmp_path / "studio") as studio:
        with meddling_proxy(studio.url, partial(with_date, lambda: None, loses=True)) as url:
            assert (await rehearsal.run(url)).counts.held == 1
        await drawn(studio)
        assert (await rehearsal.run(studio.url, "run-2")).counts.held == 1
        assert await rehearsal.states() == {SubmitState.IN_DOUBT: 1}
        assert await discrepancies(studio, rehearsal.target) == []
