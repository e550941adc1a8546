"""What the processes of a seed do: the real code of a run, wired to virtual parts, and a person with a held story."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

from pydantic import SecretStr

from stories.batch.plan import _SETTLED
from stories.batch.report import Carry
from stories.batch.shard import Clients, shard_over
from stories.batch.story import ShardProducer
from stories.config import Terms
from stories.dataset.log.commits import CommitLog
from stories.dataset.model import Lineage
from stories.errors import DecisionRefused, StoriesError, TransientError
from stories.ledger.doubt_policy import DoubtPolicy, ReconcileTerms
from stories.ledger.events import Decision
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.ledger import Ledger
from stories.ledger.operators import settle
from stories.ledger.reconciliation import Reconciliation, ServiceView, reconcile
from stories.ledger.send import Submitter
from stories.ledger.spool import OwnSpool
from stories.ledger.states import StoryState, SubmitState
from stories.storage.store import Store
from stories.storyboards.story import Story
from stories.target import OpenDataset
from tests.doubles.virtual.dataset import VirtualCommits
from tests.doubles.virtual.network import VirtualSender, VirtualView
from tests.doubles.virtual.scenario import PRICE_EUR
from tests.doubles.virtual.service import Service
from tests.doubles.virtual.spool import Disk, VirtualSpool
from tests.doubles.virtual.store import Bucket, VirtualStore
from tests.doubles.virtual.world import VirtualProcess, World

TARGET_ID = "6f1c1e9e-7d0a-4c53-9a35-2b1f0d6a9c11"
PERSON = "a person"
_WINDOWS = 12
"""How often Prefect has a story polled for another window."""


@dataclass(frozen=True)
class Seams:
    """What a process reaches the world through. A mutant wraps one of them, and the protocol is broken."""

    process: VirtualProcess
    bucket: Bucket
    store: Store
    spool: OwnSpool
    sender: Submitter
    view: ServiceView
    ledger_type: type[Ledger] = Ledger
    reconcile: Callable[[Ledger, ServiceView, ReconcileTerms], Awaitable[Reconciliation]] = reconcile


Mutation = Callable[[Seams], Seams]


@dataclass(frozen=True)
class Stage:
    """One seed's world with all that stands in it, and what it is that is simulated: the protocol, or a mutant."""

    world: World
    bucket: Bucket
    service: Service
    disks: dict[str, Disk]
    mutate: Mutation
    caps_eur: dict[str, Decimal] = field(default_factory=dict)
    """What each process may spend, where that has a limit."""
    left_open: list[str] = field(default_factory=list)
    """Attempts that are held for no reason: nothing about them was ever unclear."""

    def seams(self, process: VirtualProcess) -> Seams:
        """The seams of a new process."""
        return self.mutate(
            Seams(
                process,
                self.bucket,
                VirtualStore(self.bucket, process),
                VirtualSpool(self.disks[process.host], process),
                VirtualSender(self.service, process),
                VirtualView(self.service, process),
            )
        )


async def worker(stage: Stage, process: VirtualProcess, run_id: str, *, max_cost_eur: Decimal | None = None) -> None:
    """A process of a run from its start to its end, or its death; what it raises ends it as it would for real."""
    seams = stage.seams(process)
    ledger = _ledger(seams, run_id)
    try:
        await _run(stage, seams, ledger, run_id, max_cost_eur)
    except StoriesError as exc:
        stage.world.note(process.name, f"ends with {exc!r}")
        stage.world.saw(f"end:{type(exc).__name__}")
    except asyncio.CancelledError:
        if not process.is_dead and not stage.world.is_over:
            stage.world.note(process.name, "ends as it was told to")
    finally:
        _leave(stage, process)


async def person(stage: Stage, process: VirtualProcess) -> None:
    """Looks what is held, and decides about one story."""
    ledger = _ledger(stage.seams(process), process.name)
    world = stage.world
    try:
        story_states = await ledger.survey()
        held = [it.story_id for it in story_states.values() if it.state in (SubmitState.IN_DOUBT, SubmitState.HELD)]
        if held:
            story_id, decision = world.rng.choice(held), world.rng.choice(list(Decision))
            await settle(ledger, story_id, decision, decided_by=PERSON, reason="simulated")
            world.saw(f"operator:{decision}")
    except (StoriesError, DecisionRefused) as exc:
        world.note(process.name, f"is refused: {exc}")
    except asyncio.CancelledError:
        pass
    finally:
        _leave(stage, process)


def _leave(stage: Stage, process: VirtualProcess) -> None:
    """The end of a process: its locks are free, and what the store kept it from recording is in doubt."""
    if process.is_dead or stage.world.is_over:
        return
    for story_id, attempt in sorted(process.open_attempts):
        if (story_id, attempt) in process.troubled:
            stage.world.doubtful[story_id] += 1
            stage.world.note(process.name, f"could not record attempt {attempt} of {story_id}")
        elif not stage.bucket.has_outcome(story_id, attempt):
            stage.left_open.append(f"{process.name} ended well, and left attempt {attempt} of {story_id} open")
    for release in process.at_death:
        release()


def _ledger(seams: Seams, run_id: str) -> Ledger:
    process = seams.process
    return seams.ledger_type(
        seams.store,
        target_id=TARGET_ID,
        spool=seams.spool,
        host=process.host,
        worker=process.name,
        run_id=run_id,
        clock=process,
        new_nonce=process.world.token,
    )


async def _run(stage: Stage, seams: Seams, ledger: Ledger, run_id: str, max_cost_eur: Decimal | None) -> None:
    """As the flows go about a run: reconcile, see what is left to do, produce it."""
    world, process = stage.world, seams.process
    commits, heartbeat = _commits(stage, seams), _heartbeat(seams)
    _note_reconciliation(world, await seams.reconcile(ledger, seams.view, _doubts(world)))
    await heartbeat.expire()
    await commits.recover()
    committed, story_states = await commits.committed(), await ledger.survey()
    left = [story for story in world.scenario.stories if story.story_id not in committed]
    stories = tuple(story for story in left if _has_work(story_states.get(story.story_id)))
    if not stories:
        return
    if max_cost_eur is not None:
        stage.caps_eur[process.name] = max_cost_eur
    dataset = OpenDataset(seams.store, None, ledger, commits, process)  # type: ignore[arg-type]
    lineage = Lineage(TARGET_ID, run_id, date(2026, 1, 2), "0")
    async with (
        heartbeat.shown(),
        shard_over(
            dataset,
            stories,
            _terms(max_cost_eur, _doubts(world)),
            lineage,
            jitter=world.rng,
            carry=Carry(),
            opened=lambda *_: nullcontext(Clients(seams.view, None, seams.sender)),  # type: ignore[arg-type]
        ) as producer,
    ):
        await _produce(producer, process)


def _has_work(story_state: StoryState | None) -> bool:
    """As `stories.batch.plan` decides what goes into a shard."""
    return story_state is None or story_state.state not in _SETTLED


def _heartbeat(seams: Seams) -> Heartbeat:
    """Shown once a minute: what counts is how many signs are missed."""
    return Heartbeat(seams.store, seams.spool, SlowClock(seams.process))


@dataclass(frozen=True)
class SlowClock:
    """A process's clock on which five seconds are a minute, so that a day has fewer signs of life."""

    process: VirtualProcess

    def now(self) -> datetime:
        return self.process.now()

    def monotonic(self) -> float:
        return self.process.monotonic() / 12

    async def sleep(self, seconds: float) -> None:
        await self.process.sleep(seconds * 12)


async def _produce(producer: ShardProducer, process: VirtualProcess) -> None:
    try:
        async with asyncio.TaskGroup() as steps:
            for story in producer.stories:
                steps.create_task(_produce_story(producer, story, process))
    except BaseExceptionGroup as group:
        raise group.exceptions[0] from None
    await producer.commit()


async def _produce_story(producer: ShardProducer, story: Story, process: VirtualProcess) -> None:
    with producer.troubles_recorded(story):
        async with producer.slot():
            completed = await producer.submit(story) and await _poll(producer, story, process)
        if completed:
            await producer.save(story)
            if process.world.rng.random() < 0.3:
                await producer.commit()


async def _poll(producer: ShardProducer, story: Story, process: VirtualProcess) -> bool:
    for _ in range(_WINDOWS):
        try:
            return await producer.poll(story)
        except TransientError:
            await process.sleep(1.0)
    return await producer.poll(story)


def _commits(stage: Stage, seams: Seams) -> CommitLog:
    if stage.world.scenario.has_real_commits:
        return CommitLog(seams.store, seams.process, stage.world.token)
    return VirtualCommits(seams.store)  # type: ignore[return-value]  # the calls that are made


def _doubts(world: World) -> ReconcileTerms:
    scenario = world.scenario
    is_confirmed = scenario.policy is DoubtPolicy.RESUBMIT_AFTER_CONFIRM
    return ReconcileTerms(
        policy=scenario.policy,
        account_exclusive=scenario.account_exclusive,
        listing_cap=scenario.listing_cap,
        confirmed_by=PERSON if is_confirmed else None,
    )


def _terms(max_cost_eur: Decimal | None, doubts: ReconcileTerms) -> Terms:
    """No image is asked for, so that none is fetched."""
    return Terms(
        api_url="https://api.test",
        api_key=SecretStr("no key"),
        send_idempotency_key=True,
        image_hosts=(),
        formats=(),
        references=False,
        downloads=8,
        in_flight=8,
        submits_per_second=5.0,
        max_cost_eur=max_cost_eur,
        max_cost_eur_total=None,
        price_per_image_eur=PRICE_EUR / 2,
        doubts=doubts,
        poll_window_seconds=300.0,
        poll_interval_seconds=120.0,
        poll_deadline_seconds=2700.0,
        lost_after_seconds=600.0,
        commit_stories=100,
        commit_seconds=60.0,
        state_directory=Path(),
    )


def _note_reconciliation(world: World, found: Reconciliation) -> None:
    for fate in ("spools", "jobs", "voided", "doubtful"):
        if getattr(found.recovery, fate):
            world.saw(f"recovery:{fate}")
    for open_doubt in found.open_doubts:
        world.saw(f"finding:{open_doubt.why}")
    for story_state in found.story_states.values():
        world.saw(f"state:{story_state.state}")
    if found.finished:
        world.saw("adoption:finished_for_another")
    for adoption in found.adopted:
        world.saw("adoption:by_fingerprint")
        world.note("reconcile", f"adopts {adoption.job_id} for {adoption.story_id} {adoption.attempt}")
    if found.resubmitted:
        world.saw("operator:policy")
