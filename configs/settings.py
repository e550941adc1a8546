"""Every setting of the system in one frozen object, read once: run options > environment > profile > defaults.

The environment variable of a setting is `DEPICTA_<SECTION>_<NAME>`, such as `DEPICTA_PACE_IN_FLIGHT`, and for
`images.hosts` also `DEPICTA_IMAGE_HOSTS`; a profile is a YAML file with the same sections that holds only what differs
from the defaults (`configs/*.yaml`).
"""

from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr

from stories.api.wire import ImageFormat
from stories.ledger.doubt_policy import SHORTEST_SETTLING_SECONDS, DoubtPolicy

VENDOR_API_URL = "https://api.depicta.ai"
VENDOR_IMAGE_HOST = "images.depicta.ai"


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


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class ApiSettings(_Section):
    """Where the Stories API is and who is asking."""

    url: str = VENDOR_API_URL
    """Base URL; https unless it is on this machine."""
    key: SecretStr | None = None
    """API key; never written anywhere."""
    key_block: str | None = None
    """Name of a Prefect Secret block that holds the key, for workers that have no `DEPICTA_API_KEY`."""
    idempotency_key: bool = True
    """Send an `Idempotency-Key` header, stable per attempt; the vendor documents none, a proxy may want it off."""


class ImageSettings(_Section):
    """Which images are wanted and where they may come from."""

    hosts: Hosts = (VENDOR_IMAGE_HOST,)
    """Hosts (optionally `host:port`) that images are fetched from; the API's own host is always allowed."""
    formats: Formats = (ImageFormat.PNG,)
    """Encodings of each scene to keep."""
    references: bool = True
    """Whether the reference images of characters and locations are kept."""
    downloads: int = Field(default=8, ge=1, le=64)
    """Images that are downloaded at the same time."""
    likeness: str = Field(default="palettes", pattern=r"palettes|.+\.onnx|[A-Za-z_][\w.]*:[A-Za-z_]\w*")
    """What judges how alike images are: `palettes`, the file of an image encoder, or a `module:factory` of your own."""
    low_char_similarity: float = Field(default=0.5, ge=0, le=1)
    """Scenes whose characters are less like their references get the flag of this name."""


class StoryboardSettings(_Section):
    """How the source is read."""

    samples: int = Field(default=1, ge=1, le=100)
    """Stories to produce of each storyboard; each is paid for."""
    column: str = "storyboard"
    """The column of Parquet sources that holds the storyboard as JSON text."""


class PaceSettings(_Section):
    """How hard the service is driven."""

    in_flight: int = Field(default=4, ge=1, le=500)
    """Stories that are at the service at the same time, for each shard; halved when the service answers 429."""
    submits_per_second: float = Field(default=2.0, gt=0, le=100)
    """Mean rate of submits, with bursts of the same size."""
    shared_limit: str | None = None
    """Name of a Prefect global concurrency limit that all runs on one account share; `in_flight` slots are leased."""


class MoneySettings(_Section):
    """What a run may cost."""

    max_cost_eur: Decimal | None = Field(default=None, gt=0)
    """A run sends nothing that could exceed this, doubts counted; required for a service off this machine."""
    max_cost_eur_total: Decimal | None = Field(default=None, gt=0)
    """Nothing is sent that could bring what the target has cost, over all of its runs, above this."""
    no_cap: bool = False
    """Run without `max_cost_eur` against a service off this machine, on purpose."""
    price_per_image_eur: Decimal | None = Field(default=None, ge=0)
    """What to reserve per scene and reference; the dearest generating model of the service when it is not set."""


class LedgerSettings(_Section):
    """What becomes of a submit whose outcome nobody knows."""

    doubt_policy: DoubtPolicy = DoubtPolicy.HOLD
    """When no job explains a doubt: hold, resubmit_if_absent_proven or resubmit_after_confirm."""
    account_exclusive: bool = True
    """Nobody else sends with this account; otherwise a job is taken up only with a person's consent."""
    settling_seconds: float = Field(default=SHORTEST_SETTLING_SECONDS, ge=SHORTEST_SETTLING_SECONDS, le=86_400)
    """How long the service's list of jobs may lag behind."""
    listing_cap: int | None = Field(default=None, ge=1)
    """How many jobs the service lists at most, when that is known: a shorter list is then a whole one."""


class PollSettings(_Section):
    """How a job is waited for."""

    window_seconds: float = Field(default=75, ge=1, le=600)
    """How long one attempt of the poll task polls before Prefect retries it."""
    interval_seconds: float = Field(default=3, gt=0, le=60)
    """The longest wait between two polls of one job."""
    deadline_seconds: float = Field(default=2700, ge=1, le=86_400)
    """After this a run stops waiting; the job stays in flight and the next run polls on."""
    lost_after_seconds: float = Field(default=600, ge=0, le=86_400)
    """A job that the service has not known for this long is held."""


class DatasetSettings(_Section):
    """How the dataset is written."""

    commit_stories: int = Field(default=200, ge=1, le=10_000)
    """Stories per committed part."""
    commit_seconds: float = Field(default=60, ge=1, le=3600)
    """A commit happens at least this often while stories are finished."""
    shard_stories: int = Field(default=1000, ge=1, le=5000)
    """Stories that one shard, which is one flow run, carries."""


class Settings(_Section):
    """The whole configuration of a run; `configs.loading.load_settings` makes it."""

    api: ApiSettings = ApiSettings()
    images: ImageSettings = ImageSettings()
    storyboards: StoryboardSettings = StoryboardSettings()
    pace: PaceSettings = PaceSettings()
    money: MoneySettings = MoneySettings()
    ledger: LedgerSettings = LedgerSettings()
    poll: PollSettings = PollSettings()
    dataset: DatasetSettings = DatasetSettings()
    state_directory: Path
    """Where this machine keeps its spools, the local Prefect server's database and the studio's data."""


SETTING_NAMES = {
    section: tuple(field.annotation.model_fields)
    for section, field in Settings.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, _Section)
}
"""The settings of each section, by name."""
