"""`make simulate`: many seeds, every mutant and the figures of a faulty network, or one seed with its history.

    python -m tests.simulation --seeds 20000
    python -m tests.simulation --seed 123 [--mutant 3]

Ends with 1 when anything is not as it has to be.
"""

import argparse
import sys
import time

from tests.simulation.campaign import Catch, Figures, catches, network_figures, rough_figures
from tests.simulation.mutants import MUTANTS
from tests.simulation.network import NetworkFigures
from tests.simulation.simulation import simulate_rough
from tests.simulation.sometimes import SOMETIMES, never_reached

_NETWORK_FAULTS = 0.01
_MOST_IN_DOUBT = 0.012
_LEAST_ADOPTED = 0.99
_STORIES_OF_A_NETWORK_SEED_PER_SEED = 40
_SHOWN = 20


def main() -> int:
    """Parse, run, print; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=200, help="how many seeds, from 0")
    parser.add_argument("--seed", type=int, help="one seed, with its history")
    parser.add_argument("--mutant", type=int, help=f"with --seed: the wrong protocol, 1 to {len(MUTANTS)}")
    asked = parser.parse_args()
    return _campaign(asked.seeds) if asked.seed is None else _replay(asked.seed, asked.mutant)


def _replay(seed: int, number: int | None) -> int:
    """Every step of a seed, as often as it takes to understand it; a mutant's mutations one after the other."""
    mutant = MUTANTS[number - 1] if number is not None else None
    mutations = mutant.mutations if mutant is not None else ()
    outcomes = [
        simulate_rough(seed, mutate, trusts_keys=mutant is not None and mutant.trusts_keys) for mutate in mutations
    ] or [simulate_rough(seed)]
    for outcome in outcomes:
        _print(*outcome.history, f"history {outcome.digest}")
        _print(*(f"VIOLATED {violation}" for violation in outcome.violations))
    return int(any(outcome.violations for outcome in outcomes))


def _campaign(seeds: int) -> int:
    started = time.monotonic()
    figures = rough_figures(range(seeds), lambda done: _show_progress(done, seeds, time.monotonic() - started))
    sys.stderr.write("\n")
    caught = catches()
    network_seeds = range(max(5, seeds // _STORIES_OF_A_NETWORK_SEED_PER_SEED))
    calm = network_figures(network_seeds, rate=0.0)
    faulty = network_figures(network_seeds, rate=_NETWORK_FAULTS)
    missing = never_reached(figures.sightings)
    _print_figures(figures, caught, missing)
    _print_network("no faults", calm)
    _print_network(f"{_NETWORK_FAULTS:.0%} faults", faulty)
    _print(f"took            {time.monotonic() - started:.0f} s")
    is_good = not figures.violations and not missing and all(it.seed is not None for it in caught)
    return int(not (is_good and _is_good_network(calm, faulty)))


def _is_good_network(calm: NetworkFigures, faulty: NetworkFigures) -> bool:
    is_clean = not (calm.in_doubt or calm.wrong or calm.violations or faulty.wrong or faulty.violations)
    is_rare = faulty.in_doubt <= _MOST_IN_DOUBT * faulty.stories
    return is_clean and is_rare and faulty.adopted >= _LEAST_ADOPTED * faulty.taken


def _print_figures(figures: Figures, caught: list[Catch], missing: list[str]) -> None:
    violated = sorted({seed for seed, _ in figures.violations})
    _print(
        f"seeds           {figures.seeds}",
        f"violations      {len(violated)} seeds",
        *(f"  make simulate SEED={seed}: {what}" for seed, what in figures.violations[:_SHOWN]),
        f"stories         {figures.stories}",
        f"held in the end {figures.held} ({_share(figures.held, figures.stories)} of the stories)",
        f"jobs            {figures.jobs}, of which adopted {figures.adopted}",
        f"kills           {figures.sightings['fault:kill']}, zombies {figures.sightings['fault:zombie']}",
        f"sometimes       {len(SOMETIMES) - len(missing)} of {len(SOMETIMES)} reached",
        *(f"  never: {name}" for name in missing),
        f"mutants caught  {sum(it.seed is not None for it in caught)} of {len(caught)}",
        *(f"  {number}. {_told(it)}" for number, it in enumerate(caught, start=1)),
    )


def _told(caught: Catch) -> str:
    where = "NOT CAUGHT" if caught.seed is None else f"seed {caught.seed}, {caught.violation.partition(':')[0]}"
    return f"{caught.mutant}: {where}"


def _print_network(name: str, figures: NetworkFigures) -> None:
    _print(
        f"network, {name}: {figures.stories} stories, in doubt {figures.in_doubt} "
        f"({_share(figures.in_doubt, figures.stories)}); the service had taken {figures.taken}, "
        f"adopted {figures.adopted} ({_share(figures.adopted, figures.taken)}); "
        f"wrong adoptions {figures.wrong}, violations {figures.violations}"
    )


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.2%}" if whole else "none"


def _show_progress(figures: Figures, seeds: int, seconds: float) -> None:
    left = seconds / figures.seeds * (seeds - figures.seeds)
    text = f"\r{figures.seeds} of {seeds} seeds, {len(figures.violations)} violations, {left:.0f} s left "
    sys.stderr.write(text)
    sys.stderr.flush()


def _print(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
