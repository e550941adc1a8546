"""kill -9 at random instants over overlapping runs: two processes on one target, on files and on S3.

`python -m tests.kills.random_kills --kills 300` prints the table of outcomes. A round is a fresh target with a few
storyboards: two processes run on it, each is killed after a random time and begins again, until the round has had its
kills; then runs finish it, and everything is held against everything.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from configs.loading import environment_set
from tests.doubles.examination import Examination, examine
from tests.doubles.object_store import running_object_store
from tests.doubles.running_studio import RunningStudio, running_studio
from tests.doubles.source_stories import stories_in
from tests.kills.doomed import Doomed, Order

STORIES = 12
SUBMITS_PER_SECOND = 8.0
"""For each of the two: sending takes as long as everything else, so that kills fall on it too."""
KILLS_OF_A_ROUND = 10
PROCESSES = 2
MOST_FINISHING_RUNS = 6
MOST_HELD_PER_KILL = 0.1
LONGEST_LIFE = 1.2
"""Times what a whole run takes, which is measured first: kills fall on all of it."""


@dataclass
class Table:
    """Outcomes, added up over the rounds."""

    name: str
    kills: int = 0
    ends: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    violations: list[str] = field(default_factory=list)

    def add(self, kills: int, ends: int, stories: int, found: Examination) -> None:
        """A round: how many runs were killed, how many came to their end before, and what was true after."""
        self.kills += kills
        self.ends += ends
        self.outcomes["stories"] += stories
        self.outcomes["committed"] += len(found.committed)
        self.outcomes["held"] += len(found.held)
        self.outcomes["adopted"] += found.adopted
        self.reasons += found.reasons
        self.violations += found.violations

    def lines(self) -> Iterator[str]:
        """The table for people."""
        kinds = Counter(violation.partition(":")[0] for violation in self.violations)
        outcomes = self.outcomes
        yield (
            f"{self.name:<6} {self.kills:>4} kills, {self.ends:>4} runs that ended by themselves; "
            f"{outcomes['stories']} stories: {outcomes['committed']} committed, {outcomes['adopted']} of their jobs "
            f"found again; {outcomes['held']} held, {self.held_per_kill:.3f} per kill {dict(self.reasons) or ''}"
        )
        zeros = {kind: kinds.get(kind, 0) for kind in ("paid_once", "sent_by_intent", "orphan", "owned_once")}
        yield f"       {zeros}, other violations: {sum(kinds.values()) - sum(zeros.values())}"
        yield from (f"       {violation}" for violation in self.violations)

    @property
    def held_per_kill(self) -> float:
        return self.outcomes["held"] / max(1, self.kills)

    @property
    def is_sound(self) -> bool:
        return not self.violations and self.held_per_kill <= MOST_HELD_PER_KILL


class Round:
    """One target and the processes that run on it until there were enough kills."""

    def __init__(
        self, order: Order, programs: list[Doomed], kills: int, longest_life_seconds: float, dice: random.Random
    ) -> None:
        self.kills = self.ends = 0
        self._order = order
        self._programs = programs
        self._wanted = kills
        self._longest_life_seconds = longest_life_seconds
        self._dice = dice
        self._lock = threading.Lock()

    def run(self) -> None:
        """Returns when the kills are done and no run is under way."""
        threads = [threading.Thread(target=self._repeat, args=(program,)) for program in self._programs]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _repeat(self, program: Doomed) -> None:
        while (order := self._next()) is not None:
            was_killed = program.run(order).was_killed
            with self._lock:
                self.kills += was_killed
                self.ends += not was_killed

    def _next(self) -> Order | None:
        with self._lock:
            # Once a run has come to its end nothing is left to be killed over.
            if self.kills >= self._wanted or self.ends > PROCESSES:
                return None
            life_seconds = self._dice.uniform(0.02, self._longest_life_seconds)
            number = self._dice.getrandbits(32)
            return replace(self._order, run_id=f"doomed-{number:08x}", kill_after_seconds=life_seconds)


def play(
    name: str, kills: int, seconds: float, targets: Iterator[str], studio: RunningStudio, stack: ExitStack, seed: int
) -> Table:
    """Rounds until there were so many kills, or the time is up."""
    table, dice = Table(name), random.Random(f"{name} {seed}")  # noqa: S311 - kills that repeat
    programs = [stack.enter_context(Doomed(studio.url)) for _ in range(PROCESSES)]
    deadline = time.monotonic() + seconds
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="depicta-kills-")))
    longest_life_seconds = 0.0
    for number, target in enumerate(targets):
        if table.kills >= kills or time.monotonic() > deadline:
            return table
        order = order_in(directory / f"{name}-{number}", target)
        if number == 0:  # waits until the program has begun
            programs[0].run(order)
            continue
        if number == 1:
            began = time.monotonic()
            programs[0].run(order)
            longest_life_seconds = LONGEST_LIFE * (time.monotonic() - began)
            tell(f"{name}: kills within {longest_life_seconds:.1f} s")
            continue
        of_round = Round(order, programs, min(KILLS_OF_A_ROUND, kills - table.kills), longest_life_seconds, dice)
        of_round.run()
        found = finished(order, programs[0], studio)
        table.add(of_round.kills, of_round.ends, STORIES, found)
        tell(f"{name} round {number}: {of_round.kills} kills, {len(found.held)} held, {len(found.violations)} wrong")
    return table


def order_in(folder: Path, target: str) -> Order:
    """A run over storyboards that are nobody else's; without a target, on files."""
    folder.mkdir()
    lines = [json.dumps({"scenes": [{"prompt": f"{folder}: a fox, {number}"}]}) for number in range(STORIES)]
    (folder / "boards.jsonl").write_text("\n".join(lines))
    return Order(
        str(folder / "boards.jsonl"),
        target or str(folder / "target"),
        str(folder / "state"),
        "run",
        submits_per_second=SUBMITS_PER_SECOND,
    )


def finished(order: Order, program: Doomed, studio: RunningStudio) -> Examination:
    """What is true after runs that nobody kills; several, because what was sent last may still be drawn."""
    stories = stories_in(order.source)
    for number in range(MOST_FINISHING_RUNS):
        program.run(replace(order, run_id=f"finish-{number}"))
        found = asyncio.run(examine(order.target, stories, studio))
        if not found.violations:
            break
    return found


@contextmanager
def buckets() -> Iterator[Iterator[str]]:
    """Targets in buckets of their own on an S3 server, which this process and its children reach by its environment."""
    with running_object_store() as store, environment_set(store.environment):
        yield (f"s3://{store.new_bucket()}/dataset" for _ in iter(int, 1))


def tell(line: str) -> None:
    """Progress, and the table."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Print the table; 1 on any violation, on too many held stories, and when there was no time for all kills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=300, help="half of them on files, half on S3")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=3600, help="for both halves together")
    asked = parser.parse_args(arguments)
    tables = []
    with ExitStack() as stack:
        studio = stack.enter_context(
            running_studio(Path(stack.enter_context(tempfile.TemporaryDirectory())), starting_balance_eur="100000")
        )
        local, half = ("" for _ in iter(int, 1)), asked.seconds / 2
        tables.append(play("local", asked.kills - asked.kills // 2, half, local, studio, stack, asked.seed))
        targets = stack.enter_context(buckets())
        tables.append(play("s3", asked.kills // 2, half, targets, studio, stack, asked.seed))
    for table in tables:
        for line in table.lines():
            tell(line)
    kills = sum(table.kills for table in tables)
    tell(f"{kills} kills, seed {asked.seed}")
    return int(kills < asked.kills or not all(table.is_sound for table in tables))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
