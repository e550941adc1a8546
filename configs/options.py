"""The options of one run: settings that flow parameters and flags of the command line override.

Each option is derived from its field in `stories.config`, with the bounds and the help text of the setting.
"""

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.fields import FieldInfo

from stories.config import SECTIONS

SETTING_OF_OPTION = {
    "in_flight": ("pace", "in_flight"),
    "submits_per_second": ("pace", "submits_per_second"),
    "shared_limit": ("pace", "shared_limit"),
    "formats": ("images", "formats"),
    "references": ("images", "references"),
    "samples": ("storyboards", "samples"),
    "column": ("storyboards", "column"),
    "max_cost_eur": ("money", "max_cost_eur"),
    "max_cost_eur_total": ("money", "max_cost_eur_total"),
    "no_cap": ("money", "no_cap"),
}
"""Name of an option -> section and name of the setting that the option overrides."""


class _Options(BaseModel):
    """Options of one run; None leaves a setting to the environment and the profile.

    There is no option for the API key, because the Prefect server stores and shows flow parameters.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    profile: str | None = None
    """A YAML profile: a file, or the name of one in `configs/`."""
    retry_failed: bool = False
    """Retry stories whose job failed three times (failed jobs cost nothing)."""


def setting(option: str) -> FieldInfo:
    """Return the field of the setting that an option overrides."""
    section, name = SETTING_OF_OPTION[option]
    return SECTIONS[section].model_fields[name]


def _optional(option: str) -> tuple[Any, Any]:
    """Return the annotation and the field of an option: those of its setting, with None allowed."""
    field = setting(option)
    bounded: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return bounded | None, Field(default=None, description=field.description)


if TYPE_CHECKING:

    class RunOptions(_Options):
        """The model below, declared for mypy; pydantic checks the values."""

        def __init__(self, **values: object) -> None: ...

else:
    RunOptions = create_model(
        "RunOptions",
        __base__=_Options,
        __doc__=_Options.__doc__,
        **{option: _optional(option) for option in SETTING_OF_OPTION},
    )
