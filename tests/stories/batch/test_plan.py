import json
import random
import tracemalloc
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from stories.api.wire import JOBS_PATH
from stories.batch.plan import BatchRun, ShardedPlan, forecast_run, plan_shards
from stories.config import RunConfig
from stories.dataset.layout import shard_key
from stories.dataset.run_record import StoryOutcome
from stories.errors import AuthenticationFailed, ConfigurationError, ServiceUnavailable
from stories.ledger.events import Decision, Operator
from stories.storyboards.shards import decode_shard
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject
from tests.doubles.hand_made_run import opened, run_of
from tests.doubles.scripted_api import Answer, ScriptedApi
from tests.doubles.scripted_server import raw_answer
from tests.doubles.source_stories import stories_in
from tests.doubles.whole_runs import config_for

FAILED: JsonObject = {"status": "failed", "message": "out of paint"}


def board(name: str) -> JsonObject:
    return {"title": name, "scenes": [{"prompt": f"{name}, scene {number}"} for number in range(2)]}


def story(name: str) -> Story:
    return identify(board(name), sample=0, source_uris=[f"{name}.json"])


def write_boards(directory: Path, *names: str) -> None:
    (directory / "boards").mkdir(exist_ok=True)
    for name in names:
        (directory / "boards" / f"{name}.json").write_text(json.dumps(board(name)))


def batch_in(directory: Path, *, source: str = "boards") -> BatchRun:
    return BatchRun(str(directory / source), str(directory / "target"), "run-9")


def state_of(directory: Path) -> dict[str, tuple[int, int]]:
    """Every file below, with its size and the time of its last change."""
    found = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


@pytest.fixture
def config(api: ScriptedApi, tmp_path: Path) -> RunConfig:
    return config_for(api.url, tmp_path / "state")


@pytest.fixture
async def history(api: ScriptedApi, tmp_path: Path) -> Path:
    """A target on which every state that a story can be in has one, named for it."""
    names = ("done", "partial", "refused", "exhausted", "failed", "doubt", "flying", "abandoned", "fresh")
    write_boards(tmp_path, *names)

    async def one(name: str, *, runs: int = 1, submit: Answer = b"", poll: Answer = b"", image: Answer = b"") -> None:
        api.on_submit = lambda _: submit if submit != b"" else api.accepted()
        api.on_poll = lambda job_id, _: poll if poll != b"" else api.completed(job_id)
        api.on_image = lambda path, *_: image if image != b"" and "scene-1" in path else api.image_answer(path)
        for _ in range(runs):
            await run_of(api, tmp_path, story(name))

    await one("done")
    await one("partial", image=raw_answer(200, b"<html>"))
    await one("refused", submit=raw_answer(422, {"error": "validation_error", "message": "no"}))
    await one("exhausted", poll=FAILED, runs=3)
    await one("failed", poll=FAILED)
    await one("doubt", submit=None)
    await one("flying", poll={"status": "processing"})
    await one("abandoned", submit=None)
    async with opened(api, tmp_path, story("abandoned")) as producer:
        ledger = producer._context.ledger
        decision = Operator(Decision.ABANDON, "mo", "not worth it")
        await ledger.file(ledger.record(story("abandoned").story_id, 1, decision))
    api.requests.clear()
    return tmp_path


async def plan(directory: Path, config: RunConfig, jitter: random.Random, **changes: object) -> ShardedPlan:
    return await plan_shards(batch_in(directory, **changes), config, jitter)  # type: ignore[arg-type] # named by the caller


async def test_a_new_target_gets_a_run_record_and_shards_of_the_size_asked_for(
    tmp_path: Path, api: ScriptedApi, jitter: random.Random
) -> None:
    write_boards(tmp_path, "a", "b", "c", "d", "e")
    planned = await plan(tmp_path, config_for(api.url, tmp_path / "state", shard_stories=2), jitter)
    assert planned.shards == tuple(shard_key("run-9", number) for number in (1, 2, 3))
    shards = [decode_shard((tmp_path / "target" / key).read_bytes()) for key in planned.shards]
    assert [len(shard) for shard in shards] == [2, 2, 1]
    assert [story for shard in shards for story in shard] == stories_in(tmp_path / "boards")
    assert (tmp_path / "target/_meta/runs/run-9.json").is_file()
    forecast = planned.forecast
    assert (forecast.to_send, forecast.to_resume, forecast.work) == (5, 0, 5)
    assert (forecast.price_eur, forecast.available_eur) == (Decimal("1.00"), Decimal("100.00"))


async def test_samples_duplicates_and_invalid_storyboards_are_counted(
    tmp_path: Path, api: ScriptedApi, jitter: random.Random
) -> None:
    write_boards(tmp_path, "a", "b")
    (tmp_path / "boards/copy.json").write_text(json.dumps(board("a"), indent=3))
    (tmp_path / "boards/blank.json").write_text('{"scenes": [{"prompt": " "}]}')
    planned = await plan(tmp_path, config_for(api.url, tmp_path / "state", samples=3), jitter)
    settled = planned.forecast.without_work
    assert (settled.counts.storyboards, settled.counts.invalid, settled.counts.duplicates) == (4, 1, 1)
    assert planned.forecast.to_send == 6
    (trouble,) = settled.troubles
    assert (trouble.story_id, trouble.outcome, trouble.reason) == (None, None, "invalid_storyboard")
    assert trouble.label.endswith("blank.json")
    assert "scenes[0].prompt is blank" in trouble.message


async def test_every_story_is_either_settled_or_has_a_next_step(
    history: Path, config: RunConfig, jitter: random.Random
) -> None:
    planned = await plan(history, config, jitter)
    counts = planned.forecast.without_work.counts
    assert (counts.done_before, counts.partial, counts.failed, counts.rejected, counts.held) == (1, 1, 2, 1, 1)
    assert (planned.forecast.to_send, planned.forecast.to_resume) == (2, 1)
    assert counts.stories + planned.forecast.work == 9
    left = [found.title for key in planned.shards for found in decode_shard((history / "target" / key).read_bytes())]
    assert sorted(title or "" for title in left) == ["failed", "flying", "fresh"]
    why = {trouble.label.split()[0]: trouble for trouble in planned.forecast.without_work.troubles}
    assert why.keys() == {"partial", "refused", "exhausted", "doubt", "abandoned"}
    assert why["doubt"].outcome is StoryOutcome.HELD
    assert "no_answer" in why["doubt"].message
    assert why["abandoned"].message == "abandon: mo: not worth it"


async def test_looking_ahead_finds_the_same_and_writes_nothing(
    history: Path, config: RunConfig, jitter: random.Random
) -> None:
    before = state_of(history)
    ahead = await forecast_run(batch_in(history), config, jitter)
    assert state_of(history) == before
    planned = await plan(history, config, jitter)
    assert ahead == planned.forecast
    assert ahead.to_send == 2


async def test_looking_ahead_at_a_target_that_is_not_there_leaves_it_so(
    tmp_path: Path, config: RunConfig, jitter: random.Random
) -> None:
    write_boards(tmp_path, "a")
    assert (await forecast_run(batch_in(tmp_path), config, jitter)).to_send == 1
    assert not state_of(tmp_path / "target")
    assert not state_of(tmp_path / "state")


async def test_when_there_is_nothing_to_do_nothing_is_asked_and_nothing_written(
    tmp_path: Path, config: RunConfig, jitter: random.Random, api: ScriptedApi
) -> None:
    write_boards(tmp_path, "done", "refused")
    await run_of(api, tmp_path, story("done"))
    api.on_submit = lambda _: raw_answer(422, {"error": "validation_error", "message": "no"})
    await run_of(api, tmp_path, story("refused"))
    api.requests.clear()
    before = state_of(tmp_path / "target")
    planned = await plan(tmp_path, config, jitter)
    assert (planned.shards, planned.forecast.work, planned.forecast.price_eur) == ((), 0, 0)
    assert planned.forecast.without_work.counts.stories == 2
    assert state_of(tmp_path / "target") == before
    assert api.requests == []


async def test_while_a_story_is_in_doubt_every_plan_looks_for_its_job_and_sends_nothing(
    history: Path, config: RunConfig, jitter: random.Random, api: ScriptedApi
) -> None:
    for name in ("failed", "flying", "fresh"):
        (history / "boards" / f"{name}.json").unlink()
    await plan(history, config, jitter)
    before = state_of(history / "target")
    api.requests.clear()
    planned = await plan(history, config, jitter)
    assert (planned.shards, planned.forecast.without_work.counts.held) == ((), 1)
    assert state_of(history / "target") == before
    assert {request.method for request in api.requests} == {"GET"}
    assert JOBS_PATH in {request.target for request in api.requests}


OTHER_KEY = SecretStr("dpct_dev_another-key-than-that")
AWAY = raw_answer(503, {"error": "internal", "message": "away"})


@pytest.mark.parametrize(
    ("changes", "answer", "error", "says"),
    [
        ({"max_cost_eur": Decimal("0.19")}, None, ConfigurationError, "not cover one story, which may cost 0.20 EUR"),
        ({"api_key": OTHER_KEY}, None, AuthenticationFailed, "who are you"),
        ({}, AWAY, ServiceUnavailable, "away"),
        ({}, {"models": [{"id": "x"}], "user": {"balance_eur": "1"}}, ConfigurationError, "price_per_image_eur"),
    ],
    ids=["cap", "key", "away", "no-price"],
)
async def test_what_a_person_has_to_mend_is_raised_before_anything_is_written(
    tmp_path: Path,
    api: ScriptedApi,
    jitter: random.Random,
    changes: dict[str, object],
    answer: Answer,
    error: type[Exception],
    says: str,
) -> None:
    if answer is not None:
        api.on_account = lambda _path: answer
    write_boards(tmp_path, "a")
    with pytest.raises(error, match=says):
        await plan(tmp_path, config_for(api.url, tmp_path / "state", **changes), jitter)
    assert not state_of(tmp_path / "target")


async def test_a_cap_that_covers_one_story_is_enough_to_begin(
    tmp_path: Path, api: ScriptedApi, jitter: random.Random
) -> None:
    write_boards(tmp_path, "a", "b")
    config = config_for(api.url, tmp_path / "state", max_cost_eur=Decimal("0.20"))
    assert (await plan(tmp_path, config, jitter)).forecast.price_eur == Decimal("0.40")


async def test_the_memory_of_a_plan_does_not_grow_with_the_source(
    tmp_path: Path, api: ScriptedApi, jitter: random.Random
) -> None:
    prompt = "A long road through the hills. " * 600
    with (tmp_path / "boards.jsonl").open("w") as lines:
        for number in range(1_000):
            lines.write(json.dumps({"scenes": [{"prompt": f"{number} {prompt}"}]}) + "\n")
    tracemalloc.start()
    planned = await plan(
        tmp_path, config_for(api.url, tmp_path / "state", shard_stories=50), jitter, source="boards.jsonl"
    )
    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(planned.shards) == 20
    assert peak_bytes < (tmp_path / "boards.jsonl").stat().st_size / 3
