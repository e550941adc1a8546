"""Crash points C1 to C10 with real processes under kill -9, and what the next process on the host makes of them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stories.errors import StorageUnavailable
from stories.ledger.events import JobAssigned, JobSource, RecordKind
from stories.ledger.recovery import Recovery, recover_host
from stories.ledger.states import SubmitState
from stories.storage.fsspec_store import open_store
from stories.storage.store import Store
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import LOST_REPLY, NOT_SENT, NewProcess, Process, a_report, a_story, accepted

STORY = a_story()
State = SubmitState
PROGRAM = [sys.executable, "-m", "tests.doubles.doomed_ledger_process"]
CRASHES = [
    ("before intent", Recovery(spools=1), (State.UNSENT, 1)),  # C1
    ("after intent", Recovery(spools=1, voided=1), (State.UNSENT, 2)),  # C2, C3
    ("first byte", Recovery(spools=1, doubtful=1), (State.IN_DOUBT, None)),  # C3b, C4
    ("answer", Recovery(spools=1, doubtful=1), (State.IN_DOUBT, None)),  # C5, C6
    ("before own", Recovery(spools=1, jobs=1), (State.ACCEPTED, None)),  # C7
    ("after own", Recovery(spools=1, jobs=1), (State.ACCEPTED, None)),  # C8
    ("before job", Recovery(spools=1, jobs=1), (State.ACCEPTED, None)),  # C8
    ("after job", Recovery(spools=1), (State.ACCEPTED, None)),
]


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Path:
    """A folder for each crash, with what a process that was killed there left of target and spool."""
    directory = tmp_path_factory.mktemp("killed")
    moments = [moment for moment, _, _ in CRASHES]
    subprocess.run([*PROGRAM, str(directory), "kill", *moments], cwd=pytestconfig.rootpath, check=True)
    return directory


@pytest.mark.parametrize(("moment", "recovery", "story_state"), CRASHES)
async def test_a_process_killed_here_leaves_this(
    killed: Path, clock: HandClock, moment: str, recovery: Recovery, story_state: tuple[SubmitState, int | None]
) -> None:
    async with open_store(str(killed / moment / "target")) as store:
        stranger = Process(store, killed / moment / "state", clock, host="host-b")
        before = await stranger.ledger.entry(STORY.story_id)
        assert await recover_host(stranger.ledger) == Recovery()
        assert await stranger.ledger.entry(STORY.story_id) == before
        stranger.die()

        heir = Process(store, killed / moment / "state", clock)
        assert await recover_host(heir.ledger) == recovery
        entry = await heir.ledger.entry(STORY.story_id)
        assert (entry.state, entry.next_attempt) == story_state
        assert entry.job_id == ("job-1" if entry.state is State.ACCEPTED else None)
        assert await recover_host(heir.ledger) == Recovery()
        submission = await heir.submit(STORY, heir.sender(accepted("job-2")))
        assert submission.sent is (entry.next_attempt is not None)
        heir.die()


def test_every_record_of_a_submit_has_a_crash_before_and_after_it() -> None:
    kinds = {kind.value for kind in (RecordKind.INTENT, RecordKind.OWN, RecordKind.JOB)}
    assert {f"{when} {kind}" for when in ("before", "after") for kind in kinds} <= {moment for moment, _, _ in CRASHES}


async def test_a_sleeping_process_keeps_its_intent_and_sends_when_it_wakes(
    tmp_path: Path, clock: HandClock, pytestconfig: pytest.Config
) -> None:
    command = [*PROGRAM, str(tmp_path), "stop", "after intent"]
    program = await asyncio.create_subprocess_exec(*command, cwd=pytestconfig.rootpath, stdout=subprocess.PIPE)
    assert program.stdout is not None
    zombie = int(await program.stdout.readline())
    try:
        async with open_store(str(tmp_path / "after intent" / "target")) as store:
            other = Process(store, tmp_path / "after intent" / "state", clock)
            service = other.sender(accepted("job-2"))
            assert await recover_host(other.ledger) == Recovery()
            assert (await other.submit(STORY, service)).entry.state is State.IN_DOUBT
            assert service.sends == 0
            os.kill(zombie, signal.SIGCONT)
            assert await program.wait() == 0
            entry = await other.ledger.entry(STORY.story_id)
            other.die()
    finally:
        if program.returncode is None:
            os.kill(zombie, signal.SIGKILL)
    assert (entry.state, entry.job_id, entry.attempt) == (State.ACCEPTED, "job-1", 1)


@contextmanager
def killed_after(process: Process, kind: str) -> Iterator[None]:
    """Whatever the process does after a record of this kind has landed, it does not live to do."""
    process.store.lost = lambda key: key.endswith(kind)
    with pytest.raises(StorageUnavailable):
        yield
    process.die()


async def test_a_dead_process_is_no_reason_to_touch_what_living_ones_are_about_to_send(new_process: NewProcess) -> None:
    dead, living, far_away = new_process(), new_process(), new_process(host="host-b")
    for process, prompt in ((living, "here"), (far_away, "there")):
        process.store.lost = lambda key: key.endswith(".intent")
        with pytest.raises(StorageUnavailable):
            await process.submit(a_story(prompt), process.sender(accepted()))
    with killed_after(dead, ".intent"):
        await dead.submit(STORY, dead.sender(accepted()))
    heir = new_process()
    assert await recover_host(heir.ledger) == Recovery(spools=1, voided=1)
    assert heir.events == ["created void"]
    assert (await heir.ledger.entry(STORY.story_id)).reason == "never_sent"


async def test_many_processes_recover_at_once_without_harm(new_process: NewProcess) -> None:
    stories = [a_story(f"cat {number}") for number in range(4)]
    for number, story in enumerate(stories):
        dead = new_process()
        if number % 2:
            with killed_after(dead, ".intent"):
                await dead.submit(story, dead.sender(accepted()))
        else:
            dead.store.trouble = lambda key: StorageUnavailable("503") if key.endswith(".own") else None
            await dead.submit(story, dead.sender(accepted(f"job-{number}")))
            dead.die()
    heirs = [new_process() for _ in range(4)]
    recoveries = await asyncio.gather(*(recover_host(heir.ledger) for heir in heirs))
    assert sum(recovery.spools for recovery in recoveries) == 4
    assert sum(recovery.voided for recovery in recoveries) == 2
    assert sum(recovery.jobs for recovery in recoveries) == 2
    states = [story_state.state for story_state in (await heirs[0].ledger.survey()).values()]
    assert sorted(states) == [State.ACCEPTED, State.ACCEPTED, State.UNSENT, State.UNSENT]


async def test_a_definite_refusal_that_was_not_recorded_stays_in_doubt(new_process: NewProcess) -> None:
    """C9: the attempt never ran, but nothing durable says so."""
    dead = new_process()
    dead.store.trouble = lambda key: StorageUnavailable("503") if key.endswith(".void") else None
    await dead.submit(STORY, dead.sender(NOT_SENT))
    dead.die()
    heir = new_process()
    assert (await recover_host(heir.ledger)).doubtful == 1
    assert (await heir.ledger.entry(STORY.story_id)).reason == "process_died"


async def test_a_recorded_outcome_is_left_as_it_is(new_process: NewProcess) -> None:
    dead = new_process()
    for number, report in enumerate((accepted(), LOST_REPLY, NOT_SENT, a_report(422))):
        await dead.submit(a_story(f"cat {number}"), dead.sender(report))
    before = await dead.ledger.survey()
    dead.die()
    heir = new_process()
    assert await recover_host(heir.ledger) == Recovery(spools=1)
    assert heir.events == []
    assert await heir.ledger.survey() == before


async def test_a_spool_with_a_damaged_line_voids_nothing(new_process: NewProcess, directory: Path) -> None:
    dead = new_process()
    await dead.submit(a_story("another"), dead.sender(NOT_SENT))
    with killed_after(dead, ".intent"):
        await dead.submit(STORY, dead.sender(accepted()))
    path = next(directory.glob(f"*/{dead.spool.spool_id}.spool"))  # noqa: ASYNC240 - a directory of one file
    path.write_bytes(path.read_bytes().replace(b'"sending"', b'"mending"'))
    heir = new_process()
    assert await recover_host(heir.ledger) == Recovery(spools=1, doubtful=1)
    assert (await heir.ledger.entry(STORY.story_id)).reason == "spool_damaged"


async def test_a_recovery_that_the_target_interrupts_is_done_by_the_next(new_process: NewProcess) -> None:
    dead = new_process()
    with killed_after(dead, ".intent"):
        await dead.submit(STORY, dead.sender(accepted()))
    first, second = new_process(), new_process()
    first.store.trouble = lambda key: StorageUnavailable("503")
    with pytest.raises(StorageUnavailable):
        await recover_host(first.ledger)
    assert (await recover_host(second.ledger)).voided == 1


async def test_a_spooled_job_of_a_twin_that_was_adopted_meanwhile_is_left_to_the_reconciler(
    new_process: NewProcess, store: Store, clock: HandClock
) -> None:
    """Another host gave this story another job: the spooled one stays unowned, for the twin that is in doubt."""
    dead = new_process()
    dead.store.trouble = lambda key: StorageUnavailable("503") if key.endswith(".own") else None
    await dead.submit(STORY, dead.sender(accepted("job-1")))
    dead.die()
    heir = new_process()
    await adopt(heir, "job-2")
    assert await recover_host(heir.ledger) == Recovery(spools=1)
    assert (await heir.ledger.entry(STORY.story_id)).job_id == "job-2"
    assert len([found async for found in store.list("_meta/ledger/jobs")]) == 1


async def test_a_spooled_job_that_another_story_owns_is_a_doubt(new_process: NewProcess) -> None:
    dead = new_process()
    dead.store.trouble = lambda key: StorageUnavailable("503") if key.endswith(".own") else None
    await dead.submit(STORY, dead.sender(accepted("job-1")))
    dead.die()
    heir = new_process()
    await heir.submit(a_story("another"), heir.sender(accepted("job-1")))
    assert await recover_host(heir.ledger) == Recovery(spools=1)
    assert (await heir.ledger.entry(STORY.story_id)).reason == "job_owned_by_another_story"


async def test_a_spooled_job_whose_records_were_folded_away_leaves_nothing(
    new_process: NewProcess, store: Store
) -> None:
    dead = new_process()
    await dead.submit(STORY, dead.sender(accepted("job-1")))
    dead.die()
    for key in [found.key async for found in store.list("_meta/ledger")]:
        await store.delete(key)
    heir = new_process()
    assert await recover_host(heir.ledger) == Recovery(spools=1)
    assert heir.events == []


async def adopt(process: Process, job_id: str) -> None:
    assert await process.ledger.bind(STORY.story_id, 1, JobAssigned(job_id, "/p", JobSource.ADOPTED))
