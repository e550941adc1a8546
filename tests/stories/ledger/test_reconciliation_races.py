"""Reconcilers beside each other, beside senders that wake up, and after processes that died between two records."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable

import pytest

from stories.errors import StorageUnavailable
from stories.ledger.decisions import RunAction
from stories.ledger.events import JobAssigned, JobSource, Own
from stories.ledger.open_doubts import DoubtReason
from stories.ledger.records import decode, own_key
from stories.ledger.states import SubmitState
from stories.storage.store import Store
from stories.storyboards.story import Story, identify
from tests.doubles.ledger_processes import (
    LOST_REPLY,
    NewProcess,
    Process,
    ScriptedService,
    Submission,
    a_story,
    accepted,
)
from tests.doubles.scripted_account import NewAccount, ScriptedAccount, reconciled

STORY, TWIN = a_story(), a_story(sample=1)
State = SubmitState


async def in_doubt(process: Process, *stories: Story) -> None:
    for story in stories:
        await process.submit(story, process.sender(LOST_REPLY))


async def jobs_of(process: Process, *stories: Story) -> dict[str, str | None]:
    return {story.story_id: (await process.ledger.entry(story.story_id)).job_id for story in stories}


def adopted(job_id: str) -> JobAssigned:
    return JobAssigned(job_id, f"/v1/generate/story/{job_id}", JobSource.ADOPTED)


async def dies_between_own_and_job(process: Process, story: Story, job_id: str) -> None:
    process.store.lost = lambda key: key.endswith(".own")
    with pytest.raises(StorageUnavailable):
        await process.ledger.bind(story.story_id, 1, adopted(job_id))
    process.store.lost = lambda key: False


async def test_a_half_adoption_of_any_host_is_finished_also_when_the_job_is_no_longer_listed(
    new_process: NewProcess, service: ScriptedAccount
) -> None:
    """Crash point C8: the one who died is on another host, whose spool nobody reads."""
    far_away, here = new_process(host="host-b"), new_process()
    await here.submit(a_story("done"), here.sender(accepted("job-0")))
    await in_doubt(far_away, STORY)
    await dies_between_own_and_job(far_away, STORY, "job-1")
    found = await reconciled(here, service)
    assert (found.finished, found.adopted, service.asked) == (1, (), [])
    assert found.story_states[STORY.story_id].state is State.ACCEPTED
    assert (await here.ledger.entry(STORY.story_id)).job_id == "job-1"


async def test_a_claim_of_a_story_that_is_not_in_the_ledger_is_left_alone(
    process: Process, service: ScriptedAccount, store: Store
) -> None:
    await in_doubt(process, STORY)
    await dies_between_own_and_job(process, TWIN, "job-1")
    assert (await reconciled(process, service)).finished == 0
    assert (await process.ledger.survey()).keys() == {STORY.story_id}


async def test_a_claim_whose_owner_was_given_another_job_is_void(process: Process, service: ScriptedAccount) -> None:
    """Two reconcilers saw different listings; what the one claimed for the same attempt in vain is not lost."""
    await in_doubt(process, STORY, TWIN)
    service.runs("job-1")
    service.runs("job-2", minutes=2)
    await dies_between_own_and_job(process, STORY, "job-1")
    assert await process.ledger.bind(STORY.story_id, 1, adopted("job-3"))
    assert await process.ledger.owner("job-1") is None
    found = await reconciled(process, service)
    assert [adoption.job_id for adoption in found.adopted] == ["job-1"]
    assert await jobs_of(process, STORY, TWIN) == {STORY.story_id: "job-3", TWIN.story_id: "job-1"}
    assert await process.ledger.owner("job-1") == (TWIN.story_id, 1)
    assert not await process.ledger.bind(STORY.story_id, 1, adopted("job-1"))


async def test_a_void_claim_has_one_successor(process: Process, store: Store) -> None:
    third = a_story(sample=2)
    await in_doubt(process, STORY, TWIN, third)
    await dies_between_own_and_job(process, STORY, "job-1")
    await process.ledger.bind(STORY.story_id, 1, adopted("job-0"))
    bound = await asyncio.gather(*(process.ledger.bind(it.story_id, 1, adopted("job-1")) for it in (TWIN, third)))
    assert sorted(bound) == [False, True]
    stored = await store.read(own_key("job-1", 2))
    assert stored is not None
    own = decode(own_key("job-1", 2), stored)
    assert own.content == Own("job-1", "/v1/generate/story/job-1", 2)
    assert own.story_id == (TWIN.story_id if bound[0] else third.story_id)


async def woken(process: Process, sender: ScriptedService, asleep: "asyncio.Task[Submission]") -> Submission:
    sender.breaker.set()
    return await asleep


async def test_a_sender_that_wakes_up_finds_its_job_adopted(process: Process, service: ScriptedAccount) -> None:
    sender = process.sender(accepted("job-1"))
    sender.breaker.clear()
    zombie = asyncio.create_task(process.submit(STORY, sender))
    await sender.reached.wait()
    service.runs("job-1")
    assert len((await reconciled(process, service)).adopted) == 1
    submission = await woken(process, sender, zombie)
    assert (submission.entry.state, submission.entry.job_id) == (State.ACCEPTED, "job-1")
    assert (submission.run_action, sender.sends) == (RunAction.GO_ON, 1)


@pytest.mark.parametrize("wakes_first", [True, False])
async def test_crossed_twins_both_have_a_job_in_the_end(
    process: Process, service: ScriptedAccount, wakes_first: bool
) -> None:
    """C16: the sleeper's job was not listed, so it was given the twin's; its own is free for the twin."""
    await in_doubt(process, TWIN)
    sender = process.sender(accepted("job-1"))
    sender.breaker.clear()
    zombie = asyncio.create_task(process.submit(STORY, sender))
    await sender.reached.wait()
    await process.ledger.bind(STORY.story_id, 1, adopted("job-2"))
    service.runs("job-1")
    service.runs("job-2")
    if wakes_first:
        assert (await woken(process, sender, zombie)).entry.job_id == "job-2"
        assert len((await reconciled(process, service)).adopted) == 1
    else:
        assert len((await reconciled(process, service)).adopted) == 1
        assert (await woken(process, sender, zombie)).entry.job_id == "job-2"
    assert await jobs_of(process, STORY, TWIN) == {STORY.story_id: "job-2", TWIN.story_id: "job-1"}
    assert (await reconciled(process, service)).open_doubts == ()


async def test_a_sleeper_whose_job_its_twin_was_given_takes_the_twins(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process, TWIN)
    sender = process.sender(accepted("job-1"))
    sender.breaker.clear()
    zombie = asyncio.create_task(process.submit(STORY, sender))
    await sender.reached.wait()
    service.runs("job-1")
    found = await reconciled(process, service)
    assert [(it.story_id, it.job_id) for it in found.adopted] == [(TWIN.story_id, "job-1")]
    assert (await woken(process, sender, zombie)).entry.state is State.IN_DOUBT
    assert [it.why for it in (await reconciled(process, service)).open_doubts] == [DoubtReason.ACCEPTED]
    service.runs("job-2", minutes=2)
    assert len((await reconciled(process, service)).adopted) == 1
    assert await jobs_of(process, STORY, TWIN) == {STORY.story_id: "job-2", TWIN.story_id: "job-1"}


@pytest.mark.parametrize("number_of_jobs", [1, 3, 4])
async def test_four_reconcilers_at_once_give_each_job_to_one_and_each_attempt_one(
    new_process: NewProcess, service: ScriptedAccount, number_of_jobs: int, store: Store
) -> None:
    """Of four jobs for three attempts any one may be left over: alike attempts are interchangeable, and so are jobs."""
    twins = [a_story(sample=sample) for sample in range(3)]
    jobs = {f"job-{number}" for number in range(number_of_jobs)}
    processes = [new_process(), new_process(), new_process(host="host-b"), new_process(host="host-c")]
    await in_doubt(processes[0], *twins)
    for number, job_id in enumerate(sorted(jobs)):
        service.runs(job_id, minutes=number + 1)
    found = await asyncio.gather(*(reconciled(process, service) for process in processes))
    assert sum(len(one.adopted) for one in found) >= min(3, number_of_jobs)
    given = {story_id: job_id for story_id, job_id in (await jobs_of(processes[0], *twins)).items() if job_id}
    assert len(given) == len(jobs.intersection(given.values())) == min(3, number_of_jobs)
    assert {job_id: await processes[0].ledger.owner(job_id) for job_id in given.values()} == {
        job_id: (story_id, 1) for story_id, job_id in given.items()
    }


class Turns:
    """Lets two processes create their records in a given order, as far as both have something left to create."""

    def __init__(self, order: str) -> None:
        self._order = list(order)
        self._changed = asyncio.Condition()

    def taken_by(self, process: Process, name: str) -> None:
        create = process.store.create

        async def in_turn(key: str, content: bytes) -> bool:
            async with self._changed:
                await self._changed.wait_for(lambda: name not in self._order or self._order[0] == name)
                created = await create(key, content)
                if self._order:
                    self._order.pop(0)
                self._changed.notify_all()
            return created

        process.store.create = in_turn  # type: ignore[method-assign]  # the seam at which two processes meet

    async def over_for(self, name: str) -> None:
        async with self._changed:
            self._order = [turn for turn in self._order if turn != name]
            self._changed.notify_all()


@pytest.mark.parametrize("order", sorted({"".join(order) for order in itertools.permutations("aaabbb")}))
async def test_reconcilers_with_different_listings_in_every_order_of_their_writes(
    new_process: NewProcess, new_account: NewAccount, order: str
) -> None:
    """The one sees the older job, the other the newer: whatever they claim crosswise, the next reconcile delivers."""
    one, other, later = new_process(), new_process(), new_process()
    await in_doubt(one, STORY, TWIN)
    older, newer, whole = [await new_account() for _ in range(3)]
    for view in (older, newer, whole):
        view.runs("job-1", minutes=1)
        view.runs("job-2", minutes=2)
    older.spoil, newer.spoil = lambda listed: listed[1:], lambda listed: listed[:1]
    turns = Turns(order)
    turns.taken_by(one, "a")
    turns.taken_by(other, "b")

    async def run(process: Process, view: ScriptedAccount, name: str) -> None:
        await reconciled(process, view)
        await turns.over_for(name)

    await asyncio.gather(run(one, older, "a"), run(other, newer, "b"))
    found = await reconciled(later, whole)
    assert found.open_doubts == ()
    jobs = await jobs_of(later, STORY, TWIN)
    assert sorted(filter(None, jobs.values())) == ["job-1", "job-2"]
    for story_id, job_id in jobs.items():
        assert await later.ledger.owner(job_id or "") == (story_id, 1)


async def test_a_story_that_begins_while_the_service_is_listed_is_not_robbed_by_one_that_looks_alike(
    process: Process, service: ScriptedAccount
) -> None:
    """Its intent was there before its job: who reads the ledger after the listing sees it."""
    styled = identify(
        {"scenes": [{"prompt": "A lighthouse cat"}], "title": "Cats", "style": "ink"}, sample=0, source_uris=()
    )
    await in_doubt(process, STORY)
    list_jobs = service.jobs

    async def begin_another() -> object:
        await process.submit(styled, process.sender(LOST_REPLY))
        service.runs("job-1", styled)
        return await list_jobs()

    service.jobs = begin_another  # type: ignore[method-assign, assignment]  # something happens just before it answers
    found = await reconciled(process, service)
    assert found.adopted == ()
    assert {it.why for it in found.open_doubts} == {DoubtReason.AMBIGUOUS}


def binding(process: Process, story: Story, job_id: str) -> Callable[[], Awaitable[None]]:
    async def bind() -> None:
        assert await process.ledger.bind(story.story_id, 1, adopted(job_id))

    return bind


async def test_a_job_that_another_reconciler_took_meanwhile_leaves_the_other_doubt_open(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process, STORY, TWIN)
    first, second = sorted((STORY, TWIN), key=lambda story: story.story_id)
    service.runs("job-1")
    service.meanwhile = binding(process, second, "job-1")
    found = await reconciled(process, service)
    assert found.adopted == ()
    assert [open_doubt.story_id for open_doubt in found.open_doubts] == [first.story_id]


async def test_an_attempt_that_was_given_another_job_meanwhile_needs_none(
    process: Process, service: ScriptedAccount
) -> None:
    await in_doubt(process, STORY)
    service.runs("job-1")
    service.runs("job-2", minutes=2)
    service.meanwhile = binding(process, STORY, "job-3")
    found = await reconciled(process, service)
    assert (found.adopted, found.open_doubts, service.asked) == ((), (), ["job-1"])
    assert await process.ledger.owner("job-1") is None


async def test_a_doubt_that_was_settled_meanwhile_is_not_judged(process: Process, service: ScriptedAccount) -> None:
    await in_doubt(process, STORY)
    service.meanwhile = binding(process, STORY, "job-3")
    found = await reconciled(process, service)
    assert (found.open_doubts, process.events[-1]) == ((), "created job")
