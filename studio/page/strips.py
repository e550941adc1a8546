"""The view of a story on the page: its state, and a strip of its scenes, characters and locations."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from stories.api.wire import ImageFormat
from studio.api.answers import UrlOf
from studio.work.accounts import eur_text
from studio.work.jobs import Job
from studio.work.picture_names import Picture, Role


@dataclass(frozen=True)
class Frame:
    """One picture on the page and its text; the URLs are None until the picture is drawn."""

    anchor: str
    words: str
    description: str
    url: str | None
    original_url: str | None


@dataclass(frozen=True)
class Strip:
    """The view of one story."""

    job_id: str
    title: str
    status: str
    style: str
    created_at: datetime
    cost_eur: str
    trouble: str
    done: int
    total: int
    scenes: list[Frame]
    characters: list[Frame]
    locations: list[Frame]


def strip_of(job: Job, url_of: UrlOf) -> Strip:
    """Return the view of a job's story, with fresh URLs of the drawn pictures."""
    board = job.storyboard
    framed = _framing(job, url_of)
    return Strip(
        job_id=job.job_id,
        title=board.title or board.scenes[0].prompt,
        status=job.status.value,
        style=board.style if isinstance(board.style, str) else "",
        created_at=datetime.fromtimestamp(job.created_at_ms / 1000, UTC),
        cost_eur=eur_text(job.price_micro_eur),
        trouble=job.error_message or "",
        done=len(job.drawn),
        total=len(job.pictures),
        scenes=[framed(Picture(Role.SCENE, n), scene.prompt, "") for n, scene in enumerate(board.scenes)],
        characters=[
            framed(Picture(Role.CHARACTER, n), entry.name, entry.description or "")
            for n, entry in enumerate(board.characters)
        ],
        locations=[
            framed(Picture(Role.LOCATION, n), entry.name, entry.description or "")
            for n, entry in enumerate(board.locations)
        ],
    )


def _framing(job: Job, url_of: UrlOf) -> Callable[[Picture, str, str], Frame]:
    def framed(picture: Picture, words: str, description: str) -> Frame:
        drawn = picture in job.drawn
        return Frame(
            anchor=f"{job.job_id}-{picture.role}-{picture.position + 1}",
            words=words,
            description=description,
            # The strip shows the smallest format and links to the lossless one.
            url=url_of(picture, picture.formats[-1]) if drawn else None,
            original_url=url_of(picture, ImageFormat.PNG) if drawn else None,
        )

    return framed
