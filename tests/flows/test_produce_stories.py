"""The flow from a source to a dataset: what it counts, what it raises, and what it leaves alone."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort

from configs.options import RunOptions
from stories.batch.progress import ShardProgress
from stories.dataset.run_record import Counts, StoryOutcome
from stories.errors import AuthenticationFailed, TargetUnusable
from tests.doubles.commands import listing
from tests.doubles.flow_runs import House
from tests.doubles.object_store import ObjectStore, running_object_store
from tests.doubles.prefect_house import SOCKETS_OF_PREFECT

pytestmark = pytest.mark.filterwarnings(SOCKETS_OF_PREFECT)


@pytest.fixture
def object_store(monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectStore]:
    with running_object_store() as store:
        for name, value in store.environment.items():
            monkeypatch.setenv(name, value)
        yield store


def test_a_second_run_sends_nothing_and_changes_no_object(house: House) -> None:
    """Two storyboards, one of them twice at the source."""
    house.write("a fox in the snow", "an owl at noon", "a fox in the snow")
    posts = len(house.studio.posts())
    first = house.run()
    assert first.counts == Counts(storyboards=3, duplicates=1, stories=2, completed=2)
    assert first.images == 4
    assert first.bytes == sum(path.stat().st_size for path in house.target.glob("images/*/scene-*"))
    assert len(house.studio.posts()) == posts + 2

    before = listing(house.target)
    assert {"README.md", "metadata.parquet"} <= set(before)
    second = house.run()
    assert second.counts == Counts(storyboards=3, duplicates=1, stories=2, done_before=2)
    assert len(house.studio.posts()) == posts + 2
    assert listing(house.target) == before


def test_a_bucket_is_a_target_like_a_directory(house: House, object_store: ObjectStore) -> None:
    house.write("a lynx on a wall")
    bucket = object_store.new_bucket()
    assert house.run(target=f"s3://{bucket}/set").counts == Counts(storyboards=1, stories=1, completed=1)
    keys, posts = object_store.keys(bucket), len(house.studio.posts())
    assert {"set/README.md", "set/metadata.parquet", "set/gallery/index.html"} <= set(keys)
    assert house.run(target=f"s3://{bucket}/set").counts == Counts(storyboards=1, stories=1, done_before=1)
    assert (object_store.keys(bucket), len(house.studio.posts())) == (keys, posts)


def test_stories_that_fail_are_counted_and_shown_and_the_run_is_completed(
    house: House, prefect_client: SyncPrefectClient
) -> None:
    """One is drawn, one fails at its second scene, one is refused by the content policy, one is no storyboard."""
    house.write("a badger at the ferry", "a storm [[fail]]", "a duel [[reject]]", "")
    summary = house.run()
    assert summary.counts == Counts(storyboards=4, invalid=1, stories=3, completed=1, failed=1, rejected=1)
    troubles = {(trouble.outcome, trouble.reason) for trouble in summary.troubles}
    assert troubles == {
        (StoryOutcome.FAILED, "failed_at_service"),
        (StoryOutcome.REJECTED, "content_rejected"),
        (None, "invalid_storyboard"),
    }
    progress, table, page = (newest_artifact(prefect_client, key) for key in ("progress", "troubles", "summary"))
    assert progress == 100
    for trouble in summary.troubles:
        assert trouble.label in str(table)
    assert str(page).startswith("# 1 stories, 2 images")
    assert "| failed | 1 |" in str(page)
    gallery = house.target / "gallery" / f"{summary.run_id}.html"
    assert summary.gallery == str(gallery)
    assert gallery.as_uri() in str(newest_artifact(prefect_client, "gallery"))
    for trouble in summary.troubles:
        assert trouble.message.partition(":")[0] in gallery.read_text("utf-8")
    (run,) = prefect_client.read_flow_runs(limit=1, sort="START_TIME_DESC")[:1]
    assert run.state is not None
    assert run.state.is_completed()


def test_a_wrong_key_ends_the_run_before_anything_is_sent_or_written(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.write("a heron in the reeds")
    posts = len(house.studio.posts())
    monkeypatch.setenv("DEPICTA_API_KEY", "dpct_dev_not-the-key-of-it")
    with pytest.raises(AuthenticationFailed) as raised:
        house.run()
    assert "not-the-key" not in str(raised.value)
    assert len(house.studio.posts()) == posts
    assert not house.target.exists()


def test_a_target_that_cannot_take_images_ends_the_run_with_one_error(house: House) -> None:
    """Every story meets it at the same time; what is raised is the first error, and no group of them."""
    house.write("a newt", "a toad", "a frog")
    with pytest.raises(TargetUnusable, match="a part of the path is a file"):
        house.run(on_progress=put_in_the_way(house.target / "images"))


def test_a_commit_that_fails_ends_the_run_before_the_rest_is_sent(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stories that are saved by then are committed by the next run, and not sent again."""
    house.write(*(f"goose {number}" for number in range(12)))
    posts = len(house.studio.posts())
    monkeypatch.setenv("DEPICTA_DATASET_COMMIT_STORIES", "1")
    with pytest.raises(TargetUnusable, match="a part of the path is a file"):
        house.run(RunOptions(in_flight=1), on_progress=put_in_the_way(house.target / "manifest"))
    assert len(house.studio.posts()) < posts + 12

    (house.target / "manifest").unlink()
    counts = house.run().counts
    assert counts.completed + counts.done_before == 12
    assert len(house.studio.posts()) == posts + 12


def put_in_the_way(path: Path) -> Callable[[ShardProgress], None]:
    """A listener that makes a file of what is to become a directory, once the first story is sent."""
    return lambda _progress: path.exists() or path.write_text("in the way")


def newest_artifact(client: SyncPrefectClient, key: str) -> object:
    (artifact,) = client.read_artifacts(
        artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=[key])), sort=ArtifactSort.CREATED_DESC, limit=1
    )
    return artifact.data
