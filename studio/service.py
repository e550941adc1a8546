"""The running parts of a studio, and how an endpoint gets at them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from math import ceil
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from stories.api.wire import ErrorCode
from studio import accounts
from studio.accounts import Account
from studio.data_directory import DataDirectory
from studio.database import Database
from studio.errors import ApiProblem
from studio.queue import Queue
from studio.rate_limit import RateLimit
from studio.request_log import PostLog
from studio.sessions import Sessions
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
    rate_limit: RateLimit
    sessions: Sessions
    now: Callable[[], float]

    def new_page_token(self, key: str) -> str:
        """What opens the page of the key's account once."""
        account = accounts.account_of_key(self.database.reader, key)
        if account is None:
            raise KeyError("the key opens no account")
        return self.sessions.new_token(account.account_id)


@asynccontextmanager
async def running_service(
    settings: StudioSettings, *, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[Service]:
    """A studio that draws while the block runs. It must be alone on its data directory."""
    directory = DataDirectory.prepare(settings.data_directory)
    # A line for each secret: one that is put on top signs from the next start on, and the old ones still open.
    secrets = tuple(directory.kept_text("url-secret", new_secret).split())
    signer = UrlSigner(secrets, settings.url_lifetime_seconds)
    rate_limit = RateLimit(settings.requests_per_minute, now)
    sessions = Sessions(secrets[0], now)
    with closing(Database(directory.database)) as database, closing(PostLog(directory.requests)) as post_log:
        queue = Queue(settings, directory, database, now=now, sleep=sleep)
        async with queue.running():
            yield Service(settings, directory, database, queue, signer, post_log, rate_limit, sessions, now)


async def service_of(request: Request) -> Service:
    """The service that answers this request."""
    service: Service = request.app.state.service
    return service


ServicePart = Annotated[Service, Depends(service_of)]


_bearer = HTTPBearer(auto_error=False, scheme_name="key", description="A key that begins with `dpct_dev_`.")


async def caller_of(
    request: Request,
    service: ServicePart,
    sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Account:
    """The account whose key the request bears; raises `ApiProblem`: 401 without one, 429 when it asks too often."""
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
