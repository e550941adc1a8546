"""The terms of a run, with the key from wherever this process may read it."""

from prefect.blocks.system import Secret
from pydantic import SecretStr

from configs.loading import load_settings
from configs.options import RunOptions
from configs.terms import terms_of
from stories.errors import ConfigurationError
from stories.terms import Terms


async def terms_of_run(options: RunOptions | None) -> Terms:
    """Read the settings once and resolve the key: environment, config file, or the Secret block `api.key_block`.

    Raises `ConfigurationError` when there is no key, or the block is not there.
    """
    settings = load_settings(options)
    block = settings.api.key_block
    if settings.api.key is not None or block is None:
        return terms_of(settings)
    try:
        secret: Secret[str] = await Secret.aload(block)
    except ValueError as exc:
        raise ConfigurationError(f"api.key_block: the Prefect server has no Secret block {block!r}") from exc
    return terms_of(settings, SecretStr(str(secret.get())))
