"""One seed, from its first process to the verdict: overlapping runs under faults, calm runs, then the checks."""

import asyncio
import logging
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from stories.storyboards.story import Story
from tests.doubles.virtual import scenario as boards
from tests.doubles.virtual.loop import VirtualLoop
from tests.doubles.virtual.scenario import HOUR, MINUTE, Scenario
from tests.doubles.virtual.service import Service
from tests.doubles.virtual.spool import Disk
from tests.doubles.virtual.store import Bucket
from tests.doubles.virtual.world import VirtualProcess, World
from tests.simulation.checker import HELD, Evidence, Violation, violations
from tests.simulation.processes import Mutation, Seams, Stage, person, worker

_CALM_RUNS = 9
"""Enough for three failures, for each host to take up its own dead, and for the evidence of an absence to settle."""


@dataclass(frozen=True)
class Outcome:
    """What came of a seed. `digest` is a hash of its history: equal for equal seeds. `held`: stories in the end."""

    seed: int
    violations: tuple[Violation, ...]
    digest: str
    sightings: Counter[str]
    history: tuple[str, ...]
    stories: int
    held: int
    jobs: int


Plot = Callable[[Stage], Coroutine[object, object, list[Violation]]]


def protocol(seams: Seams) -> Seams:
    """No mutation: what is simulated is the protocol itself."""
    return seams


def simulate_rough(seed: int, mutate: Mutation = protocol, *, trusts_keys: bool = False) -> Outcome:
    """Run the rough scenario of a seed, from its first process to the verdict."""
    rng = random.Random(seed)  # noqa: S311 - chance that repeats
    stage, found = on_stage(boards.rough(seed, rng, trusts_keys=trusts_keys), rng, _rough_plot, mutate)
    world = stage.world
    return Outcome(
        seed=seed,
        violations=tuple(found),
        digest=world.digest(),
        sightings=world.sightings,
        history=tuple(f"{seconds:10.3f} s  {who:10} {what}" for seconds, who, what in world.history),
        stories=len(world.scenario.stories),
        held=sum(entry.state in HELD for entry in Evidence(stage).entries.values()),
        jobs=len(stage.service.jobs),
    )


def on_stage(
    scenario: Scenario, rng: random.Random, plot: Plot, mutate: Mutation = protocol
) -> tuple[Stage, list[Violation]]:
    """Run a plot to its end; what no part of the system should ever raise counts as a violation."""
    loop = VirtualLoop()
    world = World(scenario, loop, rng)
    bodies: dict[bytes, Story] = {story.body: story for story in (*scenario.stories, *boards.FOREIGN)}
    disks = {f"host-{number}": Disk() for number in range(scenario.hosts)}
    stage = Stage(world, Bucket(world), Service(world, bodies), disks, mutate)
    with _silence():
        found = loop.run(_until_over(world, plot(stage)))
    return stage, found + [Violation("crash", repr(failure)) for failure in loop.failures]


async def _until_over(world: World, plot: Coroutine[object, object, list[Violation]]) -> list[Violation]:
    try:
        return await plot
    finally:
        world.is_over = True


async def _rough_plot(stage: Stage) -> list[Violation]:
    world, scenario = stage.world, stage.world.scenario
    tasks = []
    for _ in range(scenario.foreign_jobs):
        story = world.rng.choice(boards.FOREIGN if scenario.account_exclusive else scenario.stories)
        world.loop.call_later(world.rng.uniform(0, 2 * HOUR), _begin_foreign, stage, story)
    begin = 0.0
    for run, workers in enumerate(scenario.workers, start=1):
        tasks += [start(stage, f"run{run}.{number}", begin) for number in range(1, workers + 1)]
        begin += world.rng.uniform(0, 30 * MINUTE)
    if scenario.has_person:
        tasks += [_start_person(stage, f"person{number}", world.rng.uniform(0, 2 * HOUR)) for number in (1, 2)]
    await ended(tasks)
    world.calm()
    world.note("everybody", "faults stop")
    await world.loop.sleep(3 * HOUR)
    hosts = sorted(stage.disks, key=lambda _: world.rng.random())
    idle_runs = 0
    for number in range(_CALM_RUNS):
        posts, writes = len(stage.service.posts), stage.bucket.writes
        await ended([start(stage, f"calm{number}", 0.0, host=hosts[number % len(hosts)])])
        await world.loop.sleep(HOUR)
        is_idle = (len(stage.service.posts), stage.bucket.writes) == (posts, writes)
        idle_runs = idle_runs + 1 if is_idle else 0
        if idle_runs == 2:
            break
    found = violations(stage)
    if idle_runs < 2:
        found.append(Violation("L2", f"after {_CALM_RUNS} calm runs there is still something to do"))
    return found


def _begin_foreign(stage: Stage, story: Story) -> None:
    stage.service.begin(story, None, "somebody else")
    stage.world.saw("fault:foreign_job")


def start(stage: Stage, name: str, at: float, *, host: str | None = None) -> "asyncio.Task[None]":
    """Start a process of a run then; on a chosen host it is one of the calm runs, which nothing limits or cancels."""
    world = stage.world
    is_faulty = host is None
    process = VirtualProcess(world, name, host or world.rng.choice(list(stage.disks)))
    cap_eur = world.scenario.max_cost_eur if is_faulty else None
    work = worker(stage, process, name.partition(".")[0], max_cost_eur=cap_eur)
    offset = world.rng.choice((0.0, world.rng.uniform(0, MINUTE))) if is_faulty else 0.0
    task = asyncio.create_task(_later(world, at + offset, work))
    if is_faulty and world.happens(world.odds.cancel, "fault:cancelled"):
        world.loop.call_later(at + offset + world.rng.uniform(1, 10 * MINUTE), task.cancel)
    return task


def _start_person(stage: Stage, name: str, start: float) -> "asyncio.Task[None]":
    process = VirtualProcess(stage.world, name, stage.world.rng.choice(list(stage.disks)))
    return asyncio.create_task(_later(stage.world, start, person(stage, process)))


async def _later(world: World, at: float, work: Coroutine[object, object, None]) -> None:
    await world.loop.sleep(at - world.loop.time())
    await work


async def ended(tasks: list["asyncio.Task[None]"]) -> None:
    """Wait for all of them; raises what one of them raised."""
    for task in tasks:
        await asyncio.wait({task})
        if not task.cancelled() and (failure := task.exception()) is not None:
            raise failure


@contextmanager
def _silence() -> Iterator[None]:
    """What the system logs of faults would be a million lines."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
