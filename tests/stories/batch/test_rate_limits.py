import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stories.batch.rate_limits import InFlightLimit, TokenBucket
from tests.doubles.hand_clock import HandClock

REST_SECONDS = 10.0


async def take(bucket: TokenBucket, clock: HandClock, times: list[float]) -> None:
    await bucket.take()
    times.append(clock.monotonic())


async def hold(limit: InFlightLimit, inside: list[int], name: int, leave: asyncio.Event) -> None:
    async with limit.slot():
        inside.append(name)
        try:
            await leave.wait()
        finally:
            inside.remove(name)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def most_in_window(times: Sequence[float], seconds: float) -> int:
    return max(sum(start <= time < start + seconds for time in times) for start in times)


@given(
    per_second=st.floats(0.1, 50),
    waits=st.lists(st.floats(0, 3), min_size=1, max_size=40),
    pauses=st.sets(st.integers(0, 39), max_size=3),
)
async def test_no_window_ever_sees_more_than_the_rate_and_one_burst(
    per_second: float, waits: list[float], pauses: set[int]
) -> None:
    clock = HandClock()
    bucket, times = TokenBucket(per_second, clock), []
    for number, wait_seconds in enumerate(waits):
        clock.advance(wait_seconds)
        if number in pauses:
            bucket.pause(5.0)
        await take(bucket, clock, times)
    burst = max(1.0, per_second)
    for seconds in (0.5, 1.0, 5.0):
        assert most_in_window(times, seconds) <= per_second * seconds + burst + 1e-6


async def test_a_burst_of_one_second_leaves_at_once_and_the_rest_evenly() -> None:
    clock = HandClock()
    bucket, times = TokenBucket(2, clock), []
    for _ in range(5):
        await take(bucket, clock, times)
    assert times == [0, 0, 0.5, 1.0, 1.5]


async def test_less_than_one_a_second_has_no_burst() -> None:
    clock = HandClock()
    bucket, times = TokenBucket(0.5, clock), []
    for _ in range(3):
        await take(bucket, clock, times)
    assert times == [0, 2, 4]


async def test_turns_are_given_in_the_order_of_asking() -> None:
    clock, order = HandClock(), []
    bucket = TokenBucket(1, clock)

    async def ask(number: int) -> None:
        await bucket.take()
        order.append(number)

    await asyncio.gather(*(ask(number) for number in range(20)))
    assert order == list(range(20))


async def test_a_pause_holds_those_who_wait_already_and_lets_no_crowd_out_when_it_ends() -> None:
    clock, times = HandClock(), []
    bucket = TokenBucket(2, clock)
    waiting = [asyncio.create_task(take(bucket, clock, times)) for _ in range(2)]
    await asyncio.gather(*waiting)
    waiting = [asyncio.create_task(take(bucket, clock, times)) for _ in range(6)]
    bucket.pause(100)
    await asyncio.gather(*waiting)
    assert times[2:] == [100, 100.5, 101, 101.5, 102, 102.5]


async def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    clock, times = HandClock(), []
    bucket = TokenBucket(10, clock)
    bucket.pause(30)
    bucket.pause(1)
    await take(bucket, clock, times)
    assert times == [pytest.approx(30)]


async def test_whoever_stops_waiting_uses_up_no_turn() -> None:
    clock, times = HandClock(), []
    bucket = TokenBucket(1, clock)
    await take(bucket, clock, times)
    given_up = asyncio.create_task(take(bucket, clock, times))
    await asyncio.sleep(0)
    given_up.cancel()
    await asyncio.gather(given_up, return_exceptions=True)
    clock.advance(1)
    await take(bucket, clock, times)
    assert times[-1] <= 2


async def test_no_more_stories_than_slots_and_in_the_order_of_asking() -> None:
    limit, inside, leave = InFlightLimit(3, HandClock()), [], asyncio.Event()
    tasks = [asyncio.create_task(hold(limit, inside, name, leave)) for name in range(7)]
    await settle()
    assert inside == [0, 1, 2]
    leave.set()
    await asyncio.gather(*tasks)
    assert inside == []


async def test_the_slots_are_halved_and_those_taken_stay_taken() -> None:
    limit, inside, leave = InFlightLimit(8, HandClock()), [], asyncio.Event()
    tasks = [asyncio.create_task(hold(limit, inside, name, leave)) for name in range(8)]
    await settle()
    limit.slow_down()
    assert (limit.capacity, len(inside)) == (4, 8)
    leave.set()
    await asyncio.gather(*tasks)


async def test_refusals_of_what_was_sent_before_a_halving_do_not_halve_again() -> None:
    clock = HandClock()
    limit = InFlightLimit(64, clock)
    for _ in range(5):
        limit.slow_down()
    assert limit.capacity == 32
    clock.advance(REST_SECONDS)
    limit.slow_down()
    assert limit.capacity == 16


async def test_one_slot_always_remains() -> None:
    clock = HandClock()
    limit = InFlightLimit(4, clock)
    for _ in range(5):
        limit.slow_down()
        clock.advance(REST_SECONDS)
    assert limit.capacity == 1
    async with limit.slot():
        pass


async def test_a_whole_round_of_accepted_submits_earns_one_slot_up_to_the_most() -> None:
    clock = HandClock()
    limit = InFlightLimit(4, clock)
    limit.slow_down()
    grown = []
    for _ in range(12):
        limit.accepted()
        grown.append(limit.capacity)
    assert grown == [2, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4]


async def test_a_slot_that_is_earned_is_given_to_whoever_waits() -> None:
    limit, inside, leave = InFlightLimit(2, HandClock()), [], asyncio.Event()
    limit.slow_down()
    tasks = [asyncio.create_task(hold(limit, inside, name, leave)) for name in range(2)]
    await settle()
    assert inside == [0]
    limit.accepted()
    await settle()
    assert inside == [0, 1]
    leave.set()
    await asyncio.gather(*tasks)


@pytest.mark.parametrize("turns_before_cancel", [0, 1, 2])
async def test_a_cancelled_wait_loses_no_slot(turns_before_cancel: int) -> None:
    """Also when the slot was given and the waiter has not run since."""
    limit, inside, leave = InFlightLimit(1, HandClock()), [], asyncio.Event()
    holder = asyncio.create_task(hold(limit, inside, 0, leave))
    await settle()
    waiter = asyncio.create_task(hold(limit, inside, 1, asyncio.Event()))
    await settle()
    leave.set()
    for _ in range(turns_before_cancel):
        await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.gather(holder, waiter, return_exceptions=True)
    async with limit.slot():
        assert inside == []


@given(st.lists(st.sampled_from(["start", "end", "cancel", "slow", "accept"]), max_size=60))
async def test_whatever_happens_slots_are_neither_lost_nor_exceeded(steps: list[str]) -> None:
    limit, inside = InFlightLimit(4, HandClock()), []
    running: list[tuple[asyncio.Task[None], asyncio.Event]] = []
    for name, step in enumerate(steps):
        if step == "start":
            leave = asyncio.Event()
            running.append((asyncio.create_task(hold(limit, inside, name, leave)), leave))
        elif running and step in {"end", "cancel"}:
            task, leave = running.pop(name % len(running))
            if step == "cancel":
                task.cancel()
            leave.set()
        elif step == "slow":
            limit.slow_down()
        else:
            limit.accepted()
        await asyncio.sleep(0)
        assert len(inside) <= 4
    for _, leave in running:
        leave.set()
    await asyncio.gather(*(task for task, _ in running), return_exceptions=True)
    await settle()
    entered = [limit.slot() for _ in range(limit.capacity)]
    for slot in entered:
        await asyncio.wait_for(slot.__aenter__(), 1)
