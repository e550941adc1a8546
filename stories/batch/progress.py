"""The progress of a shard while it runs: the present outcome of each story, the totals, and a listener for displays."""

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
    """The counts of one shard while it runs; `report` returns them as a `RunReport`."""

    outcomes: dict[str, StoryOutcome]
    """Story id to the outcome that it would have if the run ended now."""
    saved: set[str] = field(default_factory=set)
    """Stories that are complete on the target; readers see them after the next commit."""
    images: int = 0
    image_bytes: int = 0
    cost_eur: Decimal = Decimal(0)
    troubles: dict[str, Trouble] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    qa_flags: Counter[str] = field(default_factory=Counter)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def finished(self) -> int:
        """Number of stories that have no step left, or only the commit."""
        return sum(outcome not in _OPEN or story_id in self.saved for story_id, outcome in self.outcomes.items())

    @property
    def at_the_service(self) -> int:
        """Number of stories whose job the run is waiting for."""
        return sum(
            outcome is StoryOutcome.IN_FLIGHT and story_id not in self.saved
            for story_id, outcome in self.outcomes.items()
        )

    def save(self, story_id: str, *, images: int, image_bytes: int, cost_eur: Decimal | None) -> None:
        """Note that the story is complete on the target, and count its images, their bytes and its cost."""
        self.saved.add(story_id)
        self.add(images=images, image_bytes=image_bytes, cost_eur=cost_eur)

    def move(self, story_id: str, outcome: StoryOutcome) -> None:
        """Set the outcome of the story, and remove its trouble."""
        self.outcomes[story_id] = outcome
        self.troubles.pop(story_id, None)
        self._notify()

    def trouble(self, trouble: Trouble) -> None:
        """Set the outcome of the story to that of its trouble, and keep the trouble as the reason."""
        if trouble.story_id is not None and trouble.outcome is not None:
            self.outcomes[trouble.story_id] = trouble.outcome
            self.troubles[trouble.story_id] = trouble
        self._notify()

    def add(self, *, images: int = 0, image_bytes: int = 0, cost_eur: Decimal | None = None) -> None:
        """Count images on the target, their bytes, and a charge in euros."""
        self.images += images
        self.image_bytes += image_bytes
        self.cost_eur += cost_eur or 0
        self._notify()

    def flag(self, flags: Iterable[str]) -> None:
        """Count QA flags of images."""
        self.qa_flags.update(flags)

    def note(self, text: str) -> None:
        """Add a note to the report; the same note is reported once."""
        self.notes[text] = None

    def report(self) -> RunReport:
        """Return the counts as they are now."""
        return RunReport(
            counts=count_outcomes(self.outcomes.values()),
            images=self.images,
            bytes=self.image_bytes,
            cost_eur=self.cost_eur,
            troubles=tuple(self.troubles.values()),
            notes=tuple(self.notes),
            qa_flags=dict(sorted(self.qa_flags.items())),
        )

    def _notify(self) -> None:
        self.changed.set()
        listener = progress_listener.get()
        if listener is not None:
            listener(self)


progress_listener: ContextVar[Callable[[ShardProgress], None] | None] = ContextVar("progress_listener", default=None)
"""Function that is called on every change within this context: a live display shows a flow run of its process so."""
