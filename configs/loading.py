"""Loading of a `RunConfig` from the environment, the vendor's config file, a profile and the options of a run."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from configs.options import SETTING_OF_OPTION, RunOptions
from configs.profiles import read_profile
from stories.config import SECTIONS, RunConfig
from stories.errors import ConfigurationError

_PREFIX = "DEPICTA_"
_OTHER_VARIABLES = {("images", "hosts"): "DEPICTA_IMAGE_HOSTS"}
_VENDOR_NAMES = {"api_url": ("api", "url"), "api_key": ("api", "key")}
_CAP, _NO_CAP = ("money", "max_cost_eur"), ("money", "no_cap")
_TRUE = ("1", "on", "t", "true", "y", "yes")

Layer = dict[tuple[str, str], tuple[object, str]]
"""Section and name of a setting -> its value, and the place where a person can change it."""


def load_config(options: RunOptions | None = None, environment: Mapping[str, str] | None = None) -> RunConfig:
    """Load the config from, in rising order: defaults, the vendor's config file, profile, environment, `options`.

    A cap and `no_cap` exclude each other: the later of the two in this order wins. Raises `ConfigurationError` with the
    setting and the place to correct. Reads the two files and nothing else.
    """
    options = options or RunOptions()
    environment = os.environ if environment is None else environment
    merged: Layer = {}
    for layer in (
        _vendor_layer(environment),
        _profile_layer(options.profile or environment.get("DEPICTA_PROFILE")),
        _environment_layer(environment),
        _option_layer(options),
    ):
        merged = {**_without_displaced(merged, layer), **layer}
    sections: dict[str, dict[str, object]] = {}
    for (section, name), (value, _place) in merged.items():
        sections.setdefault(section, {})[name] = value
    try:
        return RunConfig.model_validate({**sections, "state_directory": _state_directory(environment)})
    except ValidationError as exc:
        raise ConfigurationError(_first_problem(exc, merged)) from exc


@contextmanager
def environment_set(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the block, such as the URL of a studio or a Prefect server, and restore them."""
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
    """Return the environment for a child process: that of this process without our key, and with these values."""
    inherited = {name: value for name, value in os.environ.items() if name != "DEPICTA_API_KEY"}
    return {**inherited, **values}


def vendor_config_path(environment: Mapping[str, str]) -> Path:
    """Return the path of the file in which the vendor's client keeps its API URL and key."""
    base = environment.get("XDG_CONFIG_HOME") or Path(environment.get("HOME") or Path.home()) / ".config"
    return Path(base) / "depicta" / "config.json"


def variables_of(section: str, name: str) -> tuple[str, ...]:
    """Return the environment variables of a setting; the last one has the highest precedence."""
    other = _OTHER_VARIABLES.get((section, name))
    return (f"{_PREFIX}{section}_{name}".upper(), *([other] if other else []))


def _state_directory(environment: Mapping[str, str]) -> Path:
    """Return `DEPICTA_STATE_DIRECTORY`, else the state directory of the XDG base directory specification."""
    if environment.get("DEPICTA_STATE_DIRECTORY"):
        return Path(environment["DEPICTA_STATE_DIRECTORY"]).absolute()
    home = Path(environment.get("HOME") or Path.home())
    return Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state") / "depicta"


def _environment_layer(environment: Mapping[str, str]) -> Layer:
    return {
        (section, name): (environment[variable], f"the environment variable {variable}")
        for section, settings in SECTIONS.items()
        for name in settings.model_fields
        for variable in variables_of(section, name)
        if environment.get(variable)
    }


def _vendor_layer(environment: Mapping[str, str]) -> Layer:
    path = vendor_config_path(environment)
    try:
        document = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as exc:
        raise ConfigurationError(f"{path}: cannot be read as JSON ({exc}); correct or remove the file") from exc
    if not isinstance(document, dict):
        raise ConfigurationError(
            f"{path}: a JSON object with api_url and api_key is expected; correct or remove the file"
        )
    return {setting: (document[name], str(path)) for name, setting in _VENDOR_NAMES.items() if document.get(name)}


def _profile_layer(profile: str | None) -> Layer:
    if not profile:
        return {}
    path, sections = read_profile(profile)
    return {
        (section, name): (value, str(path)) for section, values in sections.items() for name, value in values.items()
    }


def _option_layer(options: RunOptions) -> Layer:
    values = ((option, setting, getattr(options, option)) for option, setting in SETTING_OF_OPTION.items())
    return {setting: (value, f"the run's option {option}") for option, setting, value in values if value is not None}


def _without_displaced(merged: Layer, layer: Layer) -> Layer:
    is_uncapped = _NO_CAP in layer and str(layer[_NO_CAP][0]).lower() in _TRUE
    if is_uncapped and _CAP in layer:
        raise ConfigurationError(
            f"money.max_cost_eur in {layer[_CAP][1]} and money.no_cap in {layer[_NO_CAP][1]} contradict each other: "
            "set one of them"
        )
    displaced = _CAP if is_uncapped else _NO_CAP if _CAP in layer else None
    return {setting: value for setting, value in merged.items() if setting != displaced}


def _first_problem(error: ValidationError, merged: Layer) -> str:
    problem = error.errors(include_input=False, include_url=False)[0]
    section, name = (*map(str, problem["loc"]), "")[:2]
    _value, place = merged.get((section, name), (None, "the environment"))
    return f"{section}.{name}: {problem['msg'].lower()}; correct it in {place}"
