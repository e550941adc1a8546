"""How many stories a bad network leaves in doubt, and how many of those the next run settles without a person.

`make badnetwork` runs a batch of tiny stories through a proxy that breaks a share of all requests: resets before and
after the service has acted, replies that are cut anywhere, connections that hang. The next run has a good network. What
was truly accepted is the studio's own word, and the books of both sides are held against each other afterwards.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from stories.api.transport import Timeouts
from stories.ledger.events import Doubt, Intent, JobAssigned
from stories.ledger.records import Record
from stories.target import open_target
from tests.doubles.books import discrepancies
from tests.doubles.meddling_proxy import Broken, End, Request, meddling_proxy
from tests.doubles.running_studio import running_studio
from tests.faults.rehearsal import Rehearsal, drawn

PATIENCE = Timeouts(connect_seconds=5.0, read_seconds=2.0, total_seconds=10.0)
_REPLY_BYTES = 700


@dataclass(frozen=True)
class Measured:
    """What one batch came to. `accepted` of the doubts had a job, `adopted` of these have it since the next run."""

    stories: int
    broken: Counter[str]
    doubts: int
    accepted: int
    adopted: int
    lists: int
    discrepancies: tuple[str, ...]
    charged_twice: int

    def __str__(self) -> str:
        shares = [f"in doubt {self.doubts} of {self.stories} stories ({_percent(self.doubts, self.stories)})"]
        shares += [f"of those truly accepted {self.accepted}, adopted without a person {self.adopted}"]
        shares += [f"({_percent(self.adopted, self.accepted)})"]
        verdict = (
            f"wrong adoptions and other discrepancies {len(self.discrepancies)}, charged twice {self.charged_twice}"
        )
        broken = ", ".join(f"{count} {what}" for what, count in sorted(self.broken.items()))
        return f"{self.stories} stories, listing of {self.lists}; broken: {broken}\n  {'; '.join(shares)}\n  {verdict}"


class BadNetwork:
    """Breaks a share of the requests; the same ones for one seed and one order."""

    def __init__(self, share: float, seed: int, methods: Sequence[str]) -> None:
        self.broken: Counter[str] = Counter()
        self._share = share
        self._lots = random.Random(seed)  # noqa: S311 - lots that can be drawn again
        self._methods = methods

    def __call__(self, request: Request) -> Broken | None:
        if request.method not in self._methods or self._lots.random() >= self._share:
            return None
        broken = self._lots.choice(
            [
                Broken(End.RESET),
                Broken(End.RESET, acts=False),
                Broken(End.CLOSE, first_bytes=self._lots.randrange(_REPLY_BYTES)),
                Broken(End.HANG),
            ]
        )
        self.broken[f"{request.method} {broken.end}{'' if broken.acts else ' before it arrived'}"] += 1
        return broken


async def measured(directory: Path, stories: int, network: BadNetwork, listed_jobs: int) -> Measured:
    """One batch over the bad network, one over a good one, and the books of both sides."""
    rehearsal = Rehearsal(directory)
    rehearsal.write(*[f"story {number:04}" for number in range(stories)])
    settings = {"listed_jobs": listed_jobs, "starting_balance_eur": Decimal(1000), "requests_per_minute": 1_000_000}
    with running_studio(directory / "studio", **settings) as studio:
        with meddling_proxy(studio.url, network) as url:
            await _run(rehearsal, url, "run-1")
        await drawn(studio)
        await _run(rehearsal, studio.url, "run-2")
        doubts, settled = await _doubts(rehearsal)
        accepted = doubts & {str(post["idempotency_key"]) for post in studio.posts() if post["job_id"] is not None}
        return Measured(
            stories=stories,
            broken=network.broken,
            doubts=len(doubts),
            accepted=len(accepted),
            adopted=len(accepted & settled),
            lists=listed_jobs,
            discrepancies=tuple(await discrepancies(studio, rehearsal.target)),
            charged_twice=sum(times > 1 for times in studio.charges_per_job().values()),
        )


async def _doubts(rehearsal: Rehearsal) -> tuple[set[str], set[str]]:
    """The idempotency keys of the submits that ended in doubt, and of those that have a job by now."""
    doubts, settled = set(), set()
    async with open_target(rehearsal.target, run_id="look", state_directory=None) as dataset:
        assert dataset is not None
        for entry in await rehearsal.entries():
            records = await dataset.ledger.records(entry.story_id)
            contents = {type(record.content): record.content for record in records if isinstance(record, Record)}
            intent = contents.get(Intent)
            if Doubt in contents and isinstance(intent, Intent):
                doubts.add(intent.idempotency_key)
                if JobAssigned in contents:
                    settled.add(intent.idempotency_key)
    return doubts, settled


async def _run(rehearsal: Rehearsal, url: str, run_id: str) -> None:
    terms = {"submit_timeouts": PATIENCE, "poll_timeouts": PATIENCE, "image_timeouts": PATIENCE}
    await rehearsal.run(url, run_id, commit_stories=50, max_cost_eur=None, **terms)


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "none"


def main(arguments: Sequence[str]) -> int:
    """Measure and print; exit code 1 when the books do not agree or something is charged twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stories", type=int, default=400)
    parser.add_argument("--share", type=float, default=0.01, help="of the requests that are broken")
    parser.add_argument("--methods", default="GET,POST", help="that are broken")
    parser.add_argument("--listed-jobs", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    network = BadNetwork(chosen.share, chosen.seed, chosen.methods.split(","))
    with tempfile.TemporaryDirectory() as directory:
        found = asyncio.run(measured(Path(directory), chosen.stories, network, chosen.listed_jobs))
    sys.stdout.write("\n  ".join([str(found), *found.discrepancies]) + "\n")
    return int(bool(found.discrepancies or found.charged_twice))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
