"""The terms of a run, with the key from wherever this process may read it."""

from prefect.blocks.system import Secret
from pydantic import SecretStr

from configs.settings import Settings
from configs.terms import terms_of
from stories.config import Terms
from stories.errors import ConfigurationError


async def terms_of_run(settings: Settings) -> Terms:
    """The settings as terms; a key that they do not hold is read from the Secret block `api.key_block`.

    Raises `ConfigurationError` when there is no key, or the block is not there.
    """
    block = settings.api.key_block
    if settings.api.key is not None or block is None:
        return terms_of(settings)
    try:
        secret: Secret[str] = await Secret.aload(block)
    except ValueError as exc:
        raise ConfigurationError(
            f"api.key_block: the Prefect server has no Secret block {block!r}; save the key in one, or set "
            "DEPICTA_API_KEY for the worker"
        ) from exc
    return terms_of(settings, SecretStr(str(secret.get())))
