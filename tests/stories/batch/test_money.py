"""What runs may cost, what they did cost, and whether the service's books agree."""

import json
from decimal import Decimal
from pathlib import Path

import pytest

from stories.batch.account_balance import unexplained_eur
from stories.batch.plan import BatchRun
from stories.batch.status import read_status
from stories.dataset.run_record import Money, RunReport
from stories.strict_json import JsonObject
from tests.doubles.scripted_api import ScriptedApi
from tests.doubles.whole_runs import config_for, run

FAILED: JsonObject = {"status": "failed", "message": "out of paint"}
PRICE = Decimal("0.10")


def write_boards(directory: Path, count: int) -> None:
    (directory / "boards").mkdir(exist_ok=True)
    for number in range(count):
        board = {"title": f"tram {number}", "scenes": [{"prompt": f"tram {number}"}]}
        (directory / "boards" / f"{number}.json").write_text(json.dumps(board))


async def run_in(directory: Path, api: ScriptedApi, number: int, **changes: object) -> RunReport:
    retry_failed = bool(changes.pop("retry_failed", False))
    batch = BatchRun(str(directory / "boards"), str(directory / "target"), f"run-{number}", retry_failed)
    return (await run(batch, config_for(api.url, directory / "state", in_flight=1, shard_stories=2, **changes)))[1]


def record_of(directory: Path, number: int) -> JsonObject:
    return json.loads((directory / f"target/_meta/runs/run-{number}.json").read_text())


def completes_at_its_price(api: ScriptedApi) -> None:
    """Every story costs what it was reserved at, and the balance goes down by it."""

    def on_poll(job_id: str, _number: int) -> JsonObject:
        return api.completed(job_id, cost_eur=str(PRICE))

    api.on_poll = on_poll


async def test_the_cap_of_a_target_holds_over_all_of_its_runs(tmp_path: Path, api: ScriptedApi) -> None:
    write_boards(tmp_path, 6)
    completes_at_its_price(api)
    caps = {"max_cost_eur_total": Decimal("0.45"), "max_cost_eur": Decimal("0.30")}
    reports = [await run_in(tmp_path, api, number, **caps) for number in range(3)]
    assert [report.counts.completed for report in reports] == [3, 1, 0]
    assert api.posts == 4
    assert (await read_status(str(tmp_path / "target"))).spent_eur == Decimal("0.40")
    assert "the cost cap does not cover another story" in reports[2].notes[0]


async def test_a_doubt_counts_under_the_cap_of_the_target(tmp_path: Path, api: ScriptedApi) -> None:
    write_boards(tmp_path, 3)
    completes_at_its_price(api)
    api.on_submit = lambda number: None if number == 0 else api.accepted()
    reports = [await run_in(tmp_path, api, number, max_cost_eur_total=2 * PRICE) for number in range(2)]
    assert [(report.counts.completed, report.counts.held) for report in reports] == [(1, 1), (0, 1)]
    inventory = await read_status(str(tmp_path / "target"))
    assert (inventory.spent_eur, inventory.reserved_eur, inventory.doubtful_eur) == (PRICE, PRICE, PRICE)


async def test_a_story_that_an_earlier_run_sent_does_not_count_under_the_cap_of_this_one(
    tmp_path: Path, api: ScriptedApi
) -> None:
    write_boards(tmp_path, 1)
    api.on_poll = lambda *_: {"status": "processing"}
    await run_in(tmp_path, api, 1, max_cost_eur=PRICE, poll_deadline_seconds=1.0)
    write_boards(tmp_path, 2)
    completes_at_its_price(api)
    report = await run_in(tmp_path, api, 2, max_cost_eur=PRICE)
    assert (report.counts.completed, api.posts) == (2, 2)
    assert (report.cost_eur, record_of(tmp_path, 2)["money"]["spent_eur"]) == (2 * PRICE, str(PRICE))


async def test_the_record_has_the_money_of_the_run(tmp_path: Path, api: ScriptedApi) -> None:
    write_boards(tmp_path, 3)
    completes_at_its_price(api)
    api.on_submit = lambda number: None if number == 1 else api.accepted()
    api.balance_eur = "5.00"
    await run_in(tmp_path, api, 1)
    record = record_of(tmp_path, 1)
    assert record["money"] == {"spent_eur": "0.20", "reserved_eur": "0.10", "doubtful_eur": "0.10"}
    assert (record["balance_before_eur"], record["balance_after_eur"]) == ("5.00", "5.00")
    assert record["cost_eur"] == "0.20"


@pytest.mark.parametrize(
    ("after", "says"),
    [("99.80", None), ("99.00", "0.80 EUR more than"), ("99.95", "0.15 EUR less than")],
    ids=["agrees", "more", "less"],
)
async def test_a_difference_to_the_balance_is_told_and_recorded(
    tmp_path: Path, api: ScriptedApi, after: str, says: str | None
) -> None:
    write_boards(tmp_path, 2)

    def on_poll(job_id: str, _number: int) -> JsonObject:
        api.balance_eur = after
        return api.completed(job_id, cost_eur=str(PRICE))

    api.on_poll = on_poll
    report = await run_in(tmp_path, api, 1)
    assert [says in note for note in report.notes if says] == ([True] if says else [])
    assert bool(report.notes) == (says is not None)
    assert Decimal(str(record_of(tmp_path, 1)["balance_unexplained_eur"])) == Decimal("99.80") - Decimal(after)


@pytest.mark.parametrize(
    ("gone", "unexplained"), [("0.30", "0"), ("0.45", "0"), ("0.70", "0"), ("0.75", "0.05"), ("0.25", "-0.05")]
)
def test_what_is_reserved_and_what_was_sent_before_may_explain_a_fall_of_the_balance(
    gone: str, unexplained: str
) -> None:
    money = Money(spent_eur=Decimal("0.30"), reserved_eur=Decimal("0.20"), doubtful_eur=Decimal("0.10"))
    found = unexplained_eur(Decimal(10), Decimal(10) - Decimal(gone), money, cost_eur=Decimal("0.50"))
    assert found == Decimal(unexplained)


async def test_retry_failed_sends_once_more_what_failed_as_often_as_it_may(tmp_path: Path, api: ScriptedApi) -> None:
    write_boards(tmp_path, 1)
    api.on_poll = lambda *_: FAILED
    reports = [await run_in(tmp_path, api, number) for number in range(4)]
    assert ([report.counts.failed for report in reports], api.posts) == ([1, 1, 1, 1], 3)
    assert (await run_in(tmp_path, api, 5, retry_failed=True)).counts.failed == 1
    assert (api.posts, (await run_in(tmp_path, api, 6)).counts.failed) == (4, 1)

    api.on_poll = lambda job_id, _: api.completed(job_id) if job_id == "job-5" else FAILED
    assert (await run_in(tmp_path, api, 7, retry_failed=True)).counts.completed == 1
    assert (await run_in(tmp_path, api, 8, retry_failed=True)).counts.done_before == 1
    assert api.posts == 5


async def test_retry_failed_takes_up_a_job_that_no_longer_has_failed(tmp_path: Path, api: ScriptedApi) -> None:
    write_boards(tmp_path, 1)
    api.on_poll = lambda *_: FAILED
    for number in range(3):
        await run_in(tmp_path, api, number)
    api.on_poll = lambda job_id, _: api.completed(job_id) if job_id == "job-2" else FAILED
    assert (await run_in(tmp_path, api, 4, retry_failed=True)).counts.completed == 1
    assert api.posts == 3
