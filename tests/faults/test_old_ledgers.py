"""Ledgers that earlier versions wrote: fault 52. A file here is never written again."""

import json
from pathlib import Path

import pytest

from stories.ledger.events import RecordKind
from stories.ledger.records import name_of
from stories.ledger.states import SubmitState
from stories.storage.fsspec_store import open_store
from stories.strict_json import JsonObject
from tests.doubles.hand_clock import HandClock
from tests.doubles.ledger_processes import Process, a_story, accepted

LEDGERS = sorted((Path(__file__).parent / "old_ledgers").glob("*.json"))
NAMES = {"accepted": "accepted", "doubt": "doubt", "void": "void", "failed_once": "failed", "resubmitted": "resubmit"}
"""The prompt that each of these stories was made of."""
SENT_NOW = {"void", "failed_once", "resubmitted"}


def laid_out(ledger: Path, target: Path) -> JsonObject:
    """The file's content, once its records are on the target."""
    written: JsonObject = json.loads(ledger.read_text())
    for key, content in written["records"].items():  # type: ignore[union-attr]
        (target / key).parent.mkdir(parents=True, exist_ok=True)
        (target / key).write_text(str(content))
    return written


@pytest.mark.parametrize("ledger", LEDGERS, ids=[path.stem for path in LEDGERS])
async def test_what_an_earlier_version_wrote_is_decided_as_it_was_then(tmp_path: Path, ledger: Path) -> None:
    written = laid_out(ledger, tmp_path / "target")
    async with open_store(str(tmp_path / "target")) as store:
        process = Process(store, tmp_path / "state", HandClock())
        story_states = await process.ledger.survey()
        for name, then in written["stories"].items():
            entry = await process.ledger.entry(then["story_id"])
            now = {"state": entry.state, "next_attempt": entry.next_attempt, "job_id": entry.job_id}
            assert {**now, "reason": entry.reason, "story_id": entry.story_id} == then, name
            assert story_states[entry.story_id].state is entry.state
            if entry.state in {SubmitState.ACCEPTED, SubmitState.FAILED, SubmitState.EXHAUSTED} and entry.job_id:
                assert await process.ledger.owner(entry.job_id) == (entry.story_id, entry.attempt)
        for name, prompt in NAMES.items():
            story = a_story(prompt)
            assert story.story_id == written["stories"][name]["story_id"], "the identity of a storyboard has changed"
            service = process.sender(accepted(f"job-new-{name}"))
            sent = (await process.submit(story, service)).sent
            assert (sent, service.sends) == ((True, 1) if name in SENT_NOW else (False, 0)), name
        process.die()


def test_every_kind_of_record_and_every_state_is_in_them() -> None:
    written = [json.loads(path.read_text()) for path in LEDGERS]
    kinds = {name.kind for ledger in written for key in ledger["records"] if (name := name_of(key)) is not None}
    assert kinds | {RecordKind.OWN} == set(RecordKind)
    assert {then["state"] for ledger in written for then in ledger["stories"].values()} == set(SubmitState)
