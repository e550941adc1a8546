"""The address of the configured Prefect server, read without importing Prefect, because the import takes seconds."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path


def configured_api_url(environment: Mapping[str, str] | None = None) -> str | None:
    """Return `PREFECT_API_URL` of the environment, else of Prefect's active profile; None when there is neither.

    The rules are those that Prefect documents. The file is `PREFECT_PROFILES_PATH`, else `profiles.toml` in
    `PREFECT_HOME` or `~/.prefect`. The profile is `PREFECT_PROFILE`, else the key `active` of the file. A file that
    cannot be read counts as none; Prefect reports the error when it is imported.
    """
    environment = os.environ if environment is None else environment
    if environment.get("PREFECT_API_URL"):
        return environment["PREFECT_API_URL"]
    home = Path(environment.get("PREFECT_HOME") or Path(environment.get("HOME") or Path.home()) / ".prefect")
    path = Path(environment.get("PREFECT_PROFILES_PATH") or home / "profiles.toml")
    try:
        document = tomllib.loads(path.read_text())
    except (OSError, ValueError):
        return None
    name = environment.get("PREFECT_PROFILE") or document.get("active")
    profile = document.get("profiles", {}).get(name)
    url = profile.get("PREFECT_API_URL") if isinstance(profile, dict) else None
    return url if isinstance(url, str) and url else None
