"""The studio as an ASGI application: its routes, its middleware, and an answer for each exception."""

import asyncio
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from stories.api.wire import ErrorCode
from studio.api import account, pictures, polling, submission, uploads
from studio.api.request_log import RequestLog
from studio.api.requests import check_api_origin, check_image_origin
from studio.errors import ApiProblem, PictureRefused, invalid
from studio.faults.injection import FaultInjection
from studio.page import routes as page
from studio.service import running_service
from studio.settings import StudioSettings

logger = logging.getLogger(__name__)

LOOPBACK_NAMES = ("127.0.0.1", "localhost")
_RETRY_AFTER_SECONDS = 5


def build_app(
    settings: StudioSettings,
    *,
    now: Callable[[], float] = time.time,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> FastAPI:
    """Return the application; only its lifespan opens the data directory and draws."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_service(settings, now=now, sleep=sleep) as service:
            app.state.service = service
            yield

    release = version("depicta-stories")
    app = FastAPI(
        title="Depicta studio",
        version=release,
        lifespan=lifespan,
        middleware=[
            Middleware(RequestLog, version=release, now=now),
            Middleware(TrustedHostMiddleware, allowed_hosts=_host_names(settings), www_redirect=False),
            Middleware(FaultInjection, odds=settings.faults, seed=settings.fault_seed, now=now),
        ],
        exception_handlers=_HANDLERS,
        docs_url=None,
        redoc_url=None,
        separate_input_output_schemas=False,
        generate_unique_id_function=lambda route: route.name,
    )
    for router in (submission.router, polling.router, account.router, uploads.router, page.router):
        app.include_router(router, dependencies=[Depends(check_api_origin)])
    for router in (pictures.router, uploads.files):
        app.include_router(router, dependencies=[Depends(check_image_origin)])
    return app


def _host_names(settings: StudioSettings) -> list[str]:
    """Return the accepted `Host` names, so that a foreign web page whose name resolves to this machine is refused."""
    image_host = urlsplit(settings.image_origin or "").hostname
    return [*LOOPBACK_NAMES, image_host] if image_host else [*LOOPBACK_NAMES]


async def _answer_problem(_request: Request, problem: ApiProblem) -> JSONResponse:
    body: dict[str, object] = {"error": problem.code, "message": problem.message}
    if problem.details is not None:
        body["details"] = problem.details
    if problem.balance_eur is not None:
        body["balance_eur"] = problem.balance_eur
    seconds = problem.retry_after_seconds
    headers = {} if seconds is None else {"Retry-After": str(seconds)}
    if problem.http_status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(body, status_code=problem.http_status, headers=headers)


async def _answer_refused_picture(_request: Request, refusal: PictureRefused) -> PlainTextResponse:
    return PlainTextResponse(f"{refusal}\n", status_code=refusal.http_status)


async def _answer_unknown_route(_request: Request, problem: HTTPException) -> JSONResponse:
    code = ErrorCode.NOT_FOUND if problem.status_code == 404 else ErrorCode.VALIDATION
    body = {"error": code.value, "message": problem.detail}
    return JSONResponse(body, status_code=problem.status_code, headers=problem.headers)


async def _answer_bad_parameters(request: Request, trouble: RequestValidationError) -> JSONResponse:
    details = {str(reason["loc"][-1]): str(reason["msg"]) for reason in trouble.errors()}
    return await _answer_problem(request, invalid("request", details))


async def _answer_unavailable(_request: Request, trouble: Exception) -> JSONResponse:
    """Answer 503 when the database is locked, full or unreachable; its transaction is undone, so a retry is safe."""
    logger.error("the database cannot be used: %s", trouble)
    message = "The studio cannot write at the moment, and nothing was done: send the request again."
    body = {"error": ErrorCode.INTERNAL.value, "message": message}
    return JSONResponse(body, status_code=503, headers={"Retry-After": str(_RETRY_AFTER_SECONDS)})


async def _answer_internal(_request: Request, _problem: Exception) -> JSONResponse:
    body = {"error": ErrorCode.INTERNAL.value, "message": "The studio has failed; its log names the error."}
    return JSONResponse(body, status_code=ErrorCode.INTERNAL.http_status)


_HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    ApiProblem: _answer_problem,
    PictureRefused: _answer_refused_picture,
    HTTPException: _answer_unknown_route,
    RequestValidationError: _answer_bad_parameters,
    sqlite3.OperationalError: _answer_unavailable,
    Exception: _answer_internal,
}
