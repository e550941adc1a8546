from decimal import Decimal
from io import BytesIO

import pyarrow.parquet as pq
import pytest

from stories.api.wire import ImageFormat
from stories.dataset.layout import reference_id, run_key, scene_key
from stories.dataset.parts import build_part
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.tracing import row_as_json, trace
from stories.errors import TargetUnusable
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog

STORY = saved.completed(1)
ID = STORY.story.story_id
PNG = scene_key(ID, 1, ImageFormat.PNG)


async def commit(store: Store, new_log: NewLog) -> None:
    await new_log(store).commit([saved.completed(0), saved.failed(2)], batch_id="b-0", lineage=saved.LINEAGE)
    await new_log(store).commit([STORY], batch_id="b-1", lineage=saved.LINEAGE)
    await store.publish(run_key(saved.LINEAGE.run_id), b'{"source": "boards/", "settings": {"formats": ["png"]}}')


async def test_a_story_leads_back_to_its_bytes_job_run_versions_and_settings(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log)
    found = await trace(store, new_log(store), ID)
    assert found.storyboard == STORY.story.body
    assert found.storyboard_is_proven
    assert (found.story.story_id, found.commit_version) == (ID, 2)
    assert found.part == "manifest/stories/dt=2026-03-04/part-b-1.parquet"
    assert (found.story.job_id, found.story.idempotency_key) == ("job-1", "key-1")
    assert (found.story.run_id, found.story.flow_run_id) == ("r-0304", "flow-1")
    assert (found.story.pipeline_version, found.story.schema_version) == ("0.1.0", 1)
    assert found.story.cost == Decimal("0.30")
    assert found.run_record == {"source": "boards/", "settings": {"formats": ["png"]}}
    assert len(found.images) == 5


@pytest.mark.parametrize("reference", [f"{ID}/scene/1/png", PNG, f"s3://bucket/stories/{PNG}"])
async def test_an_image_leads_to_its_own_row_and_its_story(store: Store, new_log: NewLog, reference: str) -> None:
    await commit(store, new_log)
    found = await trace(store, new_log(store), reference)
    assert [row.file_name for row in found.images] == [PNG]
    assert found.storyboard == STORY.story.body


@pytest.mark.parametrize("content", [None, b"{", b"[]"])
async def test_without_a_whole_run_record_the_rest_is_shown(
    store: Store, new_log: NewLog, content: bytes | None
) -> None:
    await commit(store, new_log)
    key = run_key(saved.LINEAGE.run_id)
    await (store.delete(key) if content is None else store.publish(key, content))
    found = await trace(store, new_log(store), ID)
    assert (found.run_record, found.storyboard) == (None, STORY.story.body)


async def test_a_row_is_a_json_object_by_column(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log)
    found = await trace(store, new_log(store), ID)
    story, image = row_as_json(found.story), row_as_json(found.images[0])
    assert (list(story), list(image)) == (SCHEMAS[Table.STORIES].names, SCHEMAS[Table.IMAGES].names)
    assert (story["cost"], story["submitted_at"], story["run_date"]) == (
        "0.300000",
        "2026-03-04T11:51:00.123456+00:00",
        "2026-03-04",
    )
    assert story["locations"] == [
        {"id": reference_id("Lighthouse"), "name": "Lighthouse", "description": "white, by the sea"}
    ]
    assert (image["role"], image["width"], image["qa_flags"]) == ("scene", 32, [])


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("scene-01.png", "holds no story id"),
        ("0" * 32, "is not committed here"),
        (f"{ID}/scene/9/png", "has no image"),
    ],
)
async def test_a_reference_that_leads_nowhere_is_refused(
    store: Store, new_log: NewLog, reference: str, message: str
) -> None:
    await commit(store, new_log)
    with pytest.raises(TargetUnusable, match=message):
        await trace(store, new_log(store), reference)


async def test_a_part_that_is_gone_is_named(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log)
    await store.delete("manifest/images/dt=2026-03-04/part-b-1.parquet")
    with pytest.raises(TargetUnusable, match=r"part-b-1\.parquet is missing"):
        await trace(store, new_log(store), ID)


async def test_a_part_that_is_damaged_is_named(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log)
    await store.publish("manifest/images/dt=2026-03-04/part-b-1.parquet", b"not at all")
    with pytest.raises(TargetUnusable, match=r"part-b-1\.parquet is damaged"):
        await trace(store, new_log(store), ID)


async def test_a_row_with_an_impossible_value_is_reported_as_damage(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log)
    key = "manifest/images/dt=2026-03-04/part-b-1.parquet"
    table = pq.ParquetFile(BytesIO(await store.read(key) or b"")).read()
    place = table.schema.get_field_index("role")
    strange = table.set_column(place, table.schema.field(place), [["portrait"] * table.num_rows])
    await store.publish(key, build_part(strange, Table.IMAGES).content)
    with pytest.raises(TargetUnusable, match=f"the rows of story {ID} are damaged"):
        await trace(store, new_log(store), ID)
