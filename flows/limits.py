"""The slots that all runs on one account share."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency

from stories.config import PaceConfig
from stories.errors import ConfigurationError

_log = logging.getLogger(__name__)

_LEASE_SECONDS = 60
"""The shortest lease that the server grants: the slots of a killed run are free again soonest (measured: 71 s)."""


@asynccontextmanager
async def account_slots(pace: PaceConfig) -> AsyncIterator[None]:
    """Lease `pace.in_flight` slots of the global limit `pace.shared_limit` for the block, if one is named.

    Waits until they are free. One lease for the whole shard keeps its slots 95-99 % busy, one for each story 22-70 %
    (measured). Strict: with a limit that does not exist Prefect would run unlimited; here it is a `ConfigurationError`.
    A lease that cannot be renewed ends nothing: what is at the service is paid for, and the service limits by 429 too.
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
                f"pace.shared_limit: no {pace.in_flight} slots of a global concurrency limit {pace.shared_limit!r} can "
                f"be had ({exc}); make it with `prefect global-concurrency-limit create {pace.shared_limit} --limit N`"
            ) from exc
        yield
