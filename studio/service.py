"""The running parts of a studio, and how an endpoint gets at them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from stories.wire import ErrorCode
from studio import accounts
from studio.accounts import Account
from studio.data_directory import DataDirectory
from studio.database import Database
from studio.errors import ApiProblem
from studio.queue import Queue
from studio.request_log import PostLog
from studio.settings import StudioSettings
from studio.signing import UrlSigner, new_secret


@dataclass(frozen=True)
class Service:
    """What the endpoints work with."""

    settings: StudioSettings
    directory: DataDirectory
    database: Database
    queue: Queue
    signer: UrlSigner
    post_log: PostLog
    now: Callable[[], float]


@asynccontextmanager
async def running_service(
    settings: StudioSettings, *, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[Service]:
    """A studio that draws while the block runs. It must be alone on its data directory."""
    directory = DataDirectory.prepare(settings.data_directory)
    signer = UrlSigner(directory.kept_text("url-secret", new_secret), settings.url_lifetime_seconds)
    with closing(Database(directory.database)) as database, closing(PostLog(directory.requests)) as post_log:
        queue = Queue(settings, directory, database, now=now, sleep=sleep)
        async with queue.running():
            yield Service(settings, directory, database, queue, signer, post_log, now)


async def service_of(request: Request) -> Service:
    """The service that answers this request."""
    service: Service = request.app.state.service
    return service


ServicePart = Annotated[Service, Depends(service_of)]


async def caller_of(request: Request, service: ServicePart) -> Account:
    """The account whose key the request bears; raises `ApiProblem` (401) when there is none."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    account = accounts.account_of_key(service.database.reader, key.strip()) if scheme.lower() == "bearer" else None
    if account is None:
        raise ApiProblem(ErrorCode.AUTHENTICATION, "The API key is missing or wrong: send Authorization: Bearer KEY.")
    request.state.key_id = account.key_id
    return account


Caller = Annotated[Account, Depends(caller_of)]
