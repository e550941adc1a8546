"""`POST /v1/generate/story`: the only call that leads to a charge."""

import sqlite3
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Header
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from stories.api.wire import MAX_STORYBOARD_BYTES, SUBMIT_PATH, ErrorCode
from stories.strict_json import sha256_hex
from studio.api.answers import accepted_answer, poll_path
from studio.api.openapi import FOLLOW_UPS, json_body
from studio.api.requests import Caller, ServicePart, body_chunks, time_limit
from studio.api.schema import AcceptedBody, refusals
from studio.errors import CONFLICT, ApiProblem, invalid
from studio.service import Service
from studio.settings import IdempotencyMode
from studio.work import accounts, jobs
from studio.work.accounts import Account, eur_text, micro_eur
from studio.work.storyboards import AcceptedStoryboard, read_storyboard, refuse_content

_RETRY_AFTER_SECONDS = 5

router = APIRouter()


@router.post(
    SUBMIT_PATH,
    status_code=202,
    response_model_exclude_unset=True,
    responses={202: FOLLOW_UPS, **refusals(402, 408, 409, 422, 451)},
    openapi_extra=json_body(AcceptedStoryboard),
)
async def submit_story(
    request: Request,
    response: Response,
    service: ServicePart,
    caller: Caller,
    idempotency_key: Annotated[str | None, Header()] = None,
) -> AcceptedBody:
    """Accept a storyboard as a new job, which is durably in the queue before the answer is sent."""
    async with time_limit(service.settings.request_seconds):
        body = b"".join([chunk async for chunk in body_chunks(request, max_bytes=MAX_STORYBOARD_BYTES)])
    request.state.body_sha256 = sha256_hex(body)
    storyboard = await run_in_threadpool(read_storyboard, body)
    refuse_content(storyboard)
    accept = partial(_accept, service=service, caller=caller, body=body, storyboard=storyboard)
    job_id = await service.database.write(partial(accept, idempotency_key=idempotency_key))
    service.queue.wake()
    request.state.job_id = job_id
    response.headers["Location"] = poll_path(job_id)
    response.headers["x-depicta-job-id"] = job_id
    return accepted_answer(job_id, service.settings.answers)


def _accept(
    connection: sqlite3.Connection,
    *,
    service: Service,
    caller: Account,
    body: bytes,
    storyboard: AcceptedStoryboard,
    idempotency_key: str | None,
) -> str:
    now_ms = int(service.now() * 1000)
    earlier_id = _earlier(connection, service=service, caller=caller, body=body, key=idempotency_key, now_ms=now_ms)
    if earlier_id is not None:
        return earlier_id
    price_micro_eur = micro_eur(service.settings.price.story_eur(storyboard))
    funds = accounts.funds_of(connection, caller.account_id)
    if funds.available_micro_eur < price_micro_eur:
        raise ApiProblem(
            ErrorCode.CREDITS,
            f"The story costs {eur_text(price_micro_eur)} EUR; available: {eur_text(funds.available_micro_eur)} EUR.",
            balance_eur=eur_text(funds.balance_micro_eur),
        )
    if jobs.waiting(connection, caller.account_id) >= service.settings.queue:
        raise ApiProblem(
            ErrorCode.RATE_LIMITED,
            f"{service.settings.queue} stories of this key are waiting already.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )
    return jobs.add(
        connection,
        account_id=caller.account_id,
        body=body,
        idempotency_key=idempotency_key,
        price_micro_eur=price_micro_eur,
        now_ms=now_ms,
    )


def _earlier(
    connection: sqlite3.Connection, *, service: Service, caller: Account, body: bytes, key: str | None, now_ms: int
) -> str | None:
    """Return the id of the job that was accepted under this key; raises `ApiProblem` when the key is refused."""
    mode = service.settings.idempotency
    if key is None or mode is IdempotencyMode.OFF:
        return None
    since_ms = now_ms - service.settings.idempotency_seconds * 1000
    earlier = jobs.with_idempotency_key(connection, account_id=caller.account_id, key=key, since_ms=since_ms)
    if earlier is None:
        return None
    job_id, earlier_body = earlier
    if earlier_body != body:
        raise invalid("request", {"Idempotency-Key": "was used before, with another body"})
    if mode is IdempotencyMode.REJECT:
        raise ApiProblem(CONFLICT, "The Idempotency-Key was used before, with the same body.", http_status=409)
    return job_id
