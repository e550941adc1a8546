"""Many seeds over the cores of the machine, added up: violations with their seeds, what was reached, what was held."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from tests.simulation.mutants import MUTANTS
from tests.simulation.network import NetworkFigures, network_seed
from tests.simulation.simulation import simulate_rough

_Given = TypeVar("_Given")
_Made = TypeVar("_Made")
SEEDS_TO_CATCH_A_MUTANT = 200
"""Each is caught within far fewer; a checker that has gone blind is told from an unlucky order by this bound."""
_BATCH = 25


@dataclass
class Figures:
    """What some seeds came to; adds up."""

    seeds: int = 0
    stories: int = 0
    held: int = 0
    jobs: int = 0
    adopted: int = 0
    violations: list[tuple[int, str]] = field(default_factory=list)
    sightings: Counter[str] = field(default_factory=Counter)

    def add(self, other: "Figures") -> None:
        """Add another's to these."""
        self.seeds += other.seeds
        self.stories += other.stories
        self.held += other.held
        self.jobs += other.jobs
        self.adopted += other.adopted
        self.violations += other.violations
        self.sightings += other.sightings


def rough_seeds(seeds: Iterable[int]) -> Figures:
    """Run these seeds, here."""
    figures = Figures()
    for seed in seeds:
        outcome = simulate_rough(seed)
        figures.add(
            Figures(
                seeds=1,
                stories=outcome.stories,
                held=outcome.held,
                jobs=outcome.jobs,
                adopted=outcome.sightings["adoption:by_fingerprint"],
                violations=[(seed, str(violation)) for violation in outcome.violations],
                sightings=outcome.sightings,
            )
        )
    return figures


def rough_figures(seeds: range, progress: Callable[[Figures], None]) -> Figures:
    """Run these seeds on every core."""
    total = Figures()
    for figures in _on_every_core(rough_seeds, _batches(seeds)):
        total.add(figures)
        progress(total)
    return total


@dataclass(frozen=True)
class Catch:
    """Which seed showed that a mutant is wrong, and by what; None when none did."""

    mutant: str
    seed: int | None
    violation: str


def catch(number: int) -> Catch:
    """Look for the first seeds that catch each mutation of a mutant; the last of them is told."""
    mutant, caught = MUTANTS[number], Catch(MUTANTS[number].name, None, "")
    for mutate in mutant.mutations:
        for seed in range(SEEDS_TO_CATCH_A_MUTANT):
            found = simulate_rough(seed, mutate, trusts_keys=mutant.trusts_keys).violations
            if found:
                caught = Catch(mutant.name, seed, str(found[0]))
                break
        else:
            return Catch(mutant.name, None, "")
    return caught


def catches() -> list[Catch]:
    """Every mutant, on every core."""
    return list(_on_every_core(catch, range(len(MUTANTS))))


def network_figures(seeds: range, *, rate: float) -> NetworkFigures:
    """The figures of a network with this share of faults, on every core."""
    return sum(_on_every_core(network_seed, [(seed, rate) for seed in seeds]), start=NetworkFigures())


def _batches(seeds: range) -> list[range]:
    return [seeds[start : start + _BATCH] for start in range(0, len(seeds), _BATCH)]


def _on_every_core(work: Callable[[_Given], _Made], given: Iterable[_Given]) -> Iterator[_Made]:
    with ProcessPoolExecutor(os.cpu_count()) as cores:
        yield from cores.map(work, given)
