"""`depicta batch reconcile` and `batch resolve` as an operator uses them, against a real studio."""

import asyncio
import getpass
import socket
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import SecretStr

from stories.api.access import ApiAccess
from stories.api.submit import SubmitClient
from stories.ledger.send import Baseline, StorySender
from stories.storyboards.story import Story, identify
from stories.target import begin_target, open_target
from tests.doubles.commands import Depicta
from tests.doubles.meddling_proxy import Answer, LostReply, meddling_proxy
from tests.doubles.running_studio import RunningStudio

Begin = Callable[..., list[Story]]


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def lost(studio: RunningStudio, tmp_path: Path, target: Path) -> Begin:
    """Send stories on the target as a run on another machine does, and lose the reply to each, or the request."""

    def send(*prompts: str, arrive: bool = True) -> list[Story]:
        with meddling_proxy(studio.url, lambda _: LostReply() if arrive else Answer(502, b"<html>")) as proxy:
            return asyncio.run(_send(prompts, proxy, studio.key, target, tmp_path / "other-machine"))

    return send


async def _send(prompts: tuple[str, ...], url: str, key: str, target: Path, state: Path) -> list[Story]:
    stories = [identify({"scenes": [{"prompt": it}]}, sample=0, source_uris=["a.json"]) for it in prompts]
    async with begin_target(str(target), run_id="run-1"):
        pass
    async with (
        SubmitClient(ApiAccess(url, SecretStr(key))) as client,
        open_target(str(target), run_id="run-1", state_directory=state) as dataset,
    ):
        assert dataset is not None
        baseline = Baseline((), dataset.clock.now(), Decimal(100))  # the studio's clock is this machine's
        for story in stories:
            await StorySender(dataset.ledger, client, baseline=baseline).submit(story, price_eur=Decimal("0.10"))
    return stories


def counts_on(depicta: Depicta, target: Path) -> dict[str, object]:
    counts = depicta("batch", "status", target, "--json").document["counts"]
    assert isinstance(counts, dict)
    return counts


def reconciled(depicta: Depicta, target: Path, *arguments: str) -> dict[str, object]:
    """The last of the runs of reconcile that it takes until the studio has drawn what it was sent."""
    for _ in range(200):
        finished = depicta("batch", "reconcile", target, "--json", *arguments)
        if "candidate_running" not in finished.out:
            assert finished.err == ""
            return {"code": finished.code, **finished.document}
    raise AssertionError(finished)


def test_a_lost_reply_is_settled_by_reconcile(
    depicta: Depicta, studio: RunningStudio, lost: Begin, target: Path
) -> None:
    """Held before, in flight after it, nothing sent; and once more there is nothing to do."""
    (story,) = lost("a fox in the reeds")
    posts = studio.posts()
    assert counts_on(depicta, target)["held"] == 1
    found = reconciled(depicta, target)
    assert found["code"] == 0
    assert found["adopted"] == [{"story_id": story.story_id, "attempt": 1, "job_id": posts[-1]["job_id"]}]
    counts = counts_on(depicta, target)
    assert (counts["held"], counts["in_flight"]) == (0, 1)
    again = depicta("batch", "reconcile", target)
    assert (again.code, again.out) == (0, "")
    assert "0 adopted" in again.err
    assert studio.posts() == posts


def test_what_stays_in_doubt_is_shown_with_what_is_known(depicta: Depicta, lost: Begin, target: Path) -> None:
    (story,) = lost("a heron on the pier", arrive=False)
    found = reconciled(depicta, target)
    message = "no job is seen; in 15 minutes that begins to say something"
    balance = "; 100 EUR were available before the run that sent it, "
    (held,) = found["held"]  # type: ignore[misc]  # a list
    assert (found["code"], held["story_id"], held["why"]) == (6, story.story_id, "settling")
    assert held["message"].startswith(message + balance)
    finished = depicta("batch", "reconcile", target)
    assert (finished.code, finished.out) == (6, "")
    assert story.story_id in finished.err
    assert f"depicta batch resolve {target} STORY_ID --resubmit|--abandon --reason TEXT" in finished.err


def test_a_person_resolves_a_held_story_once(depicta: Depicta, lost: Begin, target: Path) -> None:
    (story,) = lost("an owl at the window")
    arguments = ("batch", "resolve", target, story.story_id)
    for wrong in ((), ("--resubmit", "--abandon")):
        finished = depicta(*arguments, "--reason", "why", *wrong)
        assert (finished.code, "one of --resubmit and --abandon" in finished.err) == (1, True)
    finished = depicta(*arguments, "--abandon", "--reason", "not wanted any more")
    assert (finished.code, finished.out) == (0, "")
    assert f"story {story.story_id}: abandon is recorded; it is not sent again" in finished.err
    refused = depicta(*arguments, "--resubmit", "--reason", "wanted again", "--json")
    assert (refused.code, refused.error["error"]) == (1, "decision_refused")
    assert f"{getpass.getuser()}@{socket.gethostname()}" in str(refused.error["message"])
    assert "not wanted any more" in str(refused.error["message"])


def test_resubmit_says_what_the_next_run_does(depicta: Depicta, lost: Begin, target: Path) -> None:
    (story,) = lost("a mole below the hill")
    finished = depicta(
        "batch", "resolve", target, story.story_id, "--resubmit", "--reason", "support said so", "--json"
    )
    assert finished.code == 0
    assert finished.document | {"consequence": ""} == {
        "story_id": story.story_id,
        "decision": "resubmit",
        "state": "unsent",
        "next_attempt": 2,
        "consequence": "",
    }
    assert "if the service took attempt 1 too, both are charged" in str(finished.document["consequence"])


def test_what_cannot_be_decided_or_reconciled_is_told(depicta: Depicta, lost: Begin, target: Path) -> None:
    for finished in (
        depicta("batch", "resolve", target, "0" * 32, "--abandon", "--reason", "r"),
        depicta("batch", "reconcile", target, "--policy", "guess"),
    ):
        assert finished.code == 1
        assert "no dataset yet" in finished.err or "one of hold, resubmit_if_absent_proven" in finished.err
    assert depicta("batch", "reconcile", target).err == f"{target}: no dataset yet\n"
    assert depicta("batch", "reconcile", target, "--json").document["held"] == []
    assert not target.exists()
    lost("a toad under the bridge")
    unknown = depicta("batch", "resolve", target, "0" * 32, "--abandon", "--reason", "r")
    assert (unknown.code, "knows no story" in unknown.err) == (1, True)


def test_a_wrong_key_ends_with_two(
    depicta: Depicta, lost: Begin, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost("a crow on the wire")
    monkeypatch.setenv("DEPICTA_API_KEY", "dpct_dev_another-key")
    assert depicta("batch", "reconcile", target).code == 2


def test_status_shows_of_each_held_story_why_since_when_its_money_and_the_command_that_settles_it(
    depicta: Depicta, lost: Begin, target: Path
) -> None:
    (story,) = lost("a fox in the rain", arrive=False)
    status = depicta("batch", "status", target, "--json").document
    (held,) = status["held"]  # type: ignore[misc]  # a list
    assert (held["story_id"], held["reason"], held["price_max_eur"]) == (story.story_id, "unexpected_status", "0.10")
    assert (status["reserved_eur"], status["doubtful_eur"]) == ("0.10", "0.10")
    assert held["since"] is not None
    assert held["settled_by"] == f"depicta batch reconcile {target}"
    shown = depicta("batch", "status", target).err
    for part in (story.story_id, str(held["since"])[:10], "0.10 EUR", "unexpected_status", str(held["settled_by"])):
        assert part in shown
