"""`POST /v1/generate/story`: the only call that leads to a charge."""

import sqlite3
from functools import partial

from fastapi import APIRouter
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from stories.json_document import sha256_hex
from stories.wire import SUBMIT_PATH, ErrorCode, Storyboard
from studio import accounts, jobs
from studio.accounts import Account
from studio.answers import accepted_answer, poll_path
from studio.errors import ApiProblem
from studio.intake import read_body, read_storyboard
from studio.money import eur_text, micro_eur
from studio.policy import refuse_content
from studio.service import Caller, Service, ServicePart

_RETRY_AFTER_SECONDS = 5

router = APIRouter()


@router.post(SUBMIT_PATH, status_code=202)
async def submit_story(request: Request, service: ServicePart, caller: Caller) -> JSONResponse:
    """Accept a storyboard as a new job; it is in the queue, durably, when this answers.

    The vendor documents no idempotency key, so one that is sent is logged and otherwise ignored.
    """
    body = await read_body(request)
    request.state.body_sha256 = sha256_hex(body)
    storyboard = await run_in_threadpool(read_storyboard, body)
    refuse_content(storyboard)
    job_id = await service.database.write(
        partial(
            _accept,
            service=service,
            caller=caller,
            body=body,
            storyboard=storyboard,
            idempotency_key=request.headers.get("idempotency-key"),
        )
    )
    service.queue.wake()
    request.state.job_id = job_id
    headers = {"Location": poll_path(job_id), "x-depicta-job-id": job_id}
    return JSONResponse(accepted_answer(job_id, service.settings.answers), status_code=202, headers=headers)


def _accept(
    connection: sqlite3.Connection,
    *,
    service: Service,
    caller: Account,
    body: bytes,
    storyboard: Storyboard,
    idempotency_key: str | None,
) -> str:
    price_micro_eur = micro_eur(service.settings.price.story_eur(storyboard))
    funds = accounts.funds_of(connection, caller.account_id)
    if funds.available_micro_eur < price_micro_eur:
        raise ApiProblem(
            ErrorCode.CREDITS,
            f"The story costs {eur_text(price_micro_eur)} EUR and {eur_text(funds.available_micro_eur)} are available.",
            balance_eur=eur_text(funds.balance_micro_eur),
        )
    if jobs.waiting(connection) >= service.settings.queue:
        raise ApiProblem(
            ErrorCode.RATE_LIMITED,
            f"{service.settings.queue} stories wait already.",
            retry_after_seconds=_RETRY_AFTER_SECONDS,
        )
    return jobs.add(
        connection,
        account_id=caller.account_id,
        body=body,
        idempotency_key=idempotency_key,
        price_micro_eur=price_micro_eur,
        now_ms=int(service.now() * 1000),
    )
