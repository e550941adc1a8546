"""Records on the target: what was written is read, and anything else is damage."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from stories.errors import LedgerDamaged
from stories.ledger.events import (
    Content,
    Decision,
    Doubt,
    Failed,
    Intent,
    JobAssigned,
    JobSource,
    Lost,
    Operator,
    Own,
    RecordKind,
    Rejected,
    Void,
    poll_path_of,
)
from stories.ledger.records import Record, decode, encode, name_of, own_key, record_key
from stories.strict_json import canonical_json, sha256_hex

STORY_ID = "0123456789abcdef" * 2
AT = datetime(2026, 1, 2, 12, 0, 0, 5, tzinfo=UTC)
INTENT = Intent(
    run_id="run-1",
    worker="worker-1",
    host="host-a",
    spool_id="spool-1",
    body_sha256="ab" * 32,
    prompts_fingerprint="cd" * 32,
    scenes_total=3,
    idempotency_key="9e107d9d-3721-5b9e-8c1c-000000000000",
    baseline_job_ids=("job-8", "job-9"),
    server_date=AT,
    balance_eur=Decimal("12.30"),
    price_max_eur=Decimal("0.40"),
)
CONTENTS: tuple[Content, ...] = (
    INTENT,
    replace(INTENT, server_date=None, balance_eur=None, baseline_job_ids=()),
    Void("not_sent", "connection refused", None),
    Rejected("refused", "scenes: too many", 422, "validation_error"),
    JobAssigned("job-1", "/v1/generate/story/job-1", JobSource.ADOPTED),
    Doubt("no_answer", "ReadError", bytes_sent=True, http_status=202, accepted=True, job_id="job-1"),
    Failed("failed_at_service", "no paint"),
    Lost("vanished", "404 for 10 minutes"),
    Operator(Decision.RESUBMIT, "ann@example.org", "not in the listing"),
    Own("job-1", "/v1/generate/story/job-1"),
)
WRITTEN_BY_VERSION_1 = (
    b'{"attempt":2,"checksum":"bed2d6979d10456b42f55b947cbe50173573d2c8a40cf8acae6f0bd93101a669","content":'
    b'{"http_status":null,"message":"connection refused","reason":"not_sent"},"nonce":"f00df00df00df00df00df00df00d'
    b'f00d","record":"void","recorded_at":"2026-01-02T12:00:00.000005+00:00","story_id":"0123456789abcdef0123456789abcdef",'
    b'"version":1}'
)


def record(content: Content) -> Record:
    return Record(STORY_ID, 2, "f00d" * 8, AT, content)


@pytest.mark.parametrize("content", CONTENTS, ids=lambda content: type(content).__name__)
def test_a_record_reads_back_as_it_was_written(content: Content) -> None:
    written = record(content)
    assert decode(written.key, encode(written)) == written


def test_what_version_1_wrote_stays_readable() -> None:
    written = record(Void("not_sent", "connection refused"))
    assert decode(written.key, WRITTEN_BY_VERSION_1) == written
    assert encode(written) == WRITTEN_BY_VERSION_1


def test_a_version_that_is_not_known_is_not_guessed_at() -> None:
    document = json.loads(WRITTEN_BY_VERSION_1) | {"version": 2}
    del document["checksum"]
    document["checksum"] = sha256_hex(canonical_json(document))
    with pytest.raises(LedgerDamaged, match="version 2 is not known"):
        decode(record(CONTENTS[2]).key, canonical_json(document))


def test_every_flipped_bit_is_damage() -> None:
    written = record(CONTENTS[3])
    stored = encode(written)
    for position in range(len(stored)):
        for bit in range(8):
            flipped = bytearray(stored)
            flipped[position] ^= 1 << bit
            with pytest.raises(LedgerDamaged, match=r"2\.rejected"):
                decode(written.key, bytes(flipped))


def test_every_truncation_is_damage() -> None:
    written = record(INTENT)
    stored = encode(written)
    for length in range(len(stored)):
        with pytest.raises(LedgerDamaged):
            decode(written.key, stored[:length])


@pytest.mark.parametrize("stored", [b"", b"null", b"[]", b"{}", b"<html>", b"\xff\xfe", b'{"version":1}'])
def test_what_is_no_record_is_damage(stored: bytes) -> None:
    with pytest.raises(LedgerDamaged):
        decode(record(INTENT).key, stored)


def test_a_record_under_another_key_is_damage() -> None:
    written = record(INTENT)
    for key in (
        record_key(STORY_ID, 3, RecordKind.INTENT),
        record_key(STORY_ID, 2, RecordKind.VOID),
        record_key("f" * 32, 2, RecordKind.INTENT),
    ):
        with pytest.raises(LedgerDamaged, match="this is the record of"):
            decode(key, encode(written))
    own = record(Own("job-1", "/p"))
    with pytest.raises(LedgerDamaged, match="this is the record of"):
        decode(own_key("job-2"), encode(own))


def test_the_same_content_written_twice_differs_in_its_nonce() -> None:
    assert encode(record(INTENT)) != encode(replace(record(INTENT), nonce="beef" * 8))


def test_the_layout_of_keys() -> None:
    assert record_key(STORY_ID, 1, RecordKind.INTENT) == f"_meta/ledger/items/{STORY_ID}/1.intent"
    digest = "026ab639c21df8aa80e5789370a9db1b8b524b776fd8a0c2ba71efb377ecc7d9"  # of "job-1"
    assert own_key("job-1") == f"_meta/ledger/jobs/{digest}.own"
    name = name_of(f"_meta/ledger/items/{STORY_ID}/12.doubt")
    assert name is not None
    assert (name.story_id, name.attempt, name.kind) == (STORY_ID, 12, RecordKind.DOUBT)


@pytest.mark.parametrize("leaf", [".DS_Store", "0.intent", "01.intent", "1.", "1.intent.bak", "x.intent", "1"])
def test_a_file_that_is_none_of_the_ledgers_has_no_name(leaf: str) -> None:
    assert name_of(f"_meta/ledger/items/{STORY_ID}/{leaf}") is None


def test_a_kind_of_a_newer_program_has_a_name_without_a_kind() -> None:
    name = name_of(f"_meta/ledger/items/{STORY_ID}/1.blessing")
    assert name is not None
    assert name.kind is None


def test_times_are_utc_and_money_is_a_decimal_string() -> None:
    local = replace(record(INTENT), recorded_at=AT.astimezone(timezone(timedelta(hours=9))))
    stored = encode(local)
    assert b'"recorded_at":"2026-01-02T12:00:00.000005+00:00"' in stored
    assert b'"price_max_eur":"0.40"' in stored
    assert encode(record(replace(INTENT, price_max_eur=Decimal("4E+1")))).count(b'"40"') == 1


def test_text_of_the_service_can_always_be_written() -> None:
    written = record(Rejected("refused", "\ud800\x00 " + "x" * 9000, 422, "validation_error"))
    read = decode(written.key, encode(written)).content
    assert isinstance(read, Rejected)
    assert len(read.message) == 2000


@pytest.mark.parametrize(
    ("poll_url", "path"),
    [
        (None, "/v1/generate/story/job-1"),
        ("/v1/generate/story/job-1", "/v1/generate/story/job-1"),
        ("https://x.test/api/v1/generate/story/job-1?sig=secret#f", "/api/v1/generate/story/job-1"),
        ("https://x.test/v1/generate/story/job-2", "/v1/generate/story/job-1"),
        ("http://[", "/v1/generate/story/job-1"),
        ("javascript:alert(1)", "/v1/generate/story/job-1"),
        ("/a\nb/v1/generate/story/job-1", "/ab/v1/generate/story/job-1"),
        ("/a\x00b/v1/generate/story/job-1", "/v1/generate/story/job-1"),
    ],
)
def test_a_poll_url_is_kept_as_a_path(poll_url: str | None, path: str) -> None:
    assert poll_path_of("job-1", poll_url) == path
