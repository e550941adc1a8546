"""The parts of a request that endpoints share: the service, the caller's account, the origin, the body.

`service_of`, `caller_of` and the two checks of the origin are FastAPI dependencies.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from math import ceil
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.exceptions import HTTPException

from stories.api.wire import ErrorCode
from studio.errors import ApiProblem, PictureRefused, invalid
from studio.service import Service
from studio.work import accounts
from studio.work.accounts import Account

_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key that begins with `dpct_dev_`.")


async def service_of(request: Request) -> Service:
    """Return the service that answers this request."""
    service: Service = request.app.state.service
    return service


ServicePart = Annotated[Service, Depends(service_of)]


async def caller_of(
    request: Request,
    service: ServicePart,
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Account:
    """Return the account of the request's key.

    Raises `ApiProblem`: 401 without a valid key, 429 when the key has sent too many requests.
    """
    account = None if sent is None else accounts.account_of_key(service.database.reader, sent.credentials.strip())
    if account is None:
        raise ApiProblem(ErrorCode.AUTHENTICATION, "The API key is missing or wrong: send Authorization: Bearer KEY.")
    request.state.key_id = account.key_id
    wait_seconds = service.rate_limit.take(account.key_id)
    if wait_seconds:
        limit = f"This key may send {service.settings.requests_per_minute:,} requests a minute."
        raise ApiProblem(ErrorCode.RATE_LIMITED, limit, retry_after_seconds=ceil(wait_seconds))
    return account


Caller = Annotated[Account, Depends(caller_of)]


async def check_image_origin(request: Request, service: ServicePart) -> None:
    """Raise `PictureRefused` (404) when images have an origin of their own and the request names another."""
    if service.settings.image_origin is not None and not _is_image_host(request, service.settings.image_origin):
        raise PictureRefused(404, "Images are served elsewhere.")


async def check_api_origin(request: Request, service: ServicePart) -> None:
    """Raise `ApiProblem` (404) when the request names the origin that serves images only."""
    if service.settings.image_origin is not None and _is_image_host(request, service.settings.image_origin):
        raise ApiProblem(ErrorCode.NOT_FOUND, "Only images are served here.")


def _is_image_host(request: Request, image_origin: str) -> bool:
    return request.headers.get("host", "") == urlsplit(image_origin).netloc


@asynccontextmanager
async def time_limit(seconds: float) -> AsyncIterator[None]:
    """Limit the time of a block that reads a body; raises `HTTPException` (408), however slowly the bytes arrive."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as exc:
        raise HTTPException(408, f"The body did not arrive within {seconds:g} seconds.") from exc


async def body_chunks(request: Request, *, max_bytes: int) -> AsyncGenerator[bytes]:
    """Yield the body as it arrives; raises `ApiProblem` (422) when it is larger than `max_bytes`."""
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > max_bytes:
            raise invalid("request", {"body": f"is larger than {max_bytes:,} bytes"})
        yield chunk
