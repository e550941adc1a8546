"""From the environment, the vendor's config file, a profile and the run's options to one `Settings` object."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import BaseModel, ValidationError

from configs.options import SETTING_OF_OPTION, RunOptions
from configs.settings import Settings
from stories.errors import ConfigurationError

_PREFIX = "DEPICTA_"
_VENDOR_NAMES = {"DEPICTA_IMAGE_HOSTS": ("images", "hosts")}
_MAX_PROFILE_BYTES = 64 * 1024

Layer = dict[str, dict[str, object]]


def load_settings(options: RunOptions | None = None, environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from, in rising order: defaults, the vendor's config file, profile, environment, `options`.

    Raises `ConfigurationError` naming the setting and how to set it. Reads the two files and nothing else.
    """
    options = options or RunOptions()
    environment = os.environ if environment is None else environment
    layers = (
        _vendor_layer(environment),
        _profile_layer(options.profile or environment.get("DEPICTA_PROFILE")),
        _environment_layer(environment),
        _option_layer(options),
    )
    merged: Layer = {}
    for layer in layers:
        for section, values in layer.items():
            merged.setdefault(section, {}).update(values)
    try:
        return Settings.model_validate({**merged, "state_directory": _state_directory(environment)})
    except ValidationError as exc:
        raise ConfigurationError(_first_problem(exc)) from exc


@contextmanager
def environment_set(values: Mapping[str, str]) -> Iterator[None]:
    """Set variables of this process, such as where a studio or a Prefect server was started, and restore them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def environment_of(values: Mapping[str, str]) -> dict[str, str]:
    """The environment of a child process: this one's, without our key, and with these values."""
    inherited = {name: value for name, value in os.environ.items() if name != "DEPICTA_API_KEY"}
    return {**inherited, **values}


def environment_value(name: str) -> str | None:
    """An environment variable that is not a setting of ours, such as `PREFECT_API_URL`; None when unset or empty."""
    return os.environ.get(name) or None


def vendor_config_path(environment: Mapping[str, str]) -> Path:
    """Where the vendor's client keeps its API URL and key."""
    base = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home()) / ".config"
    return Path(base) / "depicta" / "config.json"


def _state_directory(environment: Mapping[str, str]) -> Path:
    """`DEPICTA_STATE_DIRECTORY`, else the place that the XDG base directory specification gives to state."""
    if environment.get("DEPICTA_STATE_DIRECTORY"):
        return Path(environment["DEPICTA_STATE_DIRECTORY"]).absolute()
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state") / "depicta"


def _sections() -> dict[str, frozenset[str]]:
    return {
        name: frozenset(field.annotation.model_fields)
        for name, field in Settings.model_fields.items()
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
    }


def _environment_layer(environment: Mapping[str, str]) -> Layer:
    layer: Layer = {}
    for section, names in _sections().items():
        for name in names:
            value = environment.get(f"{_PREFIX}{section}_{name}".upper())
            if value:
                layer.setdefault(section, {})[name] = value
    for variable, (section, name) in _VENDOR_NAMES.items():
        if environment.get(variable):
            layer.setdefault(section, {})[name] = environment[variable]
    return layer


def _vendor_layer(environment: Mapping[str, str]) -> Layer:
    path = vendor_config_path(environment)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as exc:
        raise ConfigurationError(f"{path}: cannot be read as JSON ({exc}); mend or remove it") from exc
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: a JSON object with api_url and api_key is expected; mend or remove it")
    known = {"api_url": "url", "api_key": "key"}
    values: dict[str, object] = {
        known[name]: value for name, value in document.items() if name in known and isinstance(value, str) and value
    }
    return {"api": values}


def _profile_layer(profile: str | None) -> Layer:
    if profile is None:
        return {}
    named = Path(__file__).parent / f"{profile}.yaml"
    path = named if named.exists() else Path(profile)
    try:
        content = path.read_bytes()
    except OSError as exc:
        names = ", ".join(sorted(entry.stem for entry in Path(__file__).parent.glob("*.yaml")))
        raise ConfigurationError(f"profile {profile!r}: no such file, nor one of the profiles {names}") from exc
    if len(content) > _MAX_PROFILE_BYTES:
        raise ConfigurationError(f"{path}: a profile has at most {_MAX_PROFILE_BYTES:,} bytes")
    try:
        document = yaml.safe_load(content)
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{path}: not YAML: {exc}") from exc
    if document is None:
        return {}
    if not isinstance(document, dict) or not all(isinstance(values, dict) for values in document.values()):
        raise ConfigurationError(f"{path}: sections such as `pace:` with settings beneath them are expected")
    if "key" in document.get("api", {}):
        raise ConfigurationError(f"{path}: api.key does not belong in a profile; set DEPICTA_API_KEY or api.key_block")
    return document


def _option_layer(options: RunOptions) -> Layer:
    layer: Layer = {}
    for option, (section, name) in SETTING_OF_OPTION.items():
        value = getattr(options, option)
        if value is not None:
            layer.setdefault(section, {})[name] = value
    return layer


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in problem["loc"])
    variable = f"{_PREFIX}{'_'.join(str(part) for part in problem['loc'][:2])}".upper()
    return f"{where}: {problem['msg'].lower()} (set it in the profile or as {variable})"
