"""What one seed is about: its stories, hosts and odds, drawn before anything happens."""

import random
from dataclasses import dataclass, fields, replace
from decimal import Decimal

from stories.config import DoubtPolicy
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject

PRICE_EUR = Decimal("0.40")
MINUTE = 60.0
HOUR = 3600.0


def _pool(what: str, **more: object) -> tuple[Story, ...]:
    """Six samples of one storyboard: twins, each paid."""
    board: JsonObject = {"scenes": [{"prompt": f"{what}, at dawn"}, {"prompt": f"{what}, at dusk"}], **more}
    return tuple(identify(board, sample=sample, source_uris=["a.json"]) for sample in range(6))


CAT, HARBOUR, MARKET, ISLAND = (
    _pool("A lighthouse cat", title="Cats"),
    _pool("A harbour"),
    _pool("A market"),
    _pool("Sea"),
)
INK = _pool("A lighthouse cat", title="Cats", style="ink")
"""Looks like `CAT` in an answer, and is another storyboard."""
REFUSED = _pool("What the service refuses")
DOOMED = _pool("What fails whenever it is drawn")
FOREIGN = _pool("What somebody else sends with this account")
_CASTS = ((CAT,), (HARBOUR,), (CAT, INK), (CAT, HARBOUR), (MARKET, HARBOUR, ISLAND), (CAT, REFUSED), (HARBOUR, DOOMED))
"""Which storyboards meet in a seed; a seed with one of them has twins only."""


@dataclass(frozen=True)
class Odds:
    """How likely each fault is each time that it may happen: at a step, a send, a read, a write, a job."""

    kill: float = 0.0
    pause: float = 0.0
    cancel: float = 0.0
    not_sent: float = 0.0
    lost_request: float = 0.0
    lost_reply: float = 0.0
    odd_answer: float = 0.0
    cut_body: float = 0.0
    read_trouble: float = 0.0
    read_outage: float = 0.0
    bad_listing: float = 0.0
    write_refused: float = 0.0
    write_reply_lost: float = 0.0
    store_read_trouble: float = 0.0
    spool_broken: float = 0.0
    job_fails: float = 0.0
    job_vanishes: float = 0.0
    job_takes_long: float = 0.0
    word_taken_back: float = 0.0

    def scaled(self, **factors: float) -> "Odds":
        """The odds with some of them multiplied."""
        return replace(self, **{name: getattr(self, name) * factor for name, factor in factors.items()})


ROUGH = Odds(
    kill=0.02,
    pause=0.02,
    cancel=0.1,
    not_sent=0.05,
    lost_request=0.1,
    lost_reply=0.15,
    odd_answer=0.35,
    cut_body=0.05,
    read_trouble=0.05,
    read_outage=0.02,
    bad_listing=0.1,
    write_refused=0.03,
    write_reply_lost=0.05,
    store_read_trouble=0.002,
    spool_broken=0.01,
    job_fails=0.1,
    job_vanishes=0.03,
    job_takes_long=0.1,
    word_taken_back=0.3,
)
CALM = Odds()


@dataclass(frozen=True)
class Scenario:
    """One seed's world. `listing_cap`: how many jobs are listed at most; `trusts_keys`: the client may resend a key."""

    seed: int
    stories: tuple[Story, ...]
    odds: Odds
    workers: tuple[int, ...]
    """How many processes each of the overlapping runs has."""
    hosts: int
    listing_cap: int | None
    listing_lag_seconds: float
    account_exclusive: bool
    policy: DoubtPolicy
    knows_keys: bool
    trusts_keys: bool
    max_cost_eur: Decimal | None
    has_person: bool
    has_real_commits: bool
    foreign_jobs: int


def rough(seed: int, rng: random.Random, *, trusts_keys: bool = False) -> Scenario:
    """A seed of the simulation: everything may go wrong, in most of them most of it."""
    families = rng.choice(_CASTS)
    pool = [story for family in families for story in family]
    odds = ROUGH.scaled(
        kill=rng.choice((0.0, 0.1, 0.5, 1.0)),
        pause=rng.choice((0.0, 0.3, 1.0, 3.0)),
        write_reply_lost=rng.choice((0, 1, 3)),
    )
    return Scenario(
        seed=seed,
        stories=tuple(rng.sample(pool, rng.randint(2, min(6, len(pool))))),
        odds=odds.scaled(**{field.name: rng.choice((0, 1, 1)) for field in fields(odds)}),
        workers=tuple(rng.randint(2, 3) for _ in range(4)),
        hosts=rng.choice((1, 1, 2)),
        listing_cap=rng.choice((None, 3)),
        listing_lag_seconds=rng.choice((0.0, 0.0, 10 * MINUTE)),
        account_exclusive=rng.random() < 0.8,
        policy=rng.choices(list(DoubtPolicy), (8, 1, 1))[0],
        knows_keys=trusts_keys or rng.random() < 0.3,
        trusts_keys=trusts_keys,
        max_cost_eur=rng.choice((None, PRICE_EUR * 2)),
        has_person=rng.random() < 0.3,
        has_real_commits=seed % 16 == 0,
        foreign_jobs=rng.choice((0, 2, 4)),
    )


def faulty_network(seed: int, stories: tuple[Story, ...], *, rate: float) -> Scenario:
    """Trouble of the network and nothing else: this share of all reads fails, this share of connections, and this share
    of sends loses request or answer once its bytes are on the way.
    """
    odds = Odds(not_sent=rate, lost_request=rate / 2, lost_reply=rate / 2, read_trouble=rate)
    return Scenario(
        seed=seed,
        stories=stories,
        odds=odds,
        workers=(1,),
        hosts=1,
        listing_cap=100,
        listing_lag_seconds=0.0,
        account_exclusive=True,
        policy=DoubtPolicy.HOLD,
        knows_keys=False,
        trusts_keys=False,
        max_cost_eur=None,
        has_person=False,
        has_real_commits=False,
        foreign_jobs=0,
    )
