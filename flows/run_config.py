"""The config of a run, with the API key from the environment, the vendor's config file or a Secret block."""

from prefect.blocks.system import Secret
from pydantic import SecretStr

from configs.loading import load_config
from configs.options import RunOptions
from stories.config import RunConfig, require_sendable
from stories.errors import ConfigurationError


async def config_of_run(options: RunOptions | None) -> RunConfig:
    """Load the config; without a key in it, read the key from the Secret block `api.key_block`.

    Raises `ConfigurationError` when there is no key, when the block does not exist, and when a required cost cap is
    missing.
    """
    config = load_config(options)
    block = config.api.key_block
    if config.api.key is not None or block is None:
        return require_sendable(config)
    try:
        secret: Secret[str] = await Secret.aload(block)
    except ValueError as exc:
        raise ConfigurationError(
            f"api.key_block: the Prefect server has no Secret block {block!r}; save the key in one, or set "
            "DEPICTA_API_KEY for the worker"
        ) from exc
    return require_sendable(config.with_key(SecretStr(str(secret.get()))))
