"""What a studio is started with, and where it can be reached once it runs."""

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from stories.api.wire import Storyboard
from studio.faults import checked_odds

DEFAULT_PORT = 8787

Amount = Annotated[Decimal, Field(ge=0, le=1_000_000, decimal_places=6)]
Pixels = Annotated[int, Field(ge=64, le=2048)]


class AnswerForm(StrEnum):
    """Which form of the API is spoken: the published page's, the one that the vendor's client reads, or both."""

    BOTH = "both"
    SEED = "seed"
    CLIENT = "client"


class IdempotencyMode(StrEnum):
    """What a submit with an `Idempotency-Key` that was used before gets: a second job, the first one again, or 409."""

    OFF = "off"
    REPLAY = "replay"
    REJECT = "reject"


class PriceModel(BaseModel):
    """What a story costs, in euros for each scene and for each character or location drawn as a reference."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scene_eur: Amount = Decimal("0.10")
    reference_eur: Amount = Decimal("0.05")

    def story_eur(self, storyboard: Storyboard) -> Decimal:
        """The price of a story, known before it is drawn and charged when it completes."""
        references = len(storyboard.characters) + len(storyboard.locations)
        return self.scene_eur * len(storyboard.scenes) + self.reference_eur * references


class StudioSettings(BaseModel):
    """Everything that can be chosen about a studio; validated, frozen, and handed to a child process as JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    data_directory: Path
    """Jobs, pictures, accounts, secrets and logs; a studio that is restarted on it goes on where it was."""
    host: str = "127.0.0.1"
    """127.0.0.1 or localhost; the studio is not made for a network."""
    port: int = Field(default=DEFAULT_PORT, ge=0, le=65535)
    """0 takes any free port."""
    image_port: int | None = Field(default=None, ge=0, le=65535)
    """A second port, for images alone, so that they have an origin of their own as the vendor's have; 0 takes any."""
    image_origin: str | None = Field(default=None, pattern=r"^https?://[^/?#@]+$")
    """Scheme, host and port of image URLs. Where it is set, images are served under that name and nothing else is;
    None is the image port's origin, or without one the origin that the poll came to."""
    slots: int = Field(default=2, ge=1, le=64)
    """Stories drawn at once, each in a process of its own."""
    queue: int = Field(default=1000, ge=1)
    """Stories of one account that may wait for a slot; a further one is answered 429."""
    requests_per_minute: int = Field(default=6000, ge=1)
    """Requests that a key may send in a minute, or at once after a quiet one; a further one is answered 429."""
    request_seconds: float = Field(default=20.0, gt=0, le=600)
    """How long a request may take to arrive: its head, and then its body."""
    seconds_per_scene: float = Field(default=0.0, ge=0, le=3600)
    """The least time that a scene takes."""
    answers: AnswerForm = AnswerForm.BOTH
    idempotency: IdempotencyMode = IdempotencyMode.OFF
    idempotency_seconds: int = Field(default=86_400, ge=1)
    """How long an `Idempotency-Key` is remembered."""
    listed_jobs: int = Field(default=100, ge=1, le=1000)
    """How many of the account's newest jobs the listing has; older ones have fallen out of it."""
    url_lifetime_seconds: int = Field(default=3600, ge=1, le=3600)
    """How long a signed image URL is good; the vendor's are good for one hour."""
    starting_balance_eur: Amount = Decimal(100)
    """What a key's account begins with; an account that exists keeps its balance."""
    price: PriceModel = PriceModel()
    picture_size: tuple[Pixels, Pixels] = (768, 768)
    """Width and height in pixels of a picture whose storyboard asks for nothing else."""
    faults: Annotated[dict[str, float], AfterValidator(checked_odds)] = Field(default_factory=dict)
    """The probability of each fault to rehearse, by its name in `studio.faults`."""
    fault_seed: int = 0
    """Which requests the faults fall on."""


@dataclass(frozen=True)
class StudioAddress:
    """A studio that accepts connections: its base URL, a key that opens it, and a link that shows its page once."""

    url: str
    key: str = field(repr=False)
    page_url: str | None = field(default=None, repr=False)
    image_origin: str | None = None
