"""The stage: one source of chance, one clock, one history, and processes that may stop between any two steps."""

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tests.doubles.virtual.loop import VirtualLoop
from tests.doubles.virtual.scenario import CALM, HOUR, MINUTE, Odds, Scenario

_Result = TypeVar("_Result")
NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
_SKEWS = (0.0, 0.0, -24 * HOUR, 24 * HOUR)


class World:
    """Everything that the parts of one seed share. `sightings` counts what was reached."""

    def __init__(self, scenario: Scenario, loop: VirtualLoop, rng: random.Random) -> None:
        self.scenario = scenario
        self.loop = loop
        self.rng = rng
        self.odds: Odds = scenario.odds
        self.is_over = False
        self.sightings: Counter[str] = Counter()
        self.history: list[tuple[float, str, str]] = []
        self.doubtful: Counter[str] = Counter()
        """Story ids of which it became unclear whether a send ran: Jepsen's `info` operations."""
        self.doubtful_keys: Counter[str] = Counter()
        """The same by the key of the send."""

    def now(self) -> datetime:
        """The service's time, and that of a host whose clock is right."""
        return NOON + timedelta(seconds=self.loop.time())

    def note(self, who: str, what: str) -> None:
        """Add a line to the history."""
        self.history.append((self.loop.time(), who, what))

    def saw(self, what: str) -> None:
        """Note that something was reached."""
        self.sightings[what] += 1

    def happens(self, odds: float, fault: str) -> bool:
        """Whether a fault happens now."""
        if odds > 0.0 and self.rng.random() < odds:
            self.sightings[fault] += 1
            return True
        return False

    def token(self) -> str:
        """32 hex digits that nobody has had."""
        return f"{self.rng.getrandbits(128):032x}"

    def calm(self) -> None:
        """Faults stop."""
        self.odds = CALM

    def digest(self) -> str:
        """One hash of all that happened."""
        lines = "\n".join(f"{seconds!r} {who} {what}" for seconds, who, what in self.history)
        return hashlib.sha256(lines.encode()).hexdigest()


class VirtualProcess:
    """A process: each of its steps into the world may be its last, or be followed by a long sleep."""

    def __init__(self, world: World, name: str, host: str) -> None:
        self.world = world
        self.name = name
        self.host = host
        self.is_dead = False
        self.asleep_until = 0.0
        self.open_attempts: set[tuple[str, int]] = set()
        """Attempts whose intent is this process's, and whose outcome is not on record."""
        self.troubled: set[tuple[str, int]] = set()
        """Attempts of which a record, or the claim on its job, met trouble of the store."""
        self.at_death: list[Callable[[], None]] = []
        self.skew = timedelta(seconds=world.rng.choice(_SKEWS))

    async def step(
        self, what: str, effect: Callable[[], _Result], *, seconds: float | None = None, lands_late: bool = True
    ) -> _Result:
        """Take `effect` on the world after a while, if the process lives until then.

        A process may die before it, after it, or while it is under way: `lands_late` is for what a network carries,
        which then happens all the same, later.
        """
        self._refuse_if_ended()
        world = self.world
        if world.happens(world.odds.kill, "fault:kill"):
            self._die_at(what, effect, lands_late=lands_late)
        # Where a long sleep matters: between an intent and its outcome.
        if world.happens(world.odds.pause * (1.0 if self.open_attempts else 0.2), "fault:zombie"):
            self.asleep_until = world.loop.time() + world.rng.uniform(10 * MINUTE, 100 * MINUTE)
            world.note(self.name, f"sleeps before {what} for {self.asleep_until - world.loop.time():.0f} s")
            self._make_doubtful()  # others may give a twin's job to its attempts meanwhile (crash point C16)
        await world.loop.sleep(world.rng.expovariate(10.0) if seconds is None else seconds)
        while self.asleep_until > world.loop.time():
            await world.loop.sleep(self.asleep_until - world.loop.time())
        self._refuse_if_ended()
        return effect()

    def die(self, when: str) -> None:
        """kill -9: nothing of it runs any more, and its locks are free."""
        if self.is_dead:
            return
        self.is_dead = True
        self.world.note(self.name, f"dies {when}")
        self._make_doubtful()
        for release in self.at_death:
            release()

    def now(self) -> datetime:
        return self.world.now() + self.skew

    def monotonic(self) -> float:
        return self.world.loop.time()

    async def sleep(self, seconds: float) -> None:
        await self.step("a wait", lambda: None, seconds=max(0.0, seconds))

    def _make_doubtful(self) -> None:
        for story_id, _ in self.open_attempts:
            self.world.doubtful[story_id] += 1

    def _die_at(self, what: str, effect: Callable[[], object], *, lands_late: bool) -> None:
        fate = self.world.rng.choice(("before", "after", "during"))
        if fate == "after":
            self._alone(effect)
        self.die(f"{fate} {what}")
        if fate == "during" and lands_late:
            self.world.loop.call_later(self.world.rng.expovariate(1.0), self._alone, effect)
        raise asyncio.CancelledError

    def _alone(self, effect: Callable[[], object]) -> None:
        """An effect whose reply nobody will read."""
        if not self.world.is_over:
            try:
                effect()
            except Exception as exc:  # noqa: BLE001 - it is noted; nobody is left to be told
                self.world.note(self.name, f"unheard: {exc!r}")

    def _refuse_if_ended(self) -> None:
        if self.is_dead or self.world.is_over:
            raise asyncio.CancelledError
