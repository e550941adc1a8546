"""The running parts of a studio, opened and closed together."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass

from studio.api.rate_limit import RateLimit
from studio.api.request_log import PostLog
from studio.api.signing import UrlSigner, new_secret
from studio.page.sessions import Sessions
from studio.settings import StudioSettings
from studio.work import accounts
from studio.work.data_directory import DataDirectory
from studio.work.database import Database
from studio.work.queue import Queue


@dataclass(frozen=True)
class Service:
    """The parts that the endpoints work with."""

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
        """Return a token that opens the page of the key's account once."""
        account = accounts.account_of_key(self.database.reader, key)
        if account is None:
            raise KeyError("the key opens no account")
        return self.sessions.new_token(account.account_id)


@asynccontextmanager
async def running_service(
    settings: StudioSettings, *, now: Callable[[], float], sleep: Callable[[float], Awaitable[None]]
) -> AsyncIterator[Service]:
    """Yield a studio that draws until the block ends. No other studio may use its data directory meanwhile."""
    directory = DataDirectory.prepare(settings.data_directory)
    # One secret a line. The first line signs from the next start on; URLs signed with the others stay valid.
    secrets = tuple(directory.kept_text("url-secret", new_secret).split())
    signer = UrlSigner(secrets, settings.url_lifetime_seconds)
    rate_limit = RateLimit(settings.requests_per_minute, now)
    sessions = Sessions(secrets[0], now)
    with closing(Database(directory.database)) as database, closing(PostLog(directory.requests)) as post_log:
        queue = Queue(settings, directory, database, now=now, sleep=sleep)
        async with queue.running():
            yield Service(settings, directory, database, queue, signer, post_log, rate_limit, sessions, now)
