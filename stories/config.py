"""The configuration of a run: every setting once, with its bounds, its default and its meaning.

`configs/` fills a `RunConfig` from the environment, a profile and the options of a run; everything below takes the
frozen object, or one of its sections, as an argument. The environment variable of a setting, its key in a profile, its
option on the command line, its field in Prefect's form and its row in `docs/settings.md` are derived from the fields.
"""

from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from stories.api.wire import ImageFormat
from stories.errors import ConfigurationError
from stories.net import is_on_this_machine

VENDOR_API_URL = "https://api.depicta.ai"
VENDOR_IMAGE_HOST = "images.depicta.ai"
SHORTEST_SETTLING_SECONDS = 900.0


class DoubtPolicy(StrEnum):
    """The treatment of a doubt that no job explains. The last two approve one more charge for each story."""

    HOLD = "hold"
    RESUBMIT_IF_ABSENT_PROVEN = "resubmit_if_absent_proven"
    RESUBMIT_AFTER_CONFIRM = "resubmit_after_confirm"


def _comma_separated(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _without_duplicates(formats: tuple[ImageFormat, ...]) -> tuple[ImageFormat, ...]:
    return tuple(dict.fromkeys(formats))


def _format_word(value: object) -> object:
    words = _comma_separated(value)
    return ["jpeg" if word == "jpg" else word for word in words] if isinstance(words, list | tuple) else words


Hosts = Annotated[tuple[str, ...], BeforeValidator(_comma_separated)]
Formats = Annotated[
    tuple[ImageFormat, ...], Field(min_length=1), BeforeValidator(_format_word), AfterValidator(_without_duplicates)
]


class Section(BaseModel):
    """A group of settings; the docstring below a field is its help text everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ApiConfig(Section):
    """The address of the Stories API, and the key."""

    url: str = VENDOR_API_URL
    """Base URL; must be https unless it is on this machine."""
    key: SecretStr | None = None
    """API key; never written anywhere."""
    key_block: str | None = None
    """Name of a Prefect Secret block that holds the key, for workers that have no `DEPICTA_API_KEY`."""
    idempotency_key: bool = True
    """Send an `Idempotency-Key` header, one key per attempt; the vendor documents none, and a proxy may refuse it."""


class ImagesConfig(Section):
    """The images to keep, and the hosts that serve them."""

    hosts: Hosts = (VENDOR_IMAGE_HOST,)
    """Hosts (optionally `host:port`) from which images are fetched; the host of the API is always allowed."""
    formats: Formats = (ImageFormat.PNG,)
    """Encodings of each scene to keep: png, jpeg, webp."""
    references: bool = True
    """Keep the reference images of characters and locations."""
    downloads: int = Field(default=8, ge=1, le=64)
    """Number of images that are downloaded at the same time."""
    likeness: str = Field(default="palettes", pattern=r"palettes|.+\.onnx|[A-Za-z_][\w.]*:[A-Za-z_]\w*")
    """Measure of likeness between images: `palettes`, the file of an image encoder, or your own `module:factory`."""
    low_char_similarity: float = Field(default=0.5, ge=0, le=1)
    """Scenes whose characters are less like their references than this get the flag of this name."""


class StoryboardsConfig(Section):
    """The reading of the source."""

    samples: int = Field(default=1, ge=1, le=100)
    """Number of stories to produce from each storyboard; each is charged."""
    column: str = "storyboard"
    """The column of Parquet sources that holds the storyboard as JSON text."""


class PaceConfig(Section):
    """The load on the service."""

    in_flight: int = Field(default=4, ge=1, le=500)
    """Number of stories at the service at the same time; halved when the service answers 429."""
    submits_per_second: float = Field(default=2.0, gt=0, le=100)
    """Average rate of submits, with bursts of the same size."""
    shared_limit: str | None = None
    """Name of a Prefect global concurrency limit that all runs on one account share; `in_flight` slots are leased."""


class MoneyConfig(Section):
    """The cost of a run, and its limits."""

    max_cost_eur: Decimal | None = Field(default=None, gt=0)
    """Send nothing that could cost more than this, doubts included; required for a service off this machine."""
    max_cost_eur_total: Decimal | None = Field(default=None, gt=0)
    """Send nothing that could raise the cost of the target, over all of its runs, above this."""
    no_cap: bool = False
    """Allow a run without `max_cost_eur` against a service off this machine."""
    price_per_image_eur: Decimal | None = Field(default=None, ge=0)
    """Price to reserve per scene and reference; if unset, that of the dearest generating model of the service."""

    @property
    def cap_eur(self) -> Decimal | None:
        """The cost cap of one run; None without one."""
        return None if self.no_cap else self.max_cost_eur

    @property
    def has_cap(self) -> bool:
        """True if the run or the target has a cost cap."""
        return self.cap_eur is not None or self.max_cost_eur_total is not None


class LedgerConfig(Section):
    """The treatment of submits with an unknown outcome."""

    doubt_policy: DoubtPolicy = DoubtPolicy.HOLD
    """Treatment of a doubt that no job explains: hold, resubmit_if_absent_proven or resubmit_after_confirm."""
    account_exclusive: bool = True
    """No other program sends with this account; otherwise a job is adopted only with a person's consent."""
    settling_seconds: float = Field(default=SHORTEST_SETTLING_SECONDS, ge=SHORTEST_SETTLING_SECONDS, le=86_400)
    """Time by which the list of jobs of the service may lag behind."""
    listing_cap: int | None = Field(default=None, ge=1)
    """Maximum number of jobs that the service lists, if known: a shorter list is then complete."""


class PollPolicy(Section):
    """The wait for a job."""

    window_seconds: float = Field(default=75, ge=1, le=600)
    """Length of one attempt of the poll task, after which Prefect retries it."""
    interval_seconds: float = Field(default=3, gt=0, le=60)
    """Longest wait between two polls of one job."""
    deadline_seconds: float = Field(default=2700, ge=1, le=86_400)
    """Time after which a run stops waiting; the job stays in flight and the next run continues to poll."""
    lost_after_seconds: float = Field(default=600, ge=0, le=86_400)
    """A job that the service has not known for this long is held."""


class DatasetConfig(Section):
    """The writing of the dataset."""

    commit_stories: int = Field(default=200, ge=1, le=10_000)
    """Number of stories per committed part."""
    commit_seconds: float = Field(default=60, ge=1, le=3600)
    """Longest time that a finished story waits for its commit."""
    shard_stories: int = Field(default=1000, ge=1, le=5000)
    """Number of stories in one shard, which is one flow run."""


class RunConfig(Section):
    """All settings of a run; `configs.loading.load_config` creates it."""

    api: ApiConfig = ApiConfig()
    images: ImagesConfig = ImagesConfig()
    storyboards: StoryboardsConfig = StoryboardsConfig()
    pace: PaceConfig = PaceConfig()
    money: MoneyConfig = MoneyConfig()
    ledger: LedgerConfig = LedgerConfig()
    poll: PollPolicy = PollPolicy()
    dataset: DatasetConfig = DatasetConfig()
    state_directory: Path
    """Directory of this machine for its spools, the local Prefect server's database and the studio's data."""

    def with_key(self, key: SecretStr) -> "RunConfig":
        """Return a copy with this API key."""
        return self.model_copy(update={"api": self.api.model_copy(update={"key": key})})


def require_sendable(config: RunConfig) -> RunConfig:
    """Return the config if a run may send with it.

    Raises `ConfigurationError` without a key, and without a cost cap for a service off this machine unless
    `money.no_cap` is set.
    """
    if config.api.key is None:
        raise ConfigurationError(
            "no API key: set DEPICTA_API_KEY, or try it without one: --studio starts a studio on this machine"
        )
    if not config.money.has_cap and not config.money.no_cap and not is_on_this_machine(config.api.url):
        raise ConfigurationError(
            f"no cost cap for {config.api.url}: set one with --max-cost-eur, or allow a run without one with --no-cap"
        )
    return config


SECTIONS: dict[str, type[Section]] = {
    name: field.annotation
    for name, field in RunConfig.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, Section)
}
"""The sections of the config by name."""
