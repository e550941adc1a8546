"""The options of one run, as flow parameters: what stands here overrides the environment and the profile."""

from decimal import Decimal

from pydantic import BaseModel, ConfigDict, Field

from configs.settings import Formats


class RunOptions(BaseModel):
    """What a person or a deployment sets for one run; None leaves a setting to the environment and the profile.

    The key is not among them: flow parameters are stored and shown by the Prefect server.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    profile: str | None = None
    """A YAML profile: a file, or the name of one in `configs/`."""
    in_flight: int | None = Field(default=None, ge=1, le=500)
    """Stories at the service at the same time."""
    submits_per_second: float | None = Field(default=None, gt=0, le=100)
    """Mean rate of submits."""
    shared_limit: str | None = None
    """Name of a Prefect global concurrency limit to lease the slots from."""
    formats: Formats | None = None
    """Encodings of each scene to keep: png, jpeg, webp."""
    references: bool | None = None
    """Whether reference images are kept."""
    samples: int | None = Field(default=None, ge=1, le=100)
    """Stories to produce of each storyboard."""
    column: str | None = None
    """The column of Parquet sources that holds the storyboard."""
    max_cost_eur: Decimal | None = Field(default=None, gt=0)
    """A run sends nothing that could exceed this."""
    max_cost_eur_total: Decimal | None = Field(default=None, gt=0)
    """Nothing is sent that could bring the cost of the target, over all of its runs, above this."""
    no_cap: bool | None = None
    """Run without a cap against a service off this machine."""
    retry_failed: bool = False
    """Send stories again that the service reported as failed three times; they were not charged."""


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
