"""Answers gone wrong: how each fault of the table bends what the studio would have said."""

import gzip
import json
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import StrEnum
from functools import cache

from stories.api.wire import SUBMIT_PATH, ErrorCode
from stories.strict_json import JsonObject

LISTING_DELAY_SECONDS = 600
LISTED_JOBS = 3
_EXPIRY = re.compile(rb"([?&]exp=)[0-9]+")
_BOMB_BYTES = 200_000_000
_HUGE_PIXELS = 12_000


class Delivery(StrEnum):
    """What becomes of an answer on its way."""

    WHOLE = "whole"
    CUT = "cut"
    """The connection closes behind the body, whatever length was announced."""
    RESET = "reset"
    """A TCP reset in place of the first byte."""
    HANG = "hang"
    """Not a byte, until the client gives up."""
    ENDLESS = "endless"
    """The body again and again, until the client gives up."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer; header names in lower case. The length is announced as it is unless a header says it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery = Delivery.WHOLE


@dataclass(frozen=True)
class Occasion:
    """What a fault may know beside the answer: the time, and the jobs that were accepted before, oldest first."""

    now: float
    accepted: tuple[str, ...] = ()


Bend = Callable[[Answer, Occasion], Answer | None]
"""The answer as the client gets it; None when this one cannot go wrong in this way."""
Change = Callable[[JsonObject, Occasion], JsonObject | None]


def refusal(code: ErrorCode, http_status: int | None = None, *, headers: Mapping[str, str] | None = None) -> Bend:
    """The API's own error envelope."""
    document: JsonObject = {"error": code.value, "message": "Refused by a fault of the rehearsal."}
    if code is ErrorCode.CREDITS:
        document["balance_eur"] = "0.00"
    answer = _json(http_status or code.http_status, document, headers)
    return lambda _answer, _occasion: answer


def page(http_status: int, headers: Mapping[str, str] | None = None) -> Bend:
    """A page of something in between, which is no answer of the API."""
    body = f"<html><h1>{http_status}</h1></html>".encode()
    answer = Answer(http_status, {"content-type": "text/html", **(headers or {})}, body)
    return lambda _answer, _occasion: answer


def wait_until_a_date(_answer: Answer, occasion: Occasion) -> Answer | None:
    """429 with a date five seconds on."""
    date = format_datetime(datetime.fromtimestamp(occasion.now, UTC) + timedelta(seconds=5), usegmt=True)
    return refusal(ErrorCode.RATE_LIMITED, headers={"retry-after": date})(_answer, occasion)


def delivered(delivery: Delivery) -> Bend:
    """The answer as it is, on a bad way."""
    return lambda answer, _occasion: replace(answer, delivery=delivery)


def cut(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Half of the body, when the head has announced the whole."""
    whole = {**answer.headers, "content-length": str(len(answer.body))}
    return replace(answer, headers=whole, body=answer.body[: len(answer.body) // 2], delivery=Delivery.CUT)


def announced_longer(answer: Answer, _occasion: Occasion) -> Answer | None:
    """The whole body, when the head has announced more."""
    longer = {**answer.headers, "content-length": str(len(answer.body) + 1000)}
    return replace(answer, headers=longer, delivery=Delivery.CUT)


def halved(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Half of the body, as if that were the whole."""
    return replace(answer, headers=_without(answer, "content-length"), body=answer.body[: len(answer.body) // 2])


def when_accepted(bend: Bend) -> Bend:
    """The same, for answers that accept a story."""
    return lambda answer, occasion: bend(answer, occasion) if answer.status == 202 else None


def changed(change: Change) -> Bend:
    """The JSON object of a good answer, changed."""

    def bend(answer: Answer, occasion: Occasion) -> Answer | None:
        if answer.status >= 300:
            return None
        document = change(json.loads(answer.body), occasion)
        return None if document is None else _json(answer.status, document, _without(answer, "content-length"))

    return bend


def without_id(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Accepted, and not as what."""
    return _json(202, {"status": "pending"}, _without(answer, "content-length", "location", "x-depicta-job-id"))


def with_an_earlier_id(answer: Answer, occasion: Occasion) -> Answer | None:
    """Accepted, and named as the job before."""
    if not occasion.accepted:
        return None
    job_id = occasion.accepted[-1]
    document = {**json.loads(answer.body), "job_id": job_id, "poll_url": f"{SUBMIT_PATH}/{job_id}"}
    headers = {"location": f"{SUBMIT_PATH}/{job_id}", "x-depicta-job-id": job_id}
    return _json(202, document, {**_without(answer, "content-length"), **headers})


def see_other(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Accepted, and said with a redirect to the job."""
    return Answer(303, {"location": answer.headers["location"]})


def with_expired_urls(answer: Answer, occasion: Occasion) -> Answer | None:
    """Every signed URL as if its hour were over."""
    past = str(int(occasion.now) - 1).encode()
    body, count = _EXPIRY.subn(rb"\g<1>" + past, answer.body)
    return replace(answer, body=body, headers=_without(answer, "content-length")) if count else None


def gone_when_completed(answer: Answer, occasion: Occasion) -> Answer | None:
    """The job is known until it has been paid for."""
    is_completed = answer.status == 200 and json.loads(answer.body)["status"] == "completed"
    return refusal(ErrorCode.NOT_FOUND)(answer, occasion) if is_completed else None


def back_in_the_queue(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """As if nothing of the job had been done."""
    if document["status"] not in {"processing", "completed"}:
        return None
    return {**_bare(document), "status": "pending", "scenes_completed": 0}


def still_processing(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """As if the last picture were missing."""
    total = document.get("scenes_total")
    almost = {"scenes_completed": total - 1} if isinstance(total, int) else {}
    return {**_bare(document), "status": "processing", **almost} if document["status"] == "completed" else None


def more_than_all(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """More scenes than there are."""
    total = document.get("scenes_total")
    return {**document, "scenes_completed": total + 7} if isinstance(total, int) else None


def without_result(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Completed, and nothing to show for it."""
    return {**document, "result": None} if document["status"] == "completed" else None


def with_swapped_images(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Every scene with the images of the one after it."""
    result = document.get("result")
    scenes = result.get("scenes") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(scenes, list) or len(scenes) < 2:
        return None
    taken = [*scenes[1:], scenes[0]]
    prompts = [scene["prompt"] for scene in scenes if isinstance(scene, dict)]
    swapped = [
        {**scene, "prompt": prompt} for scene, prompt in zip(taken, prompts, strict=True) if isinstance(scene, dict)
    ]
    return {**document, "result": {**result, "scenes": [*swapped]}}


def with_another_cost(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """A tenth of a euro more than was charged."""
    result = document.get("result")
    if not isinstance(result, dict) or not isinstance(result.get("cost_eur"), str):
        return None
    return {**document, "result": {**result, "cost_eur": f"1{result['cost_eur']}"}}


def listed(change: Callable[[list[JsonObject], Occasion], list[JsonObject]]) -> Bend:
    """The jobs of a listing, changed."""

    def change_listing(document: JsonObject, occasion: Occasion) -> JsonObject | None:
        jobs = document["generations"]
        found = [job for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []
        return {**document, "generations": [*change(found, occasion)]}

    return changed(change_listing)


def not_the_newest(jobs: list[JsonObject], occasion: Occasion) -> list[JsonObject]:
    """The jobs that are older than the delay."""
    latest = datetime.fromtimestamp(occasion.now - LISTING_DELAY_SECONDS, UTC)
    return [job for job in jobs if datetime.fromisoformat(str(job["created_at"])) <= latest]


def bomb(_answer: Answer, _occasion: Occasion) -> Answer | None:
    """194 KB that unpack to 200 MB."""
    return Answer(200, {"content-type": "image/png", "content-encoding": "gzip"}, _bomb())


def huge(_answer: Answer, _occasion: Occasion) -> Answer | None:
    """A true PNG of 144 megapixels in 18 KB."""
    return Answer(200, {"content-type": "image/png"}, _huge_png())


def endless(answer: Answer, _occasion: Occasion) -> Answer | None:
    """An image that does not end."""
    headers = _without(answer, "content-length")
    return Answer(200, headers, answer.body.ljust(65_536, b"\0"), Delivery.ENDLESS)


@cache
def _bomb() -> bytes:
    return gzip.compress(bytes(_BOMB_BYTES), compresslevel=9, mtime=0)


@cache
def _huge_png() -> bytes:
    rows = bytes((_HUGE_PIXELS // 8 + 1) * _HUGE_PIXELS)
    head = struct.pack(">IIBBBBB", _HUGE_PIXELS, _HUGE_PIXELS, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    packed = (struct.pack(">I", len(it)) + name + it + struct.pack(">I", zlib.crc32(name + it)) for name, it in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def _bare(document: JsonObject) -> JsonObject:
    return {name: value for name, value in document.items() if name != "result"}


def _without(answer: Answer, *names: str) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name not in names}


def _json(http_status: int, document: JsonObject, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(http_status, {**(headers or {}), "content-type": "application/json"}, json.dumps(document).encode())
