import pytest

from stories.api.wire import ImageFormat
from stories.dataset.layout import run_key, scene_key
from stories.dataset.tracing import trace
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
    assert (found.story_id, found.commit_version) == (ID, 2)
    assert found.part == "manifest/stories/dt=2026-03-04/part-b-1.parquet"
    assert (found.story["job_id"], found.story["idempotency_key"]) == ("job-1", "key-1")
    assert (found.story["run_id"], found.story["flow_run_id"]) == ("r-0304", "flow-1")
    assert (found.story["pipeline_version"], found.story["schema_version"]) == ("0.1.0", 1)
    assert (found.story["cost"], found.story["committed_at"] is not None) == ("0.300000", True)
    assert found.receipt == {"source": "boards/", "settings": {"formats": ["png"]}}
    assert len(found.images) == 5


@pytest.mark.parametrize("reference", [f"{ID}/scene/1/png", PNG, f"s3://bucket/stories/{PNG}"])
async def test_an_image_leads_to_its_own_row_and_its_story(store: Store, new_log: NewLog, reference: str) -> None:
    await commit(store, new_log)
    found = await trace(store, new_log(store), reference)
    assert [row["file_name"] for row in found.images] == [PNG]
    assert found.storyboard == STORY.story.body


async def test_without_the_run_s_receipt_the_rest_is_told(store: Store, new_log: NewLog) -> None:
    await commit(store, new_log)
    await store.delete(run_key(saved.LINEAGE.run_id))
    assert (await trace(store, new_log(store), ID)).receipt is None


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
