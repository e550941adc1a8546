"""The settings that a studio starts with, and the address that it has once it runs."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stories.api.wire import Storyboard
from studio.faults.table import checked_odds

DEFAULT_PORT = 8787

Amount = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
Pixels = Annotated[int, Field(ge=64, le=2048)]


class AnswerForm(StrEnum):
    """The form of the answers: of the published page (seed), of the vendor's client (client), or both at once."""

    BOTH = "both"
    SEED = "seed"
    CLIENT = "client"


class IdempotencyMode(StrEnum):
    """The answer to a submit whose `Idempotency-Key` was used before: a second job, the first job again, or 409."""

    OFF = "off"
    REPLAY = "replay"
    REJECT = "reject"


class PriceModel(BaseModel):
    """Prices in euros: of each scene, and of each character or location drawn as a reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scene_eur: Amount = Decimal("0.10")
    reference_eur: Amount = Decimal("0.05")

    def story_eur(self, storyboard: Storyboard) -> Decimal:
        """Return the price of a story, which is known before drawing and charged on completion."""
        references = len(storyboard.characters) + len(storyboard.locations)
        return self.scene_eur * len(storyboard.scenes) + self.reference_eur * references


class StudioSettings(BaseModel):
    """Every setting of a studio; validated, frozen, and sent to a child process as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_directory: Path
    """Directory of jobs, pictures, accounts, secrets and logs; a studio restarted on it continues its jobs."""
    host: str = "127.0.0.1"
    """127.0.0.1 or localhost; the studio does not serve a network."""
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535)
    """Port of the API; 0 takes any free port."""
    image_port: int | None = Field(default=None, ge=0, le=65535)
    """A second port that serves images only, so that images have their own origin as the vendor's do; 0 takes any."""
    image_origin: str | None = Field(default=None, pattern=r"^https?://[^/?#@]+$")
    """Scheme, host and port of image URLs. When it is set, images are served under that name and nothing else is.
    None means the image port's origin, or without an image port the origin that the poll was sent to."""
    slots: int = Field(default=2, ge=1, le=64)
    """Stories drawn at the same time, each in its own process."""
    queue: int = Field(default=1000, ge=1)
    """Stories of one account that may wait for a slot; a further submit is answered 429."""
    requests_per_minute: int = Field(default=6000, ge=1)
    """Requests that a key may send in a minute, or all at once after a minute without requests; then 429."""
    request_seconds: float = Field(default=20.0, gt=0, le=600)
    """Time limit in which the head of a request must arrive, and then again for its body."""
    seconds_per_scene: float = Field(default=0.0, ge=0, le=3600)
    """Shortest time that a scene takes."""
    answers: AnswerForm = AnswerForm.BOTH
    idempotency: IdempotencyMode = IdempotencyMode.OFF
    idempotency_seconds: int = Field(default=86_400, ge=1)
    """Time for which an `Idempotency-Key` is remembered."""
    listed_jobs: int = Field(default=100, ge=1, le=1000)
    """Number of the account's newest jobs in the listing; older jobs are not listed."""
    url_lifetime_seconds: int = Field(default=3600, ge=1, le=3600)
    """Time for which a signed image URL is valid; the vendor's are valid for one hour."""
    starting_balance_eur: Amount = Decimal(100)
    """Balance of a new key's account; an existing account keeps its balance."""
    price: PriceModel = PriceModel()
    picture_size: tuple[Pixels, Pixels] = (768, 768)
    """Width and height in pixels of a picture whose storyboard asks for no size."""
    faults: Annotated[dict[str, float], AfterValidator(checked_odds)] = Field(default_factory=dict)
    """Probability of each fault to rehearse, by its name in `studio.faults.table`."""
    fault_seed: int = 0
    """Seed that decides which requests meet a fault."""


@dataclass(frozen=True)
class StudioAddress:
    """The address of a running studio: its base URL, a valid key, and a link that opens its page once."""

    url: str
    key: str = field(repr=False)
    page_url: str | None = field(default=None, repr=False)
    image_origin: str | None = None
