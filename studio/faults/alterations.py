"""Altered answers: for each fault, a function from the studio's answer to the one that the client gets."""

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
    """The way in which an answer is sent."""

    WHOLE = "whole"
    CUT = "cut"
    """The connection closes after the body, even if `Content-Length` promises more."""
    RESET = "reset"
    """A TCP reset instead of the first byte."""
    HANG = "hang"
    """No byte, until the client closes the connection."""
    ENDLESS = "endless"
    """The body again and again, until the client closes the connection."""


@dataclass(frozen=True)
class Answer:
    """A whole HTTP answer; header names in lower case. `Content-Length` follows the body unless a header sets it."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delivery: Delivery = Delivery.WHOLE


@dataclass(frozen=True)
class Occasion:
    """The circumstances of an answer: the time, and the ids of the jobs accepted before, oldest first."""

    now: float
    accepted: tuple[str, ...] = ()


Alteration = Callable[[Answer, Occasion], Answer | None]
"""Returns the answer that the client gets, or None when the fault does not apply to this answer."""
Change = Callable[[JsonObject, Occasion], JsonObject | None]
"""Returns the altered JSON object of an answer, or None when the fault does not apply to it."""


def refusal(code: ErrorCode, http_status: int | None = None, *, headers: Mapping[str, str] | None = None) -> Alteration:
    """Return an alteration to the API's own error body."""
    document: JsonObject = {"error": code.value, "message": "A rehearsed fault refused this request."}
    if code is ErrorCode.CREDITS:
        document["balance_eur"] = "0.00"
    answer = _json(http_status or code.http_status, document, headers)
    return lambda _answer, _occasion: answer


def page(http_status: int, headers: Mapping[str, str] | None = None) -> Alteration:
    """Return an alteration to an HTML page, as a gateway between client and service sends it."""
    body = f"<html><h1>{http_status}</h1></html>".encode()
    answer = Answer(http_status, {"content-type": "text/html", **(headers or {})}, body)
    return lambda _answer, _occasion: answer


def wait_until_a_date(_answer: Answer, occasion: Occasion) -> Answer | None:
    """Refuse with 429 and a `Retry-After` date five seconds from now."""
    date = format_datetime(datetime.fromtimestamp(occasion.now, UTC) + timedelta(seconds=5), usegmt=True)
    return refusal(ErrorCode.RATE_LIMITED, headers={"retry-after": date})(_answer, occasion)


def delivered(delivery: Delivery) -> Alteration:
    """Return an alteration that keeps the answer and changes its delivery."""
    return lambda answer, _occasion: replace(answer, delivery=delivery)


def cut(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Cut the connection after half of the body; `Content-Length` promises the whole."""
    whole = {**answer.headers, "content-length": str(len(answer.body))}
    return replace(answer, headers=whole, body=answer.body[: len(answer.body) // 2], delivery=Delivery.CUT)


def announced_longer(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Cut the connection after the whole body; `Content-Length` promises 1,000 bytes more."""
    longer = {**answer.headers, "content-length": str(len(answer.body) + 1000)}
    return replace(answer, headers=longer, delivery=Delivery.CUT)


def halved(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Send half of the body as if it were the whole."""
    return replace(answer, headers=_without(answer, "content-length"), body=answer.body[: len(answer.body) // 2])


def when_accepted(alter: Alteration) -> Alteration:
    """Return the alteration, limited to answers that accept a story."""
    return lambda answer, occasion: alter(answer, occasion) if answer.status == 202 else None


def changed(change: Change) -> Alteration:
    """Return an alteration that applies `change` to the JSON object of a successful answer."""

    def alter(answer: Answer, occasion: Occasion) -> Answer | None:
        if answer.status >= 300:
            return None
        document = change(json.loads(answer.body), occasion)
        return None if document is None else _json(answer.status, document, _without(answer, "content-length"))

    return alter


def without_id(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Leave the job's id out of the body and the headers."""
    return _json(202, {"status": "pending"}, _without(answer, "content-length", "location", "x-depicta-job-id"))


def with_an_earlier_id(answer: Answer, occasion: Occasion) -> Answer | None:
    """Replace the job's id by that of the job accepted before it."""
    if not occasion.accepted:
        return None
    job_id = occasion.accepted[-1]
    document = {**json.loads(answer.body), "job_id": job_id, "poll_url": f"{SUBMIT_PATH}/{job_id}"}
    headers = {"location": f"{SUBMIT_PATH}/{job_id}", "x-depicta-job-id": job_id}
    return _json(202, document, {**_without(answer, "content-length"), **headers})


def see_other(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Replace the 202 by a redirect to the job."""
    return Answer(303, {"location": answer.headers["location"]})


def with_expired_urls(answer: Answer, occasion: Occasion) -> Answer | None:
    """Set the expiry of every signed URL to the past."""
    past = str(int(occasion.now) - 1).encode()
    body, count = _EXPIRY.subn(rb"\g<1>" + past, answer.body)
    return replace(answer, body=body, headers=_without(answer, "content-length")) if count else None


def gone_when_completed(answer: Answer, occasion: Occasion) -> Answer | None:
    """Answer 404 once the job is completed."""
    is_completed = answer.status == 200 and json.loads(answer.body)["status"] == "completed"
    return refusal(ErrorCode.NOT_FOUND)(answer, occasion) if is_completed else None


def back_in_the_queue(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Report a job that is processing or completed as pending, with no scene finished."""
    if document["status"] not in {"processing", "completed"}:
        return None
    return {**_bare(document), "status": "pending", "scenes_completed": 0}


def still_processing(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Report a completed job as processing, with one scene unfinished."""
    total = document.get("scenes_total")
    almost = {"scenes_completed": total - 1} if isinstance(total, int) else {}
    return {**_bare(document), "status": "processing", **almost} if document["status"] == "completed" else None


def more_than_all(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Report more completed scenes than the story has."""
    total = document.get("scenes_total")
    return {**document, "scenes_completed": total + 7} if isinstance(total, int) else None


def without_result(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Set the result of a completed job to null."""
    return {**document, "result": None} if document["status"] == "completed" else None


def with_swapped_images(document: JsonObject, _occasion: Occasion) -> JsonObject | None:
    """Give every scene the images of the next scene."""
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
    """Put the digit 1 before the cost, so that it differs from the charge."""
    result = document.get("result")
    if not isinstance(result, dict) or not isinstance(result.get("cost_eur"), str):
        return None
    return {**document, "result": {**result, "cost_eur": f"1{result['cost_eur']}"}}


def listed(change: Callable[[list[JsonObject], Occasion], list[JsonObject]]) -> Alteration:
    """Return an alteration that applies `change` to the jobs of a listing."""

    def change_listing(document: JsonObject, occasion: Occasion) -> JsonObject | None:
        jobs = document["generations"]
        found = [job for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []
        return {**document, "generations": [*change(found, occasion)]}

    return changed(change_listing)


def not_the_newest(jobs: list[JsonObject], occasion: Occasion) -> list[JsonObject]:
    """Return the jobs that are older than the delay."""
    latest = datetime.fromtimestamp(occasion.now - LISTING_DELAY_SECONDS, UTC)
    return [job for job in jobs if datetime.fromisoformat(str(job["created_at"])) <= latest]


def bomb(_answer: Answer, _occasion: Occasion) -> Answer | None:
    """Answer with 194 KB of gzip that unpack to 200 MB."""
    return Answer(200, {"content-type": "image/png", "content-encoding": "gzip"}, _bomb())


def huge(_answer: Answer, _occasion: Occasion) -> Answer | None:
    """Answer with a valid PNG of 144 megapixels in 18 KB."""
    return Answer(200, {"content-type": "image/png"}, _huge_png())


def endless(answer: Answer, _occasion: Occasion) -> Answer | None:
    """Answer with an image whose body does not end."""
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
