"""What the processes of a seed do: the real code of a run, wired to virtual parts, and a person with a held story."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path

from stories.api.session import ApiSession
from stories.batch.known_stories import read_known_stories
from stories.batch.run import StorySteps, produce_stories
from stories.batch.run_state import RunState
from stories.batch.shard import shard_over
from stories.batch.story import ShardProducer
from stories.config import DoubtPolicy, LedgerConfig, RunConfig
from stories.dataset.log.commits import CommitLog
from stories.dataset.model import Lineage
from stories.errors import DecisionRefused, StoriesError, TransientError
from stories.ledger.events import Decision
from stories.ledger.heartbeat import Heartbeat
from stories.ledger.ledger import Ledger
from stories.ledger.operators import settle
from stories.ledger.reconciliation import Consent, Reconciliation, ServiceView, reconcile
from stories.ledger.send import Submitter
from stories.ledger.spool import OwnSpool
from stories.ledger.states import SubmitState
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
    reconcile: Callable[[Ledger, ServiceView, LedgerConfig, Consent], Awaitable[Reconciliation]] = reconcile


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
    """Run as the flows do: reconcile, see what is left to do, produce it by the loop that ships."""
    world, process = stage.world, seams.process
    commits, heartbeat = _commits(stage, seams), _heartbeat(seams)
    config = _config(world, max_cost_eur)
    _note_reconciliation(world, await seams.reconcile(ledger, seams.view, config.ledger, _consent(world)))
    await heartbeat.expire()
    await commits.recover()
    dataset = OpenDataset(seams.store, None, ledger, commits, process)  # type: ignore[arg-type]
    known = await read_known_stories(dataset)
    stories = tuple(story for story in world.scenario.stories if known.outcome(story.story_id) is None)
    if not stories:
        return
    if max_cost_eur is not None:
        stage.caps_eur[process.name] = max_cost_eur
    lineage = Lineage(TARGET_ID, run_id, date(2026, 1, 2), "0")
    session = ApiSession(seams.view, None, seams.sender)  # type: ignore[arg-type] # no image is fetched
    async with (
        heartbeat.running(),
        shard_over(
            dataset,
            stories,
            config,
            RunState(config, process),
            lineage,
            jitter=world.rng,
            opener=lambda *_: nullcontext(session),
        ) as shard,
    ):
        await produce_stories(shard, config.dataset, StorySteps(poll=partial(_poll, process)))


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


async def _poll(process: VirtualProcess, shard: ShardProducer, story: Story) -> bool:
    """Poll for as many windows as Prefect would."""
    for _ in range(_WINDOWS):
        try:
            return await shard.poll(story)
        except TransientError:
            await process.sleep(1.0)
    return await shard.poll(story)


def _commits(stage: Stage, seams: Seams) -> CommitLog:
    if stage.world.scenario.has_real_commits:
        return CommitLog(seams.store, seams.process, stage.world.token)
    return VirtualCommits(seams.store)  # type: ignore[return-value]  # the calls that are made


def _consent(world: World) -> Consent:
    is_confirmed = world.scenario.policy is DoubtPolicy.RESUBMIT_AFTER_CONFIRM
    return Consent(confirmed_by=PERSON if is_confirmed else None)


def _config(world: World, max_cost_eur: Decimal | None) -> RunConfig:
    """Return a config that wants no image, so that none is fetched; commits come after one to three stories."""
    scenario = world.scenario
    no_images = {"formats": (), "references": False}
    seldom = {"interval_seconds": 120.0}  # beyond the bound of the setting: a day has fewer polls
    config = RunConfig.model_validate(
        {
            "pace": {"in_flight": 8, "submits_per_second": 5.0},
            "money": {"max_cost_eur": max_cost_eur, "price_per_image_eur": PRICE_EUR / 2},
            "ledger": {
                "doubt_policy": scenario.policy,
                "account_exclusive": scenario.account_exclusive,
                "listing_cap": scenario.listing_cap,
            },
            "poll": {"window_seconds": 300.0, "interval_seconds": 60.0, "deadline_seconds": 2700.0},
            "dataset": {"commit_stories": world.rng.randint(1, 3)},
            "state_directory": Path(),
        }
    )
    images, poll = config.images.model_copy(update=no_images), config.poll.model_copy(update=seldom)
    return config.model_copy(update={"images": images, "poll": poll})


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
