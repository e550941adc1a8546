"""The galleries of a target: pages for a browser that show the stories of each run, and an index of all runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping

from pydantic import TypeAdapter, ValidationError

from stories.dataset import layout
from stories.dataset.gallery.committed_cards import committed_cards
from stories.dataset.gallery.pages import STATES, RunEntry, RunFacts, RunPages, render_index
from stories.dataset.gallery.story_cards import INVALID, StoryCard, open_card
from stories.dataset.run_record import RunRecord, StoryOutcome, Trouble, read_dead_letters, read_run_record
from stories.errors import ConfigurationError, TargetUnusable
from stories.storage.store import Store
from stories.storyboards.shards import decode_shard
from stories.storyboards.story import Story
from stories.target import OpenDataset, open_target

_NO_RUN = "gallery"
_COVERS = 5
_ENTRY = TypeAdapter(RunEntry)


async def build_galleries(
    target: str, run_id: str | None = None, *, on_built: Callable[[str], None] = lambda _page: None
) -> tuple[str, ...]:
    """Build the gallery of one run, or of every run, and the index; return the URLs of their first pages.

    Calls `on_built` with each URL once its gallery is written. Reads committed parts, thumbnails, run records and dead
    letters; reads an original image only if it has no thumbnail. Raises `TargetUnusable`, and `ConfigurationError` for
    a run that the target does not know.
    """
    async with open_target(target, run_id=_NO_RUN, state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{target}: no dataset yet")
        known = [found async for it in dataset.store.list(layout.RUNS) if (found := layout.run_id_of(it.key))]
        if run_id is not None and run_id not in known:
            latest = f"; the latest is {max(known)}" if known else ""
            raise ConfigurationError(f"--run {run_id}: {target} has no record of such a run{latest}")
        built = []
        for each in [run_id] if run_id is not None else known:
            built.append(await _build(dataset, each))
            on_built(built[-1])
        await _build_index(dataset)
        return tuple(built)


async def _build(dataset: OpenDataset, run_id: str) -> str:
    store = dataset.store
    record = await read_run_record(store, run_id)
    troubles = await read_dead_letters(store, run_id)
    facts = _facts(run_id, dataset.identity.dataset_id, record)
    pages, covers = RunPages(facts), list[str]()
    async for card in _cards(dataset, run_id, troubles):
        if len(covers) < _COVERS:
            covers += [scene.thumbnail for scene in card.scenes if scene.thumbnail][:1]
        full = await asyncio.to_thread(pages.add, card)
        if full is not None:
            await store.publish(*full)
    last_key, content = await asyncio.to_thread(pages.last)
    await store.publish(last_key, content)
    await _remove_pages_after(store, run_id, pages.count)
    entry = _ENTRY.dump_json(RunEntry(facts, tuple(covers)), indent=1)
    await store.publish(layout.gallery_entry_key(run_id), entry)
    return f"{store.url}/{layout.gallery_key(run_id)}"


async def _cards(dataset: OpenDataset, run_id: str, troubles: tuple[Trouble, ...]) -> AsyncIterator[StoryCard]:
    """Yield the committed stories, then the other stories of the run, with their storyboards where they are known."""
    shown = set()
    async for card in committed_cards(dataset.store, dataset.commits, run_id):
        shown.add(card.story_id)
        yield card
    left = {it.story_id: it for it in troubles if it.story_id is not None and it.story_id not in shown}
    boards = await _storyboards(dataset.store, run_id, left.keys())
    for trouble in troubles:
        if trouble.story_id is None or trouble.story_id in left:
            yield open_card(
                boards.get(trouble.story_id or ""),
                story_id=trouble.story_id,
                label=trouble.label,
                state=trouble.outcome.value if trouble.outcome is not None else INVALID,
                reason=trouble.reason,
                message=trouble.message,
            )


async def _storyboards(store: Store, run_id: str, story_ids: Iterable[str]) -> Mapping[str, Story]:
    """Return the stories with these ids that are in the shards of the run, by story id."""
    missing, found = set(story_ids), dict[str, Story]()
    if missing:
        async for stored in store.list(f"{layout.RUNS}/{run_id}"):
            content = await store.read(stored.key)
            found |= {it.story_id: it for it in decode_shard(content or b"") if it.story_id in missing}
    return found


async def _build_index(dataset: OpenDataset) -> None:
    store = dataset.store
    entries = [await _entry(store, it.key) async for it in store.list(layout.GALLERY_ENTRIES)]
    await store.publish(*render_index(dataset.identity.dataset_id, entries))


async def _entry(store: Store, key: str) -> RunEntry:
    try:
        return _ENTRY.validate_json(await store.read(key) or b"")
    except ValidationError as exc:
        raise TargetUnusable(f"{store.url}: {key} is damaged; remove it and build the gallery again") from exc


async def _remove_pages_after(store: Store, run_id: str, last: int) -> None:
    """Remove the pages that an earlier, longer gallery of the run has left."""
    stale = last + 1
    while await store.size_bytes(layout.gallery_key(run_id, stale)) is not None:
        await store.delete(layout.gallery_key(run_id, stale))
        stale += 1


def _facts(run_id: str, dataset_id: str, record: RunRecord) -> RunFacts:
    counts = record.counts.model_dump()
    states = [(state, counts.get(state, 0)) for state in STATES]
    return RunFacts(
        run_id=run_id,
        dataset_id=dataset_id,
        source=record.source,
        started_at=record.started_at,
        ended_at=record.ended_at,
        states=tuple((state, count) for state, count in states if count),
        done_before=counts[StoryOutcome.DONE_BEFORE.value],
        images=record.images,
        image_bytes=record.bytes,
        cost=record.cost_eur,
        notes=record.notes,
    )
