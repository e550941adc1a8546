"""The files that people open first, `metadata.parquet` and the card, rebuilt from the committed parts alone."""

import asyncio

import pyarrow as pa
import pyarrow.compute as pc

from stories.dataset.card import CARD_COLUMNS, render_card
from stories.dataset.layout import CARD, METADATA
from stories.dataset.log.commits import CommitLog
from stories.dataset.log.exchange import finish_replacements
from stories.dataset.log.replacements import PartPair
from stories.dataset.manifest import read_manifest
from stories.dataset.marker import DatasetIdentity
from stories.dataset.model import ImageStatus
from stories.dataset.parts import build_part
from stories.dataset.schema import Table
from stories.failpoints import Failpoint, failpoint
from stories.storage.store import Store


async def publish(store: Store, log: CommitLog, identity: DatasetIdentity) -> tuple[str, ...]:
    """Bring `metadata.parquet` and `README.md` up to the last commit, and return the keys that were written.

    `metadata.parquet` has a row for every image with a file, and no other: loaders of image folders fail on a row
    without one. Nothing is written when nothing has changed, or before the first commit. Of several processes at once
    the last to look at the log wins, with the newest commits. Commits and replacements that a dead process left
    unfinished are finished.
    """
    await log.recover()
    await finish_replacements(store)
    written: list[str] = []
    published: tuple[PartPair, ...] = ()
    while await log.live_pairs() != published:
        manifest = await read_manifest(store, log, story_columns=CARD_COLUMNS)
        if manifest is None:
            break
        metadata = await asyncio.to_thread(metadata_of, manifest.images)
        card = render_card(identity, manifest.images, manifest.stories).encode()
        for key, content in (METADATA, metadata), (CARD, card):
            if await store.read(key) != content:
                await store.publish(key, content)
                failpoint(Failpoint.DATASET_PUBLISHED)
                written.append(key)
        published = manifest.pairs
    return tuple(dict.fromkeys(written))


def metadata_of(images: pa.Table) -> bytes:
    """Return the bytes of `metadata.parquet` for these rows of the images."""
    return build_part(images.filter(pc.field("status") == ImageStatus.OK.value), Table.IMAGES).content
