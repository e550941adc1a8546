"""A story as the gallery shows it: scenes and cast in order, each with its picture or the reason why it has none."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from stories.api.wire import Cast, Scene
from stories.dataset.image_rows import ImageRow
from stories.dataset.layout import reference_id, sidecar_key
from stories.dataset.model import FORMAT_PREFERENCE, ImageRole, ImageStatus, StoryStatus
from stories.dataset.story_rows import StoryRow
from stories.storyboards.story import Story

REJECTED = "rejected"
INVALID = "invalid"


@dataclass(frozen=True)
class Picture:
    """A scene, character or location; `thumbnail` is WebP in base64, empty when there is none."""

    label: str
    text: str
    note: str = ""
    """Characters and location of a scene."""
    files: tuple[tuple[str, str], ...] = ()
    """Format and path below the root of the dataset; the first one is shown."""
    width: int = 1
    height: int = 1
    thumbnail: str = ""
    flags: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class StoryCard:
    """A story for a page; its texts are as they were served, and are escaped by the template."""

    story_id: str
    title: str
    state: str
    style: str
    reason: str
    message: str
    scenes: tuple[Picture, ...]
    characters: tuple[Picture, ...]
    locations: tuple[Picture, ...]
    flags: tuple[tuple[str, int], ...]
    """Each QA flag, with the number of pictures that have it."""
    cost: Decimal | None = None
    currency: str = ""
    seconds: float | None = None
    """Time at the service."""
    steps_seconds: tuple[tuple[str, float], ...] = ()
    sidecar: str | None = None
    sources: tuple[str, ...] = ()


def shown_rows(rows: Iterable[ImageRow]) -> dict[tuple[ImageRole, int | str | None], list[ImageRow]]:
    """Return the rows of one story by role and scene or reference; of each, the row to show comes first."""
    by_place: dict[tuple[ImageRole, int | str | None], list[ImageRow]] = {}
    for row in rows:
        by_place.setdefault((row.role, row.reference if row.scene_index is None else row.scene_index), []).append(row)
    return {place: sorted(found, key=_rank) for place, found in by_place.items()}


def committed_card(row: StoryRow, images: Sequence[ImageRow], thumbnails: Mapping[str, str]) -> StoryCard:
    """Return the card of a story that is in the manifest; `thumbnails` by the hash of the image."""
    story = Story.from_body(row.request_json.encode(), sample=row.sample, source_uris=row.source_uris)
    has_files = any(image.file_name for image in images)
    queue, generate, download = row.queue_seconds, row.generate_seconds, row.download_seconds
    steps = (("waiting", queue), ("drawing", generate), ("fetching", download))
    known = [seconds for seconds in (queue, generate) if seconds is not None]
    return _with_pictures(
        story,
        StoryCard(
            story_id=row.story_id,
            title=row.title or story.title or story.label,
            state=REJECTED if row.status is StoryStatus.DEAD_LETTER else row.status.value,
            style=story.style or "",
            reason=row.error_code or "",
            message=row.error_message or "",
            scenes=(),
            characters=(),
            locations=(),
            flags=tuple(Counter(flag for image in images for flag in image.qa_flags).most_common()),
            cost=row.cost,
            currency=row.currency or "",
            seconds=sum(known) if known else None,
            steps_seconds=tuple((name, seconds) for name, seconds in steps if seconds is not None),
            sidecar=sidecar_key(row.story_id) if has_files else None,
            sources=row.source_uris,
        ),
        images,
        thumbnails,
    )


def open_card(
    story: Story | None, *, story_id: str | None, label: str, state: str, reason: str, message: str
) -> StoryCard:
    """Return the card of a story that the manifest does not have: held, in flight, not sent, or not valid."""
    card = StoryCard(
        story_id=story_id or "",
        title=(story.title if story is not None else None) or label,
        state=state,
        style=(story.style if story is not None else None) or "",
        reason=reason,
        message=message,
        scenes=(),
        characters=(),
        locations=(),
        flags=(),
        sources=story.source_uris if story is not None else (),
    )
    return card if story is None else _with_pictures(story, card, (), {})


def _with_pictures(
    story: Story, card: StoryCard, images: Sequence[ImageRow], thumbnails: Mapping[str, str]
) -> StoryCard:
    board, rows = story.storyboard, shown_rows(images)
    served = [place[1] for place in rows if place[0] is ImageRole.SCENE and isinstance(place[1], int)]
    scenes = tuple(
        _picture(
            f"Scene {index + 1}",
            board.scenes[index].prompt if index < len(board.scenes) else "",
            rows.get((ImageRole.SCENE, index), []),
            thumbnails,
            note=_cast_and_place(board.scenes[index]) if index < len(board.scenes) else "",
        )
        for index in range(max(len(board.scenes), *(index + 1 for index in served), 0))
    )
    characters = _cast_pictures(ImageRole.CHARACTER, board.characters, rows, thumbnails)
    locations = _cast_pictures(ImageRole.LOCATION, board.locations, rows, thumbnails)
    return replace(card, scenes=scenes, characters=characters, locations=locations)


def _cast_pictures(
    role: ImageRole,
    cast: Sequence[Cast],
    rows: Mapping[tuple[ImageRole, int | str | None], list[ImageRow]],
    thumbnails: Mapping[str, str],
) -> tuple[Picture, ...]:
    """Return those of the storyboard in its order, then those that the service added."""
    own = {reference_id(entry.name): entry for entry in cast}
    others = [place[1] for place in rows if place[0] is role and isinstance(place[1], str) and place[1] not in own]
    pictures = [
        _picture(it.name, it.description or "", rows.get((role, key), []), thumbnails) for key, it in own.items()
    ]
    pictures += [_picture(key.rpartition("-")[0], "", rows[role, key], thumbnails) for key in others]
    return tuple(pictures)


def _picture(
    label: str, text: str, rows: Sequence[ImageRow], thumbnails: Mapping[str, str], *, note: str = ""
) -> Picture:
    shown = next((row for row in rows if row.status is ImageStatus.OK), None)
    lacking = [row for row in rows if row.status is not ImageStatus.OK]
    named = len(rows) > 1
    return Picture(
        label=label,
        text=text or next((row.prompt for row in rows if row.prompt), ""),
        note=note,
        files=tuple((row.format or "file", row.file_name) for row in rows if row.file_name is not None),
        width=(shown.width if shown is not None else None) or 1,
        height=(shown.height if shown is not None else None) or 1,
        thumbnail=thumbnails.get(shown.sha256 or "", "") if shown is not None else "",
        flags=tuple(dict.fromkeys(flag for row in rows for flag in row.qa_flags)),
        problems=tuple(dict.fromkeys(_problem(row, named=named) for row in lacking)),
    )


def _problem(row: ImageRow, *, named: bool) -> str:
    words = row.error_message or row.error_code or row.status.value
    return f"{row.format}: {words}" if named and row.format is not None else words


def _cast_and_place(scene: Scene) -> str:
    names = [it if isinstance(it, str) else str(it.get("name", "")) for it in scene.characters or []]
    return " · ".join(filter(None, (", ".join(filter(None, names)), scene.location)))


def _rank(row: ImageRow) -> tuple[bool, int]:
    preference = FORMAT_PREFERENCE.index(row.format) if row.format is not None else len(FORMAT_PREFERENCE)
    return row.status is not ImageStatus.OK, preference
