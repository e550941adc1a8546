"""The live count of a shard: under which outcome each story stands now, and who wants to see it."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal

from stories.dataset.run_record import RunReport, StoryOutcome, Trouble, count_outcomes

_OPEN = (StoryOutcome.NOT_SENT, StoryOutcome.IN_FLIGHT)


@dataclass
class ShardProgress:
    """Counts of one shard while it runs; `report` is what they come to."""

    outcomes: dict[str, StoryOutcome]
    """Story id to the outcome that it would have if the run ended now."""
    saved: set[str] = field(default_factory=set)
    """Stories that are whole on the target and wait for the next commit; until then a reader does not see them."""
    images: int = 0
    image_bytes: int = 0
    cost_eur: Decimal = Decimal(0)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    qa_flags: Counter[str] = field(default_factory=Counter)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def settled(self) -> int:
        """Stories that have nothing left but, at most, the commit: how far the shard is."""
        return sum(outcome not in _OPEN or story_id in self.saved for story_id, outcome in self.outcomes.items())

    @property
    def at_the_service(self) -> int:
        """Stories that are waited for."""
        return sum(
            outcome is StoryOutcome.IN_FLIGHT and story_id not in self.saved
            for story_id, outcome in self.outcomes.items()
        )

    def save(self, story_id: str, *, images: int, image_bytes: int, cost_eur: Decimal | None) -> None:
        """The story is whole on the target, with what it brought."""
        self.saved.add(story_id)
        self.add(images=images, image_bytes=image_bytes, cost_eur=cost_eur)

    def move(self, story_id: str, outcome: StoryOutcome) -> None:
        """The story stands under this outcome now; a trouble that it had is settled."""
        self.outcomes[story_id] = outcome
        self.troubles.pop(story_id, None)
        self._tell()

    def trouble(self, trouble: Trouble) -> None:
        """The story stands under the trouble's outcome, and the trouble says why."""
        if trouble.story_id is not None and trouble.outcome is not None:
            self.outcomes[trouble.story_id] = trouble.outcome
            self.troubles[trouble.story_id] = trouble
        self._tell()

    def add(self, *, images: int = 0, image_bytes: int = 0, cost_eur: Decimal | None = None) -> None:
        """Count what a story brought: images on the target, a charge."""
        self.images += images
        self.image_bytes += image_bytes
        self.cost_eur += cost_eur or 0
        self._tell()

    def flag(self, flags: Iterable[str]) -> None:
        """Count what the checks found of images."""
        self.qa_flags.update(flags)

    def note(self, text: str) -> None:
        """Something that the summary has to say once."""
        self.notes[text] = None

    def report(self) -> RunReport:
        """The counts as they stand."""
        return RunReport(
            counts=count_outcomes(self.outcomes.values()),
            images=self.images,
            bytes=self.image_bytes,
            cost_eur=self.cost_eur,
            troubles=tuple(self.troubles.values()),
            notes=tuple(self.notes),
            qa_flags=dict(sorted(self.qa_flags.items())),
        )

    def _tell(self) -> None:
        self.changed.set()
        listener = progress_listener.get()
        if listener is not None:
            listener(self)


progress_listener: ContextVar[Callable[[ShardProgress], None] | None] = ContextVar("progress_listener", default=None)
"""Called on every change of a tally within this context: how a live display in the same process sees a flow run."""
