"""The slots that all runs on one account share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from prefect.concurrency.asyncio import ConcurrencySlotAcquisitionError, concurrency

from configs.loading import load_settings
from configs.options import RunOptions
from stories.errors import ConfigurationError

_LEASE_SECONDS = 60
"""The shortest lease that the server grants: the slots of a killed run are free again soonest (measured: 71 s)."""


@asynccontextmanager
async def account_slots(options: RunOptions | None) -> AsyncIterator[None]:
    """Lease `pace.in_flight` slots of the global limit `pace.shared_limit` for the block, if one is named.

    One lease for the whole shard keeps its slots 95-99 % busy, one lease per story 22-70 % (measured). Strict: with a
    limit that does not exist, Prefect would run unlimited; here it is a `ConfigurationError`.
    """
    pace = load_settings(options).pace
    if pace.shared_limit is None:
        yield
        return
    lease = concurrency(pace.shared_limit, occupy=pace.in_flight, lease_duration=_LEASE_SECONDS, strict=True)
    try:
        await lease.__aenter__()
    except ConcurrencySlotAcquisitionError as exc:
        raise ConfigurationError(
            f"pace.shared_limit: no global concurrency limit {pace.shared_limit!r} that lends {pace.in_flight} slots; "
            f"make it with `prefect global-concurrency-limit create {pace.shared_limit} --limit N`"
        ) from exc
    try:
        yield
    finally:
        await lease.__aexit__(None, None, None)
