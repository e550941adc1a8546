"""Who is at a story: processes of this host by their spools' locks, those of others by two looks at their signs."""

import asyncio

import pytest

from stories.ledger.heartbeat import WORKERS_PREFIX, Heartbeat
from stories.ledger.states import SubmitState
from stories.storage.fsspec_store import FsspecStore
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import LOST_REPLY, NewProcess, Process, ScriptedService, a_story, accepted

STORY = a_story()


def presence_of(process: Process) -> Heartbeat:
    return Heartbeat(process.store, process.ledger.spool, HandClock())


class Stayed:
    """A clock whose sleeps last until the test ends them: nothing beats meanwhile."""

    async def sleep(self, _seconds: float) -> None:
        await asyncio.Event().wait()


def works(process: Process) -> Heartbeat:
    return Heartbeat(process.store, process.ledger.spool, Stayed())  # type: ignore[arg-type] # only sleep is used


async def owned_by_other(process: Process) -> bool:
    return await presence_of(process).owned_by_other(await process.ledger.entry(STORY.story_id))


async def test_a_story_of_a_process_that_lives_is_its_own_and_left_alone_by_others(new_process: NewProcess) -> None:
    first, second = new_process(), new_process()
    async with works(first).running():
        await first.submit(STORY, ScriptedService(accepted()))
        assert not await owned_by_other(first)
        assert await owned_by_other(second)


async def test_a_story_whose_process_is_gone_is_taken_up_by_exactly_one_other(new_process: NewProcess) -> None:
    first, others = new_process(), [new_process(), new_process()]
    async with works(first).running(), works(others[0]).running(), works(others[1]).running():
        await first.submit(STORY, ScriptedService(accepted()))
        first.die()
        left = await asyncio.gather(*map(owned_by_other, others))
        assert sorted(left) == [False, True]
        assert await asyncio.gather(*map(owned_by_other, others)) == left


async def test_whoever_took_a_story_up_may_be_followed_in_turn(new_process: NewProcess) -> None:
    first, second, third = new_process(), new_process(), new_process()
    async with works(first).running(), works(second).running():
        await first.submit(STORY, ScriptedService(accepted()))
        first.die()
        assert not await owned_by_other(second)
        second.die()
        assert not await owned_by_other(third)


async def test_a_story_that_is_being_sent_is_anothers_and_one_in_doubt_is_nobodys(new_process: NewProcess) -> None:
    first, second = new_process(), new_process()
    async with works(first).running():
        service = ScriptedService(LOST_REPLY)
        service.breaker.clear()
        sending = asyncio.create_task(first.submit(STORY, service))
        await service.reached.wait()
        assert await owned_by_other(second)
        service.breaker.set()
        assert (await sending).entry.state is SubmitState.IN_DOUBT
        assert not await owned_by_other(second)


async def test_the_sign_goes_with_the_process_that_ends_in_order(new_process: NewProcess, store: FsspecStore) -> None:
    first = new_process()
    async with works(first).running():
        assert [stored.key async for stored in store.list(WORKERS_PREFIX)] != []
    assert [stored.key async for stored in store.list(WORKERS_PREFIX)] == []


@pytest.mark.parametrize("beats", [True, False])
async def test_a_process_of_another_host_is_gone_when_its_sign_does_not_change(
    new_process: NewProcess, store: FsspecStore, beats: bool
) -> None:
    observer, sign = new_process(), f"{WORKERS_PREFIX}/{'a' * 32}"
    await store.publish(sign, b"elsewhere:/spool\n1")

    class Watch(HandClock):
        async def sleep(self, seconds: float) -> None:
            await super().sleep(seconds)
            if beats:
                await store.publish(sign, b"elsewhere:/spool\n2")

    heartbeat = Heartbeat(store, observer.ledger.spool, Watch())
    assert await heartbeat.is_here("a" * 32)
    await heartbeat.expire()
    assert await heartbeat.is_here("a" * 32) == beats


async def test_a_killed_process_of_this_host_is_forgotten_without_waiting(
    new_process: NewProcess, store: FsspecStore
) -> None:
    first, second, clock = new_process(), new_process(), HandClock()
    await store.publish(f"{WORKERS_PREFIX}/{first.ledger.spool.spool_id}", f"{first.ledger.spool.place}\n7".encode())
    began = clock.monotonic()
    heartbeat = Heartbeat(store, second.ledger.spool, clock)
    await heartbeat.expire()
    assert await heartbeat.is_here(first.ledger.spool.spool_id)
    first.die()
    await heartbeat.expire()
    assert not await heartbeat.is_here(first.ledger.spool.spool_id)
    assert clock.monotonic() == began
