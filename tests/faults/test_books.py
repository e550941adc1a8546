"""The checker of the books can fail: each thing that is wrong is found, under the name of what it breaks."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from stories.ledger.events import Void
from stories.ledger.records import Record, decode, encode
from studio.work.data_directory import DataDirectory
from tests.doubles.books import discrepancies
from tests.doubles.running_studio import KEY, RunningStudio, studio_here
from tests.faults.rehearsal import Rehearsal

Tampering = Callable[[Path], None]


def remove(pattern: str) -> Tampering:
    def tamper(directory: Path) -> None:
        min((directory / "target").glob(pattern)).unlink()

    return tamper


def damage_an_image(directory: Path) -> None:
    image = min((directory / "target/images").glob("*/*.png"))
    image.write_bytes(image.read_bytes()[:-1])


def repeat_a_post(directory: Path) -> None:
    log = directory / "studio/requests.jsonl"
    log.write_text(log.read_text() + log.read_text().splitlines()[0] + "\n")


def accept_a_second_job(directory: Path) -> None:
    """A job that the studio accepted under a key that has another one already, and charged."""
    log = directory / "studio/requests.jsonl"
    first, second = (json.loads(line) for line in log.read_text().splitlines())
    second["idempotency_key"] = first["idempotency_key"]
    log.write_text(json.dumps(first) + "\n" + json.dumps(second) + "\n")


def send_another_body(directory: Path) -> None:
    log = directory / "studio/requests.jsonl"
    first, second = (json.loads(line) for line in log.read_text().splitlines())
    log.write_text(json.dumps({**first, "body_sha256": "0" * 64}) + "\n" + json.dumps(second) + "\n")


def void_an_attempt(directory: Path) -> None:
    """A record beside it says that an attempt which became a job never ran."""
    intent = min((directory / "target/_meta/ledger/items").glob("*/1.intent"))
    key = str(intent.relative_to(directory / "target"))
    record = decode(key, intent.read_bytes())
    void = Record(record.story_id, 1, "nonce", record.recorded_at, Void("not_sent", "told by the test"))
    intent.with_name("1.void").write_bytes(encode(void))


def charge_more(directory: Path) -> None:
    with closing(sqlite3.connect(DataDirectory(directory / "studio").database)) as connection, connection:
        connection.execute("UPDATE charges SET amount_micro_eur = amount_micro_eur + 1 WHERE rowid = 1")


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stories that were produced as they should be."""
    directory = tmp_path_factory.mktemp("sound")
    rehearsal = Rehearsal(directory)
    rehearsal.write("a fox", "an owl")
    with studio_here(directory / "studio") as studio:
        assert asyncio.run(rehearsal.run(studio.url)).counts.completed == 2
    return directory


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (remove("_meta/ledger/items/*/1.intent"), {"sent_by_intent", "owned_once"}),
        (remove("_meta/ledger/jobs/*.own"), {"nothing_lost", "owned_once"}),
        (remove("images/*/scene-01.png"), {"images_there"}),
        (damage_an_image, {"images_there"}),
        (repeat_a_post, {"sent_by_intent"}),
        (accept_a_second_job, {"paid_once", "sent_by_intent"}),
        (send_another_body, {"sent_by_intent", "owned_once"}),
        (void_an_attempt, {"void_is_void"}),
        (charge_more, {"costs"}),
    ],
)
async def test_what_is_wrong_is_found(sound: Path, tmp_path: Path, tamper: Tampering, found: set[str]) -> None:
    directory = tmp_path / "copy"
    shutil.copytree(sound, directory)
    studio = RunningStudio("http://127.0.0.1:1", KEY, directory / "studio")
    assert await discrepancies(studio, str(directory / "target")) == []
    tamper(directory)
    assert {it.partition(":")[0] for it in await discrepancies(studio, str(directory / "target"))} == found
