"""Verify finds what is wrong, and nothing where nothing is wrong."""

import json
import secrets
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stories.api.wire import ImageFormat
from stories.clock import SystemClock
from stories.dataset.audit.dataset import audit_dataset
from stories.dataset.audit.findings import Audit, FindingKind
from stories.dataset.layout import commit_key, scene_key, sidecar_key
from stories.dataset.log.compaction import compact
from stories.dataset.marker import DatasetIdentity, claim_target
from stories.dataset.model import to_sidecar
from stories.dataset.publication import publish
from stories.storage.store import Store
from stories.strict_json import sha256_hex
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.manifest_views import Killed, WatchedStore

IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")
STORIES = [saved.completed(1, formats=tuple(ImageFormat)), saved.partial(2), saved.failed(3), saved.dead_letter(4)]
ID = STORIES[0].story.story_id
PNG = scene_key(ID, 0, ImageFormat.PNG)
OTHER = scene_key(ID, 1, ImageFormat.PNG)
STORIES_PART = "manifest/stories/dt=2026-03-04/part-b-0.parquet"
IMAGES_PART = "manifest/images/dt=2026-03-04/part-b-0.parquet"


@pytest.fixture
async def dataset(store: Store, new_log: NewLog) -> Store:
    """Two commits, published; every outcome a story can have."""
    await claim_target(store, clock=SystemClock(), new_dataset_id=lambda: IDENTITY.dataset_id, tool_version="0.1.0")
    for number, batch in enumerate((STORIES[:2], STORIES[2:])):
        for story in batch:
            await saved.store_images(store, story)
            await store.publish(sidecar_key(story.story.story_id), to_sidecar(story))
        await new_log(store).commit(batch, batch_id=f"b-{number}", lineage=saved.LINEAGE)
    await publish(store, new_log(store), IDENTITY)
    return store


async def audited(store: Store, new_log: NewLog) -> Audit:
    return await audit_dataset(store, new_log(store))


async def found(store: Store, new_log: NewLog) -> list[tuple[FindingKind, str]]:
    return sorted((it.kind, it.key) for it in (await audited(store, new_log)).findings)


async def rewrite(store: Store, key: str, column: str, value: object) -> None:
    """Change one column of the first row, as somebody does who edits the file."""
    table = pq.read_table(BytesIO(await store.read(key) or b""), partitioning=None)
    rows = table.to_pylist()
    rows[0][column] = value
    file = BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, schema=table.schema), file)
    await store.publish(key, file.getvalue())


async def test_in_a_sound_dataset_nothing_is_found_and_everything_was_read(dataset: Store, new_log: NewLog) -> None:
    audit = await audited(dataset, new_log)
    assert audit.findings == []
    assert (audit.stories, audit.expected_stories, audit.images) == (4, 4, 10)
    sizes = [image.facts.size_bytes for story in STORIES for image in story.images if image.facts]
    assert audit.bytes == sum(sizes)


async def test_a_missing_file(dataset: Store, new_log: NewLog) -> None:
    await dataset.delete(PNG)
    assert await found(dataset, new_log) == [(FindingKind.MISSING, PNG)]


async def test_a_truncated_file(dataset: Store, new_log: NewLog) -> None:
    await dataset.publish(PNG, (await dataset.read(PNG) or b"")[:-20])
    assert await found(dataset, new_log) == [(FindingKind.TRUNCATED, PNG)]


@pytest.mark.parametrize("place", [20, 60, -6])
async def test_a_bit_that_flipped(dataset: Store, new_log: NewLog, place: int) -> None:
    """Also where the picture still decodes: in the metadata, or in a checksum that no decoder looks at."""
    content = bytearray(await dataset.read(PNG) or b"")
    content[place] ^= 4
    await dataset.publish(PNG, bytes(content))
    assert await found(dataset, new_log) == [(FindingKind.DAMAGED, PNG)]


async def test_two_files_that_were_swapped(dataset: Store, new_log: NewLog) -> None:
    first, second = await dataset.read(PNG), await dataset.read(OTHER)
    await dataset.publish(PNG, second or b"")
    await dataset.publish(OTHER, first or b"")
    audit = await audited(dataset, new_log)
    assert sorted((it.kind, it.key) for it in audit.findings) == [
        (FindingKind.SWAPPED, PNG),
        (FindingKind.SWAPPED, OTHER),
    ]
    assert "it holds the bytes of" in audit.findings[0].message


@pytest.mark.parametrize(
    "key",
    [
        "stray.txt",
        f"images/{ID}/scene-99.png",
        f"images/{'0' * 32}/scene-01.png",
        "manifest/images/dt=2026-03-04/part-copy.parquet",
        "_meta/commits/latest.json",
    ],
)
async def test_an_extra_file(dataset: Store, new_log: NewLog, key: str) -> None:
    await dataset.create(key, b"what is this")
    assert await found(dataset, new_log) == [(FindingKind.EXTRA, key)]


@pytest.mark.parametrize(
    "key",
    [
        "gallery/r-0304.html",
        "export/parquet/part-00000.parquet",
        "_delta_log/00000000000000000000.json",
        "manifest/_delta_log/00000000000000000000.json",
        "_meta/iceberg/catalog.db",
        "_meta/thumbnails/r-0304/b-1.json",
        "_meta/ledger/items/x/1.intent",
    ],
)
async def test_what_the_program_itself_adds_is_no_finding(dataset: Store, new_log: NewLog, key: str) -> None:
    await dataset.create(key, b"ours")
    assert await found(dataset, new_log) == []


async def test_the_files_of_a_story_under_way_are_no_finding(dataset: Store, new_log: NewLog) -> None:
    await dataset.create(f"images/{'0' * 32}/scene-01.png", b"saved, not committed")

    async def under_way() -> set[str]:
        return {"0" * 32}

    assert (await audit_dataset(dataset, new_log(dataset), under_way=under_way)).findings == []


@pytest.mark.parametrize(
    ("key", "column", "value"),
    [(IMAGES_PART, "width", 31), (IMAGES_PART, "prompt", "another prompt"), (STORIES_PART, "cost", None)],
)
async def test_a_row_that_is_wrong(dataset: Store, new_log: NewLog, key: str, column: str, value: object) -> None:
    await rewrite(dataset, key, column, value)
    findings = (await audited(dataset, new_log)).findings
    assert (FindingKind.DAMAGED, key) in [(it.kind, it.key) for it in findings]
    wrong = [it for it in findings if it.kind is FindingKind.WRONG_ROW]
    assert wrong
    assert all(column in it.message for it in wrong)
    assert {it.story_id for it in wrong} <= {story.story.story_id for story in STORIES}


async def test_a_row_that_was_wrong_from_the_first_is_known_by_its_file(store: Store, new_log: NewLog) -> None:
    """The part has the hash that its commit promises: what the file shows is what tells."""
    story = saved.partial(1)
    await saved.store_images(store, story)
    key = story.images[0].key or ""
    other = saved.picture_of(7, ImageFormat.PNG)
    await store.publish(key, other)
    await store.publish(sidecar_key(story.story.story_id), to_sidecar(story))
    await new_log(store).commit([story], batch_id="b-0", lineage=saved.LINEAGE)
    assert (FindingKind.DAMAGED, key) in await found(store, new_log)


async def test_a_story_that_is_in_two_parts(dataset: Store, new_log: NewLog) -> None:
    record = json.loads(await dataset.read(commit_key(2)) or b"")
    for table in ("images", "stories"):
        content = await dataset.read(f"manifest/{table}/dt=2026-03-04/part-b-0.parquet") or b""
        key = record["parts"][table]["key"]
        record["parts"][table] |= {"sha256": sha256_hex(content), "size_bytes": len(content)}
        await dataset.publish(key, content)
    await dataset.publish(commit_key(2), json.dumps(record).encode())
    messages = [it.message for it in (await audited(dataset, new_log)).findings if it.kind is FindingKind.WRONG_ROW]
    assert messages.count("in the manifest twice, or never committed") == 2
    assert messages.count("committed, and no part has a row of it") == 2


async def test_a_missing_part(dataset: Store, new_log: NewLog) -> None:
    await dataset.delete(STORIES_PART)
    assert (FindingKind.MISSING, STORIES_PART) in await found(dataset, new_log)


async def test_a_part_that_is_no_parquet_file(dataset: Store, new_log: NewLog) -> None:
    await dataset.publish(IMAGES_PART, b"not at all")
    assert (FindingKind.DAMAGED, IMAGES_PART) in await found(dataset, new_log)


@pytest.mark.parametrize(("content", "kind"), [(None, FindingKind.MISSING), (b"{", FindingKind.DAMAGED)])
async def test_a_sidecar_that_is_gone_or_broken(
    dataset: Store, new_log: NewLog, content: bytes | None, kind: FindingKind
) -> None:
    key = sidecar_key(ID)
    await (dataset.delete(key) if content is None else dataset.publish(key, content))
    assert await found(dataset, new_log) == [(kind, key)]


async def test_a_sidecar_that_somebody_edited(dataset: Store, new_log: NewLog) -> None:
    content = (await dataset.read(sidecar_key(ID)) or b"").replace(b'"poll_count": 7', b'"poll_count": 8')
    await dataset.publish(sidecar_key(ID), content)
    audit = await audited(dataset, new_log)
    assert [(it.kind, it.key) for it in audit.findings] == [(FindingKind.DAMAGED, sidecar_key(ID))]
    assert "poll_count" in audit.findings[0].message


async def test_a_metadata_file_that_is_not_up_to_date(dataset: Store, new_log: NewLog) -> None:
    await rewrite(dataset, "metadata.parquet", "caption", "something else")
    assert await found(dataset, new_log) == [(FindingKind.STALE, "metadata.parquet")]
    await dataset.delete("README.md")
    await dataset.publish("metadata.parquet", b"PAR1")
    assert await found(dataset, new_log) == [
        (FindingKind.MISSING, "README.md"),
        (FindingKind.STALE, "metadata.parquet"),
    ]


async def test_what_a_dead_process_left_is_said_to_be_unfinished(dataset: Store, new_log: NewLog, root: Path) -> None:
    with pytest.raises(Killed):
        await new_log(WatchedStore(dataset, root, die_at=3)).commit(
            [saved.failed(9)], batch_id="b-9", lineage=saved.LINEAGE
        )
    assert {kind for kind, _ in await found(dataset, new_log)} >= {FindingKind.UNFINISHED}
    await new_log(dataset).recover()
    dying = WatchedStore(dataset, root, die_at=5, quiet=True)
    with pytest.raises(Killed):
        await compact(dying, new_log(dying), SystemClock(), lambda: secrets.token_hex(4))
    faults = await found(dataset, new_log)
    assert any(kind is FindingKind.UNFINISHED and "read-again" in key for kind, key in faults)


async def test_a_compacted_dataset_is_sound(dataset: Store, new_log: NewLog) -> None:
    await compact(dataset, new_log(dataset), SystemClock(), lambda: secrets.token_hex(4))
    assert await found(dataset, new_log) == []
