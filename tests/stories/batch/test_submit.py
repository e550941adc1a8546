import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stories.api.submit import SendReport
from stories.batch.run_state import RunState
from stories.batch.submit import StorySubmitter
from stories.errors import StorageUnavailable
from stories.ledger.budget import Budget
from stories.ledger.decisions import Outcome, decide
from stories.ledger.entry import LedgerEntry
from stories.ledger.send import StorySender
from stories.ledger.states import SubmitState
from stories.storage.fsspec_store import FsspecStore, open_store
from stories.storyboards.story import Story
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import BASELINE, LOST_REPLY, NOT_SENT, Process, a_report, a_story, accepted
from tests.doubles.whole_runs import config_for

PRICE_EUR = Decimal("0.40")
BACK_OFF_SECONDS = 5.0


class Service:
    """Answers each send with what the script says of its number; the last goes on.

    Notes when each send came, and how many stories may be charged for all that a client can know.
    """

    def __init__(self, clock: HandClock, *reports: SendReport) -> None:
        self.times: list[float] = []
        self.at_stake = self.most_at_stake = 0
        self._clock = clock
        self._reports = reports

    async def send(
        self, body: bytes, *, idempotency_key: str | None, before_first_byte: Callable[[], Awaitable[None]]
    ) -> SendReport:
        await before_first_byte()
        self.times.append(self._clock.monotonic())
        number = len(self.times)
        self.at_stake += 1
        self.most_at_stake = max(self.most_at_stake, self.at_stake)
        await asyncio.sleep(0)
        report = self._reports[min(number, len(self._reports)) - 1]
        self.at_stake -= decide(report).outcome in (Outcome.VOID, Outcome.REJECTED)
        return accepted(f"job-{number}") if report.http_status == 202 else report


class Bench:
    """A `StorySubmitter` with everything that it works with."""

    def __init__(
        self,
        process: Process,
        clock: HandClock,
        *reports: SendReport,
        cap_eur: str | None = None,
        per_second: float = 100,
    ) -> None:
        self.process = process
        self.service = Service(clock, *reports)
        config = config_for("http://127.0.0.1:1", Path("state"), max_cost_eur=None, submits_per_second=per_second)
        self.state = RunState(config, clock)
        self.state.budget = Budget(None if cap_eur is None else Decimal(cap_eur))
        self.budget, self.breaker, self.in_flight = self.state.budget, self.state.breaker, self.state.slots
        self.submitter = StorySubmitter(
            StorySender(process.ledger, self.service, baseline=BASELINE),
            state=self.state,
            price_eur=lambda _story: PRICE_EUR,
            jitter=random.Random(7),  # noqa: S311 - jitter that repeats
        )

    async def send(self, story: Story | None = None) -> LedgerEntry:
        story = story or a_story()
        return await self.submitter.send(story, await self.process.ledger.entry(story.story_id))

    @property
    def waits(self) -> list[float]:
        times = self.service.times
        return [later - sooner for sooner, later in pairwise(times)]


@pytest.fixture
def process(target: FsspecStore, tmp_path: Path, clock: HandClock) -> Iterator[Process]:
    process = Process(target, tmp_path / "state", clock)
    yield process
    process.die()


def stories(count: int) -> list[Story]:
    return [a_story(f"story {number}") for number in range(count)]


async def test_an_accepted_story_keeps_its_price_until_it_is_charged(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, accepted())
    entry = await bench.send()
    assert (entry.state, bench.budget.reserved_eur) == (SubmitState.ACCEPTED, PRICE_EUR)
    bench.submitter.completed(a_story(), Decimal("0.35"))
    assert (bench.budget.spent_eur, bench.budget.reserved_eur) == (Decimal("0.35"), 0)
    assert bench.state.money().bound_eur == Decimal("0.35")


async def test_without_a_word_on_the_cost_the_price_counts(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, accepted())
    await bench.send()
    bench.submitter.completed(a_story(), None)
    assert bench.budget.spent_eur == PRICE_EUR


async def test_a_story_that_failed_gives_its_price_back(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, accepted())
    await bench.send()
    bench.submitter.failed(a_story())
    assert bench.state.money().bound_eur == 0


async def test_beyond_the_cap_nothing_is_sent_and_the_gate_closes(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, accepted(), cap_eur="1.00")
    states = [(await bench.send(story)).state for story in stories(4)]
    assert states == [SubmitState.ACCEPTED] * 2 + [SubmitState.UNSENT] * 2
    assert len(bench.service.times) == 2
    assert "cost cap" in bench.breaker.reason
    assert bench.breaker.stop is None


@pytest.mark.parametrize("status", [402, 401])
async def test_the_service_says_stop_and_nothing_more_is_sent(process: Process, clock: HandClock, status: int) -> None:
    bench = Bench(process, clock, a_report(status, message="no more for you"))
    assert {(await bench.send(story)).state for story in stories(3)} == {SubmitState.UNSENT}
    assert len(bench.service.times) == 1
    assert (bench.breaker.reason, bench.budget.reserved_eur) == ("no more for you", 0)
    assert (bench.breaker.stop is not None) == (status == 401)


class HeldClock(HandClock):
    """Lets nobody wake up before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.wakes = asyncio.Event()

    async def sleep(self, seconds: float) -> None:
        await self.wakes.wait()
        await super().sleep(seconds)


async def test_a_gate_that_closes_while_stories_wait_for_their_turn_stops_them(process: Process) -> None:
    clock = HeldClock()
    bench = Bench(process, clock, a_report(401, message="wrong key"), accepted(), per_second=1)
    sends = [asyncio.create_task(bench.send(story)) for story in stories(5)]
    await asyncio.wait(sends, return_when=asyncio.FIRST_COMPLETED)  # entries are read in threads: any may be first
    clock.wakes.set()
    assert {entry.state for entry in await asyncio.gather(*sends)} == {SubmitState.UNSENT}
    assert (len(bench.service.times), bench.budget.reserved_eur) == (1, 0)


async def test_a_busy_service_is_waited_for_as_it_asks_and_the_slots_are_halved(
    process: Process, clock: HandClock
) -> None:
    bench = Bench(process, clock, a_report(429, code="rate_limited", retry_after_seconds=30.0), accepted())
    entry = await bench.send()
    assert (entry.state, entry.attempt) == (SubmitState.ACCEPTED, 2)
    assert 30 <= bench.waits[0] <= 30 + BACK_OFF_SECONDS
    assert bench.in_flight.capacity == 4
    assert bench.breaker.allows_submits()


@pytest.mark.parametrize("retry_after_seconds", [None, 0.0])
async def test_without_a_time_to_wait_the_waits_grow(
    process: Process, clock: HandClock, retry_after_seconds: float | None
) -> None:
    busy = a_report(429, code="rate_limited", retry_after_seconds=retry_after_seconds)
    bench = Bench(process, clock, busy, busy, busy, accepted())
    await bench.send()
    for number, wait in enumerate(bench.waits):
        assert BACK_OFF_SECONDS * 2**number <= wait <= BACK_OFF_SECONDS * (2**number + 1)


async def test_a_service_that_stays_busy_leaves_the_story_to_the_next_run_and_goes_on(
    process: Process, clock: HandClock
) -> None:
    bench = Bench(process, clock, a_report(429, code="rate_limited"))
    entry = await bench.send()
    assert (entry.state, entry.reason, len(bench.service.times)) == (SubmitState.UNSENT, "rate_limited", 6)
    assert bench.breaker.allows_submits()
    assert bench.budget.reserved_eur == 0


async def test_a_send_that_never_ran_is_sent_again_at_most_six_times_and_then_nothing_more(
    process: Process, clock: HandClock
) -> None:
    bench = Bench(process, clock, NOT_SENT)
    entry = await bench.send()
    assert (entry.state, entry.attempt, entry.next_attempt) == (SubmitState.UNSENT, 6, 7)
    assert "could not be reached" in bench.breaker.reason
    await bench.send(a_story("another"))
    assert len(bench.service.times) == 6
    assert bench.in_flight.capacity == 8, "it is not the service that asked for less"


async def test_a_lost_reply_is_never_sent_again_and_keeps_its_price(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, LOST_REPLY, accepted(), cap_eur="0.70")
    assert (await bench.send()).state is SubmitState.IN_DOUBT
    assert (await bench.send()).state is SubmitState.IN_DOUBT
    assert len(bench.service.times) == 1
    bench.submitter.failed(a_story())
    assert bench.state.money().bound_eur == PRICE_EUR
    assert (await bench.send(a_story("another"))).state is SubmitState.UNSENT, "the cap counts the doubt"


async def test_five_lost_replies_in_a_row_stop_the_run(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, LOST_REPLY)
    for story in stories(8):
        await bench.send(story)
    assert len(bench.service.times) == 5
    assert bench.breaker.stop is not None


@pytest.mark.parametrize(("status", "sends"), [(422, 3), (451, 6)])
async def test_refusals_alike_stop_the_run_unless_they_are_about_content(
    process: Process, clock: HandClock, status: int, sends: int
) -> None:
    bench = Bench(process, clock, a_report(status, code="validation_error" if status == 422 else "content_rejected"))
    states = [(await bench.send(story)).state for story in stories(6)]
    assert states.count(SubmitState.REJECTED) == sends == len(bench.service.times)
    assert bench.budget.reserved_eur == 0


async def test_refusals_of_several_kinds_are_about_their_storyboards(process: Process, clock: HandClock) -> None:
    bench = Bench(process, clock, a_report(422), a_report(413), a_report(400), a_report(422), accepted())
    for story in stories(5):
        await bench.send(story)
    assert bench.breaker.allows_submits()


async def test_a_job_that_the_target_does_not_take_stops_the_run_and_is_not_followed(
    process: Process, clock: HandClock
) -> None:
    bench = Bench(process, clock, accepted())
    process.store.trouble = lambda key: StorageUnavailable("away") if key.endswith(".own") else None
    entry = await bench.send()
    assert (entry.state, entry.reason) == (SubmitState.IN_DOUBT, "job_not_recorded")
    assert bench.breaker.stop is not None
    assert "job job-1 is not on the target; the next run on this machine reads it" in bench.breaker.stop.message


REPORTS = {
    "accepted": accepted(),
    "lost": LOST_REPLY,
    "not sent": NOT_SENT,
    "busy": a_report(429, code="rate_limited", retry_after_seconds=1.0),
    "refused": a_report(422),
    "content": a_report(451, code="content_rejected"),
    "broken": a_report(502),
}


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    script=st.lists(st.sampled_from(sorted(REPORTS)), min_size=1, max_size=12),
    cap_cents=st.integers(0, 400),
    ends=st.lists(st.sampled_from(["completed", "failed", "runs on"]), min_size=6, max_size=6),
)
async def test_what_may_be_charged_never_exceeds_the_cap(
    tmp_path_factory: pytest.TempPathFactory, script: list[str], cap_cents: int, ends: list[str]
) -> None:
    directory, clock, cap_eur = tmp_path_factory.mktemp("cap"), HandClock(), Decimal(cap_cents) / 100
    async with open_store(str(directory / "target")) as store:
        process = Process(store, directory / "state", clock)
        bench = Bench(process, clock, *(REPORTS[name] for name in script), cap_eur=str(cap_eur))

        async def live(story: Story, end: str) -> None:
            if (await bench.send(story)).state is SubmitState.ACCEPTED:
                if end == "completed":
                    bench.submitter.completed(story, PRICE_EUR)
                elif end == "failed":
                    bench.submitter.failed(story)
                    bench.service.at_stake -= 1

        await asyncio.gather(*(live(story, end) for story, end in zip(stories(6), ends, strict=True)))
        assert bench.service.most_at_stake * PRICE_EUR <= cap_eur
        assert bench.state.money().bound_eur == bench.service.at_stake * PRICE_EUR
        process.die()
