"""Whole runs: against the real studio where its behaviour matters, against a scripted one where its moods do."""

import json
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stories.api.wire import ImageFormat
from stories.batch.plan import BatchRun
from stories.batch.progress import ShardProgress
from stories.batch.status import read_status
from stories.dataset.run_record import (
    Money,
    RunRecord,
    StoryOutcome,
    Trouble,
    read_run_record,
    write_dead_letters,
    write_run_record,
)
from stories.storage.fsspec_store import FsspecStore
from stories.strict_json import JsonObject, sha256_hex
from studio.work.accounts import charges
from tests.doubles.hand_clock import HandClock
from tests.doubles.image_encoder import write_encoder
from tests.doubles.running_studio import RunningStudio
from tests.doubles.scripted_api import KEY, ScriptedApi
from tests.doubles.scripted_server import raw_answer
from tests.doubles.source_stories import stories_in
from tests.doubles.whole_runs import config_for, run

CAST: JsonObject = {"characters": [{"name": "Mira", "description": "a grey cat"}], "locations": [{"name": "The quay"}]}


def write_board(directory: Path, name: str, *prompts: str, **fields: object) -> None:
    (directory / "boards").mkdir(exist_ok=True)
    board = {"title": name, "scenes": [{"prompt": f"{directory}: {prompt}"} for prompt in prompts], **fields}
    (directory / "boards" / f"{name}.json").write_text(json.dumps(board))


def batch_in(directory: Path, run_id: str = "run-1") -> BatchRun:
    return BatchRun(str(directory / "boards"), str(directory / "target"), run_id)


def posts_of(studio: RunningStudio, directory: Path) -> list[JsonObject]:
    """The studio's log of POSTs for the storyboards of this directory."""
    bodies = {sha256_hex(story.body) for story in stories_in(directory / "boards")}
    lines = (studio.directory / "requests.jsonl").read_text().splitlines()
    return [post for line in lines if (post := json.loads(line))["body_sha256"] in bodies]


def files_of(directory: Path) -> dict[str, tuple[int, int]]:
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


def contents_of(directory: Path) -> list[bytes]:
    return [Path(path).read_bytes() for path in files_of(directory)]


def run_document(directory: Path, name: str) -> bytes:
    return (directory / "target/_meta" / name).read_bytes()


async def test_a_batch_of_all_kinds_ends_with_one_outcome_for_each_story_and_the_next_run_has_nothing_to_do(
    tmp_path: Path, studio: RunningStudio
) -> None:
    write_board(tmp_path, "one", "Mira on The quay", "Mira asleep", **CAST)
    write_board(tmp_path, "two", "the quay at night", "the quay at dawn", "rain")
    write_board(tmp_path, "mean", "Mira, [[reject]]")
    write_board(tmp_path, "blank", " ")
    (tmp_path / "boards/blank.json").write_text('{"scenes": []}')
    (tmp_path / "boards/again.json").write_bytes((tmp_path / "boards/one.json").read_bytes())
    config = config_for(studio.address.url, tmp_path / "state")

    _, report = await run(batch_in(tmp_path), config)
    counts = report.counts
    assert (counts.storyboards, counts.invalid, counts.duplicates, counts.stories) == (5, 1, 1, 3)
    assert (counts.completed, counts.rejected) == (2, 1)
    assert (report.images, report.cost_eur, report.stop) == (7, Decimal("0.60"), None)
    assert len(posts_of(studio, tmp_path)) == 3

    before = files_of(tmp_path / "target")
    forecast, again = await run(batch_in(tmp_path, "run-2"), config)
    assert forecast.work == 0
    assert (again.counts.done_before, again.counts.rejected, again.images) == (2, 1, 0)
    assert files_of(tmp_path / "target") == before
    assert len(posts_of(studio, tmp_path)) == 3

    stories = pq.read_table(tmp_path / "target/manifest/stories").to_pylist()
    assert sorted((row["title"], row["status"]) for row in stories) == [
        ("mean", "dead_letter"),
        ("one", "completed"),
        ("two", "completed"),
    ]
    (one,) = [row for row in stories if row["title"] == "one"]
    assert [Path(uri).name for uri in one["source_uris"]] == ["again.json", "one.json"]
    metadata = pq.read_table(tmp_path / "target/metadata.parquet")
    assert all((tmp_path / "target" / name).is_file() for name in metadata.column("file_name").to_pylist())


async def test_what_was_charged_is_what_the_dataset_says(tmp_path: Path, studio: RunningStudio) -> None:
    write_board(tmp_path, "one", "Mira on The quay", **CAST)
    write_board(tmp_path, "two", "a tram")
    await run(batch_in(tmp_path), config_for(studio.address.url, tmp_path / "state"))
    jobs = {post["job_id"] for post in posts_of(studio, tmp_path)}
    charged = [charge for charge in charges(studio.directory / "studio.sqlite3") if charge.job_id in jobs]
    stories = pq.read_table(tmp_path / "target/manifest/stories").to_pylist()
    assert {charge.job_id: charge.amount_eur for charge in charged} == {row["job_id"]: row["cost"] for row in stories}
    assert len(charged) == 2


async def test_a_job_that_fails_is_sent_again_by_the_next_runs_and_never_charged(
    tmp_path: Path, studio: RunningStudio
) -> None:
    write_board(tmp_path, "cursed", "Mira", "[[fail]]")
    config = config_for(studio.address.url, tmp_path / "state")
    reports = [(await run(batch_in(tmp_path, f"run-{number}"), config))[1] for number in range(1, 5)]
    assert [report.counts.failed for report in reports] == [1, 1, 1, 1]
    assert len(posts_of(studio, tmp_path)) == 3
    assert [report.cost_eur for report in reports] == [0, 0, 0, 0]


async def test_the_key_is_in_no_file(tmp_path: Path, studio: RunningStudio) -> None:
    write_board(tmp_path, "one", "Mira on The quay", **CAST)
    write_board(tmp_path, "mean", f"Mira, [[reject]] {KEY[:9]}")
    await run(batch_in(tmp_path), config_for(studio.address.url, tmp_path / "state"))
    contents = contents_of(tmp_path / "target") + contents_of(tmp_path / "state")
    assert len(contents) > 15
    assert not any(KEY.encode() in content or b"sig=" in content for content in contents)


async def test_the_receipt_says_what_was_asked_and_what_it_came_to(tmp_path: Path, studio: RunningStudio) -> None:
    write_board(tmp_path, "one", "a tram")
    write_board(tmp_path, "mean", "[[reject]]")
    config = config_for(studio.address.url, tmp_path / "state")
    await run(batch_in(tmp_path), config)
    receipt = json.loads(run_document(tmp_path, "runs/run-1.json"))
    assert receipt["source"] == str(tmp_path / "boards")
    assert receipt["settings"]["images"]["formats"] == ["png"]
    assert receipt["settings"]["api"]["key"] == "**********"
    assert (receipt["counts"]["completed"], receipt["counts"]["rejected"], receipt["cost_eur"]) == (1, 1, "0.10")
    assert receipt["started_at"] < receipt["ended_at"]
    (letter,) = [json.loads(line) for line in run_document(tmp_path, "deadletter/run-1.jsonl").splitlines()]
    assert (letter["outcome"], letter["label"].split()[0]) == ("rejected", "mean")
    assert letter["story_id"].encode() in b"".join(story.story_id.encode() for story in stories_in(tmp_path / "boards"))


async def test_a_run_record_is_written_whatever_a_text_holds(target: FsspecStore, clock: HandClock) -> None:
    progress = ShardProgress({"a": StoryOutcome.NOT_SENT})
    progress.note("half a character: \ud800")
    label = b"caf\xe9.json".decode("utf-8", "surrogateescape")
    progress.trouble(Trouble(label=label, story_id="a", outcome=StoryOutcome.FAILED, reason="x", message="\udc00"))
    report = progress.report()
    record = RunRecord(run_id="run-1", source="boards", started_at=clock.now())
    end = {"ended_at": clock.now(), "balance_after_eur": None, "balance_unexplained_eur": None}
    await write_run_record(target, record.closed(report, Money(), **end))
    await write_dead_letters(target, "run-1", report.troubles)
    assert (await read_run_record(target, "run-1")).counts.failed == 1
    assert await target.read("_meta/deadletter/run-1.jsonl") is not None


async def test_the_inventory_of_a_place_without_a_dataset_is_empty(tmp_path: Path) -> None:
    inventory = await read_status(str(tmp_path / "target"))
    assert (inventory.dataset_id, inventory.counts.completed, inventory.held) == (None, 0, ())
    assert not (tmp_path / "target").exists()


async def test_the_inventory_counts_every_story_under_one_state_with_its_money(
    tmp_path: Path, api: ScriptedApi
) -> None:
    for name in ("done", "refused", "doubtful", "flying", "failing"):
        write_board(tmp_path, name, name)
    config = config_for(api.url, tmp_path / "state", poll_deadline_seconds=1.0, in_flight=1)

    def on_submit(number: int) -> bytes | None:
        title = json.loads(api.requests[-1].body)["title"]
        if title == "refused":
            return raw_answer(422, {"error": "validation_error", "message": "no"})
        accepted = api.accepted()
        return None if title == "doubtful" else accepted

    def on_poll(job_id: str, _number: int) -> JsonObject:
        status = {"flying": "processing", "failing": "failed"}.get(str(api.jobs[job_id]["title"]))
        return api.completed(job_id) if status is None else {"status": status}

    api.on_submit, api.on_poll = on_submit, on_poll
    _, report = await run(batch_in(tmp_path), config)
    before = files_of(tmp_path)
    inventory = await read_status(str(tmp_path / "target"))
    assert files_of(tmp_path) == before
    found = inventory.counts.model_dump()
    assert found == {
        **dict.fromkeys(found, 0),
        "completed": 1,
        "rejected": 1,
        "in_flight": 1,
        "held": 1,
        "open": 1,
    }
    assert sum(found.values()) == report.counts.stories == 5
    assert (inventory.images, inventory.spent_eur, inventory.reserved_eur) == (1, Decimal("0.40"), Decimal("0.20"))
    (held,) = inventory.held
    assert (held.reason, held.price_max_eur, held.attempt) == ("no_answer", Decimal("0.10"), 1)


async def test_the_cost_cap_is_that_of_the_run_however_many_shards_it_has(tmp_path: Path, api: ScriptedApi) -> None:
    for number in range(6):
        write_board(tmp_path, f"story-{number}", "a tram")
    api.on_poll = lambda job_id, _: api.completed(job_id, cost_eur="0.10")
    config = config_for(api.url, tmp_path / "state", max_cost_eur=Decimal("0.30"), shard_stories=2)
    _, report = await run(batch_in(tmp_path), config)
    assert (report.counts.completed, report.counts.not_sent, report.cost_eur) == (3, 3, Decimal("0.30"))
    assert api.posts == 3
    record = json.loads(run_document(tmp_path, "runs/run-1.json"))
    assert record["money"] == {"spent_eur": "0.30", "reserved_eur": "0", "doubtful_eur": "0"}


async def test_a_service_that_refuses_the_key_is_asked_once_and_not_by_every_shard(
    tmp_path: Path, api: ScriptedApi
) -> None:
    for number in range(4):
        write_board(tmp_path, f"story-{number}", "a tram")
    api.on_submit = lambda _: raw_answer(401, {"error": "authentication_error", "message": "revoked"})
    config = config_for(api.url, tmp_path / "state", in_flight=1, shard_stories=1)
    _, report = await run(batch_in(tmp_path), config)
    assert (api.posts, report.counts.not_sent) == (1, 4)
    assert report.stop is not None
    assert report.notes == ("nothing more was sent: revoked",)


@pytest.mark.parametrize("formats", [(ImageFormat.PNG,), (ImageFormat.JPEG, ImageFormat.WEBP)])
async def test_every_scene_comes_in_the_formats_that_are_asked_for(
    tmp_path: Path, studio: RunningStudio, formats: tuple[ImageFormat, ...]
) -> None:
    write_board(tmp_path, "one", f"a tram in {formats}", "a bridge", **CAST)
    config = config_for(studio.address.url, tmp_path / "state", formats=formats, references=len(formats) == 1)
    await run(batch_in(tmp_path), config)
    rows = pq.read_table(tmp_path / "target/manifest/images").to_pylist()
    scenes = sorted((row["scene_index"], row["format"]) for row in rows if row["role"] == "scene")
    assert scenes == [(index, image_format) for index in range(2) for image_format in sorted(formats)]
    assert sum(row["role"] != "scene" for row in rows) == (2 if len(formats) == 1 else 0)


class LikeNothing:
    """A likeness of somebody else's, as `images.likeness` names it."""

    def look(self, image: object) -> str:
        return "seen"

    def of_character(self, reference: str, scene: str) -> float | None:
        return 0.25 if (reference, scene) == ("seen", "seen") else None

    def of_style(self, look: str, others: object) -> float | None:
        return 0.5


async def test_an_encoder_judges_the_images_when_a_setting_names_its_file(
    tmp_path: Path, studio: RunningStudio
) -> None:
    write_board(tmp_path, "one", "Mira waits", **CAST)
    encoder = write_encoder(tmp_path / "encoder.onnx")
    config = config_for(studio.address.url, tmp_path / "state", likeness=str(encoder), low_char_similarity=1.0)
    _, report = await run(batch_in(tmp_path), config)
    (part,) = (tmp_path / "target/manifest/images").rglob("*.parquet")
    (scene,) = [row for row in pq.ParquetFile(part).read().to_pylist() if row["role"] == "scene"]
    assert 0 <= scene["char_similarity"] < 1
    assert report.qa_flags == {"low_char_similarity": 1}


async def test_images_are_judged_by_the_likeness_that_the_settings_name(tmp_path: Path, studio: RunningStudio) -> None:
    write_board(tmp_path, "one", "Mira waits", **CAST)
    likeness = f"{__name__}:LikeNothing"
    _, report = await run(batch_in(tmp_path), config_for(studio.address.url, tmp_path / "state", likeness=likeness))
    (part,) = (tmp_path / "target/manifest/images").rglob("*.parquet")
    (scene,) = [row for row in pq.ParquetFile(part).read().to_pylist() if row["role"] == "scene"]
    assert (scene["char_similarity"], scene["style_similarity"]) == (0.25, 0.5)
    assert scene["qa_flags"] == ["low_char_similarity"]
    assert report.qa_flags == {"low_char_similarity": 1}
