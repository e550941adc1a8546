"""How much a network that fails now and then leaves in doubt, and how much of that comes right without a person."""

import random
from dataclasses import dataclass
from functools import cache

from stories.ledger.events import Doubt, JobAssigned, JobSource
from stories.storyboards.story import Story, identify
from tests.doubles.virtual import scenario as boards
from tests.doubles.virtual.scenario import HOUR
from tests.simulation.checker import Evidence, Violation, s4_a_job_has_one_owner, violations
from tests.simulation.processes import Stage
from tests.simulation.simulation import ended, on_stage, start

_STORYBOARDS = 20
_RUNS = 3


@dataclass(frozen=True)
class NetworkFigures:
    """Of some seeds: stories, those that were ever in doubt, those of them that the service had taken, and how many
    of these were given their job by a later run; adoptions of a wrong job; violations of any invariant.
    """

    stories: int = 0
    in_doubt: int = 0
    taken: int = 0
    adopted: int = 0
    wrong: int = 0
    violations: int = 0

    def __add__(self, other: "NetworkFigures") -> "NetworkFigures":
        return NetworkFigures(
            self.stories + other.stories,
            self.in_doubt + other.in_doubt,
            self.taken + other.taken,
            self.adopted + other.adopted,
            self.wrong + other.wrong,
            self.violations + other.violations,
        )


def network_seed(seed_and_rate: tuple[int, float]) -> NetworkFigures:
    """Three runs over forty stories, each a twin, on a network that fails at this rate throughout."""
    seed, rate = seed_and_rate
    rng = random.Random(seed)  # noqa: S311 - chance that repeats
    stage, _ = on_stage(boards.faulty_network(seed, forty_stories(), rate=rate), rng, _three_runs)
    evidence = Evidence(stage)
    doubted = {attempt for attempt, found in evidence.by_attempt.items() if Doubt in found}
    taken = {evidence.attempt_of_key[job.key] for job in evidence.jobs if job.key is not None} & doubted
    given = {
        at
        for at in doubted
        if isinstance(job := evidence.by_attempt[at].get(JobAssigned), JobAssigned) and _is_adopted(job)
    }
    return NetworkFigures(
        stories=len(stage.world.scenario.stories),
        in_doubt=len(doubted),
        taken=len(taken),
        adopted=len(given),
        wrong=len(list(s4_a_job_has_one_owner(evidence))),
        violations=len(violations(stage)),
    )


@cache
def forty_stories() -> tuple[Story, ...]:
    """Twenty storyboards, two samples of each."""
    boards_ = [
        {"scenes": [{"prompt": f"{number}, begins"}, {"prompt": f"{number}, ends"}]} for number in range(_STORYBOARDS)
    ]
    return tuple(identify(board, sample=sample, source_uris=["a.json"]) for board in boards_ for sample in (0, 1))


def _is_adopted(job: JobAssigned) -> bool:
    return job.via is JobSource.ADOPTED


async def _three_runs(stage: Stage) -> list[Violation]:
    for run in range(1, _RUNS + 1):
        await ended([start(stage, f"run{run}.1", 0.0)])
        await stage.world.loop.sleep(HOUR)
    return []
