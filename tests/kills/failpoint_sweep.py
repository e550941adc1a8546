"""Kill at a hit of a failpoint, let the next runs finish, and hold what is there against what the protocol promises.

`python -m tests.kills.failpoint_sweep` sweeps every failpoint of every scenario, hit by hit until none fires, and
prints the table.
"""

import asyncio
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue

from stories.failpoints import Failpoint
from stories.strict_json import JsonObject
from tests.doubles.examination import Examination, examine, jobs_of, sent_without_a_word, wait_until_done
from tests.doubles.running_studio import RunningStudio, running_studio
from tests.doubles.source_stories import stories_in
from tests.kills.doomed import Doomed, Order

_MOST_HITS = 60
_MOST_RUNS = 5
_AT_ONCE = 3


@dataclass(frozen=True)
class Scenario:
    """What is run: one storyboard, after runs that were killed at the first hit of each of the places in `before`."""

    name: str
    prompt: str = "Mira waits"
    samples: int = 1
    before: tuple[Failpoint, ...] = ()
    has_job: bool = False
    """The service has a job of it by then, and is done with it."""

    def board(self, folder: Path) -> JsonObject:
        """A storyboard that is nobody else's."""
        return {"scenes": [{"prompt": f"{self.prompt}, {folder}"}], "characters": [{"name": "Mira"}]}


PLACES = tuple(place for place in Failpoint if not place.startswith("compact."))
"""Those that a run comes by; compaction is killed in tests/stories/dataset/test_dataset_kills.py."""
SCENARIOS = (
    Scenario("plain"),
    Scenario("twins", samples=2),
    Scenario("refused", prompt="[[reject]]"),
    Scenario("job fails", prompt="[[fail]]"),
    Scenario("after a lost reply", before=(Failpoint.SUBMIT_SENT,), has_job=True),
    Scenario("after a kill with the job in the spool", before=(Failpoint.SUBMIT_SPOOLED,), has_job=True),
    Scenario("after a kill with the job half owned", before=(Failpoint.LEDGER_OWNED,), has_job=True),
    Scenario("after a kill with the intent alone", before=(Failpoint.SUBMIT_INTENDED,)),
    Scenario("after a kill before the first byte", before=(Failpoint.SUBMIT_LINE_WRITTEN,)),
    Scenario("after a kill with the commit recorded", before=(Failpoint.COMMIT_RECORDED,), has_job=True),
)


@dataclass(frozen=True)
class Cycle:
    """One kill, or a run that came to its end because the place was not reached so often, and what was true after."""

    scenario: Scenario
    place: Failpoint
    hit: int
    fired: bool
    found: Examination
    violations: tuple[str, ...]

    @property
    def outcome(self) -> str:
        """What became of its stories, in a word."""
        if self.violations:
            return "violated"
        return "held" if self.found.held else "committed" if self.found.committed else "failed"


@dataclass
class Sweep:
    """Cycles on one studio."""

    studio: RunningStudio
    directory: Path
    programs: "SimpleQueue[Doomed]" = field(default_factory=SimpleQueue)

    def cycle(self, scenario: Scenario, place: Failpoint, hit: int) -> Cycle:
        """Kill at this hit, finish, examine."""
        folder = self.directory / f"{scenario.name} {place} {hit}".replace(" ", "-")
        (folder / "boards").mkdir(parents=True)
        (folder / "boards/board.json").write_text(json.dumps(scenario.board(folder)))
        program = self.programs.get()
        try:
            return self._cycle(program, folder, scenario, place, hit)
        finally:
            self.programs.put(program)

    def _cycle(self, program: Doomed, folder: Path, scenario: Scenario, place: Failpoint, hit: int) -> Cycle:
        target, state = str(folder / "target"), folder / "state"
        order = Order(str(folder / "boards"), target, str(state), "run", samples=scenario.samples)
        stories = stories_in(order.source, samples=scenario.samples)
        for number, before in enumerate(scenario.before):
            ended = program.run(replace(order, run_id=f"before-{number}", place=before))
            assert ended.was_killed, f"{before} was not reached"
        if scenario.has_job:
            wait_until_done(self.studio, str(folder))
        fired = program.run(replace(order, run_id="doomed", place=place, hit=hit)).was_killed
        silent = asyncio.run(sent_without_a_word(target, state, stories))
        for number in range(_MOST_RUNS):
            program.run(replace(order, run_id=f"finish-{number}"))
            found = asyncio.run(examine(target, stories, self.studio))
            jobs = jobs_of(self.studio)
            found_keys = {job.idempotency_key for job in jobs if not job.has_failed}
            expected = {story_id for story_id, key in silent.items() if key not in found_keys}
            # All stories of a scenario are twins, and twins are interchangeable: a job may become either's.
            if not found.violations and len(found.held) == len(expected):
                break
        is_right = len(found.held) == len(expected)
        wrong = [] if is_right else [f"held: {sorted(found.held)}, the protocol says {sorted(expected)}"]
        return Cycle(scenario, place, hit, fired, found, (*found.violations, *wrong))

    def until_none_fires(self, scenario: Scenario, place: Failpoint) -> list[Cycle]:
        """Kill at the first hit, the second, and so on; the last cycle is of a run that came to its end."""
        cycles = [self.cycle(scenario, place, 1)]
        while cycles[-1].fired and cycles[-1].hit < _MOST_HITS:
            cycles.append(self.cycle(scenario, place, cycles[-1].hit + 1))
        return cycles


def opened(stack: ExitStack, directory: Path, *, at_once: int = _AT_ONCE) -> Sweep:
    """A studio, and the programs that run against it."""
    studio = stack.enter_context(running_studio(directory / "studio", starting_balance_eur="100000"))
    sweep = Sweep(studio, directory / "runs")
    for _ in range(at_once):
        sweep.programs.put(stack.enter_context(Doomed(studio.url)))
    return sweep


def all_cycles(sweep: Sweep, scenarios: tuple[Scenario, ...]) -> Iterator[list[Cycle]]:
    """Every failpoint of every scenario, until none fires."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for scenario in scenarios:
            yield from threads.map(lambda place, of=scenario: sweep.until_none_fires(of, place), PLACES)


def main(names: list[str]) -> int:
    """Print the table of all kills; 1 when anything was violated, or a failpoint was reached nowhere."""
    scenarios = tuple(scenario for scenario in SCENARIOS if not names or scenario.name in names)
    unreached, total, violated = set(PLACES), Counter[str](), 0
    with tempfile.TemporaryDirectory(prefix="depicta-kills-") as directory, ExitStack() as stack:
        sweep = opened(stack, Path(directory))
        for cycles in all_cycles(sweep, scenarios):
            kills = Counter(cycle.outcome for cycle in cycles if cycle.fired)
            total += kills
            violated += sum(bool(cycle.violations) for cycle in cycles)
            if kills:
                unreached.discard(cycles[0].place)
                tell(f"{cycles[0].scenario.name:<40} {cycles[0].place:<28} {kills.total():>3} kills: {dict(kills)}")
            for cycle in cycles:
                tell(*(f"    hit {cycle.hit}: {violation}" for violation in cycle.violations))
    left = ", ".join(sorted(unreached)) or "none"
    tell(f"{total.total()} kills: {dict(total)}; {violated} cycles with violations; failpoints not reached: {left}")
    return int(bool(violated or (unreached and not names)))


def tell(*lines: str) -> None:
    """A line of the table as soon as it is known."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
