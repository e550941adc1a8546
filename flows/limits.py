"""The concurrency slots that all runs on one account share."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency

from stories.config import PaceConfig
from stories.errors import ConfigurationError

_log = logging.getLogger(__name__)

_LEASE_SECONDS = 60
"""The shortest lease that the server grants, so that the slots of a killed run are free early (measured: 71 s)."""


@asynccontextmanager
async def account_slots(pace: PaceConfig) -> AsyncIterator[None]:
    """Lease `pace.in_flight` slots of the global limit `pace.shared_limit` for the block, if the setting names one.

    Waits until the slots are free. One lease for the whole shard keeps its slots 95-99 % busy; a lease for each story
    keeps them 22-70 % busy (measured). Raises `ConfigurationError` if the limit does not exist: without strict mode,
    Prefect would run without a limit. The run goes on if a lease cannot be renewed: stories at the service are paid
    for, and the service limits by 429 as well.
    """
    if pace.shared_limit is None:
        yield
        return
    _log.info("leasing %d slots of the global limit %s", pace.in_flight, pace.shared_limit)
    async with AsyncExitStack() as stack:
        lease = concurrency(
            pace.shared_limit,
            occupy=pace.in_flight,
            lease_duration=_LEASE_SECONDS,
            strict=True,
            raise_on_lease_renewal_failure=False,
        )
        try:
            await stack.enter_async_context(lease)
        except ConcurrencySlotAcquisitionError as exc:
            raise ConfigurationError(
                f"pace.shared_limit: cannot lease {pace.in_flight} slots of the global concurrency limit "
                f"{pace.shared_limit!r} ({exc}); create it with `prefect global-concurrency-limit create "
                f"{pace.shared_limit} --limit N`, or raise it with `prefect global-concurrency-limit update "
                f"{pace.shared_limit} --limit N`"
            ) from exc
        yield
