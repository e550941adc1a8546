"""The commits of a seed in which no Parquet is built: one object a story, created exclusively."""

from collections.abc import Sequence

from stories.dataset.log.replacements import PartPair
from stories.dataset.model import Lineage, SavedStory, StoryStatus
from stories.storage.store import Store

PREFIX = "_meta/simulated_commits"


class VirtualCommits:
    """What is asked of a `CommitLog`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def live_pairs(self) -> tuple[PartPair, ...]:
        """None: what the images of earlier runs look like is no part of the protocol."""
        return ()

    async def recover(self) -> None:
        """Nothing is ever half committed here."""

    async def committed(self) -> dict[str, StoryStatus]:
        """The stories that are committed; under which status is not kept."""
        found = [stored.key async for stored in self._store.list(PREFIX)]
        return {key.rpartition("/")[2]: StoryStatus.COMPLETED for key in found}

    async def commit(self, stories: Sequence[SavedStory], *, batch_id: str, lineage: Lineage) -> None:
        """Commit each story that nobody has committed."""
        for saved in stories:
            cost = "" if saved.cost_eur is None else f"{saved.cost_eur:f}"
            await self._store.create(f"{PREFIX}/{saved.story.story_id}", f"{saved.job_id or ''} {cost}".encode())
