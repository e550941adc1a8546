"""Profiles: YAML files with the sections of the settings, holding only the values that differ from the defaults."""

from pathlib import Path

import yaml

from stories.config import SECTIONS
from stories.errors import ConfigurationError

_MAX_BYTES = 16 * 1024

Sections = dict[str, dict[str, object]]


def read_profile(profile: str) -> tuple[Path, Sections]:
    """Return the path and the sections of a profile, given by its name in `configs/` or by its path.

    Raises `ConfigurationError` with the path for a missing file, for a file that is not YAML, for an unknown section or
    setting, and for `api.key`.
    """
    path = _path_of(profile)
    try:
        with path.open("rb") as file:
            content = file.read(_MAX_BYTES + 1)
    except OSError as exc:
        names = ", ".join(sorted(entry.stem for entry in Path(__file__).parent.glob("*.yaml")))
        raise ConfigurationError(
            f"profile {profile!r}: there is no such file; the profiles in configs/ are {names}"
        ) from exc
    if len(content) > _MAX_BYTES:
        raise ConfigurationError(f"{path}: a profile may have at most {_MAX_BYTES:,} bytes")
    return path, _sections(path, _parsed(path, content))


def _path_of(profile: str) -> Path:
    named = Path(__file__).parent / f"{profile}.yaml"
    return named if named.name == f"{profile}.yaml" and named.exists() else Path(profile)


def _parsed(path: Path, content: bytes) -> object:
    try:
        for event in yaml.parse(content, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):  # a few lines of aliases can expand to more values than memory holds
                raise ConfigurationError(f"{path}: aliases such as *{event.anchor} are refused; write the value out")
        return yaml.safe_load(content)
    except yaml.YAMLError as exc:
        raise ConfigurationError(f"{path}: not YAML: {' '.join(str(exc).split())}") from exc
    except RecursionError as exc:
        raise ConfigurationError(
            f"{path}: nested too deeply; write sections such as `pace:`, with settings indented below them"
        ) from exc


def _sections(path: Path, document: object) -> Sections:
    if document is None:
        return {}
    if not isinstance(document, dict):
        raise ConfigurationError(f"{path}: write sections such as `pace:`, with settings indented below them")
    sections: Sections = {}
    for section, values in document.items():
        if section not in SECTIONS:
            raise ConfigurationError(f"{path}: there is no section {section!r}; the sections are {', '.join(SECTIONS)}")
        if values is None:  # every setting of the section is commented out
            continue
        if not isinstance(values, dict):
            raise ConfigurationError(f"{path}: {section}: write its settings indented below it, each as `name: value`")
        for name in values:
            _check_name(path, section, name)
        sections[section] = dict(values)
    return sections


def _check_name(path: Path, section: str, name: object) -> None:
    if (section, name) == ("api", "key"):
        raise ConfigurationError(f"{path}: api.key does not belong in a profile; set DEPICTA_API_KEY or api.key_block")
    if name not in SECTIONS[section].model_fields:
        known = ", ".join(SECTIONS[section].model_fields)
        raise ConfigurationError(f"{path}: there is no setting {section}.{name}; {section} has {known}")
