"""The galleries of a target: what each run made, as pages that a browser opens, and an index over all of them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from stories.batch.plan import read_shard
from stories.batch.report import Counts, StoryOutcome, Trouble
from stories.dataset import layout
from stories.dataset.gallery.committed_cards import committed_cards
from stories.dataset.gallery.pages import STATES, RunEntry, RunFacts, RunPages, render_index
from stories.dataset.gallery.story_cards import INVALID, StoryCard, open_card
from stories.errors import ConfigurationError, TargetUnusable
from stories.storage.store import Store
from stories.storyboards.story import Story
from stories.target import OpenDataset, open_target

_NO_RUN = "gallery"
_COVERS = 5
_ENTRY = TypeAdapter(RunEntry)


class _Receipt(BaseModel):
    """What a gallery tells of a run's receipt; a run that is not closed has no counts yet."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str = ""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    counts: Counts = Counts()
    images: int = 0
    bytes: int = 0
    cost_eur: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()


class _DeadLetter(Trouble):
    run_id: str


async def build_galleries(
    target: str, run_id: str | None = None, *, on_built: Callable[[str], None] = lambda _page: None
) -> tuple[str, ...]:
    """Build the gallery of one run, or of every run, and the index; returns where their first pages are.

    `on_built` is told each as it is there.
    Reads the committed parts, thumbnails, receipts and dead letters; originals only where a thumbnail was never made.
    Raises `TargetUnusable`, and `ConfigurationError` for a run that the target does not know.
    """
    async with open_target(target, run_id=_NO_RUN, state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{target}: no dataset yet")
        known = [found async for it in dataset.store.list(layout.RUNS) if (found := layout.run_id_of(it.key))]
        if run_id is not None and run_id not in known:
            latest = f"; the latest is {max(known)}" if known else ""
            raise ConfigurationError(f"--run {run_id}: {target} has no receipt of such a run{latest}")
        built = []
        for each in [run_id] if run_id is not None else known:
            built.append(await _build(dataset, each))
            on_built(built[-1])
        await _build_index(dataset)
        return tuple(built)


async def _build(dataset: OpenDataset, run_id: str) -> str:
    store = dataset.store
    receipt = await _receipt(store, run_id)
    troubles = await _troubles(store, run_id)
    facts = _facts(run_id, dataset.identity.dataset_id, receipt)
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


async def _cards(dataset: OpenDataset, run_id: str, troubles: tuple[_DeadLetter, ...]) -> AsyncIterator[StoryCard]:
    """Committed stories first, then what the manifest does not have of this run, with its storyboard where known."""
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
    """Those of these stories that are in the run's shards."""
    wanted, found = set(story_ids), dict[str, Story]()
    if wanted:
        async for stored in store.list(f"{layout.RUNS}/{run_id}"):
            content = await store.read(stored.key)
            found |= {it.story_id: it for it in read_shard(content or b"") if it.story_id in wanted}
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
    """Pages that an earlier, longer gallery of the run had."""
    stale = last + 1
    while await store.size_bytes(layout.gallery_key(run_id, stale)) is not None:
        await store.delete(layout.gallery_key(run_id, stale))
        stale += 1


async def _receipt(store: Store, run_id: str) -> _Receipt:
    key = layout.run_key(run_id)
    try:
        return _Receipt.model_validate_json(await store.read(key) or b"{}")
    except ValidationError as exc:
        raise TargetUnusable(f"{store.url}: the receipt {key} is damaged; restore or remove it") from exc


async def _troubles(store: Store, run_id: str) -> tuple[_DeadLetter, ...]:
    key = layout.dead_letter_key(run_id)
    lines = (await store.read(key) or b"").split(b"\n")
    try:
        return tuple(_DeadLetter.model_validate_json(line) for line in lines if line)
    except ValidationError as exc:
        raise TargetUnusable(f"{store.url}: {key} is damaged; restore or remove it") from exc


def _facts(run_id: str, dataset_id: str, receipt: _Receipt) -> RunFacts:
    counts = receipt.counts.model_dump()
    states = [(state, counts.get(state, 0)) for state in STATES]
    return RunFacts(
        run_id=run_id,
        dataset_id=dataset_id,
        source=receipt.source,
        started_at=receipt.started_at,
        ended_at=receipt.ended_at,
        states=tuple((state, count) for state, count in states if count),
        done_before=counts[StoryOutcome.DONE_BEFORE.value],
        images=receipt.images,
        image_bytes=receipt.bytes,
        cost=receipt.cost_eur,
        notes=receipt.notes,
    )
