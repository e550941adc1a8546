"""Stories as production hands them over, with real pictures behind them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

from stories.api.wire import ImageFormat
from stories.dataset.images.verification import ImageFacts, verify_image
from stories.dataset.layout import character_key, location_key, scene_key
from stories.dataset.model import (
    CostSource,
    ImageRole,
    ImageStatus,
    Lineage,
    SavedImage,
    SavedStory,
    StoryStatus,
)
from stories.storage.store import Store
from stories.storyboards.story import Story, identify
from stories.strict_json import JsonObject
from tests.doubles.pictures import encoded, picture, with_c2pa

NOON = datetime(2026, 3, 4, 12, 0, 0, 123456, tzinfo=UTC)
LINEAGE = Lineage(
    dataset_id="8f0c2f0e-51a4-4d43-b0f8-7a8f1f2f0c11",
    run_id="r-0304",
    run_date=date(2026, 3, 4),
    pipeline_version="0.1.0",
    flow_run_id="flow-1",
    api_version="v1",
)


def storyboard(number: int = 0, scenes: int = 2) -> JsonObject:
    return {
        "title": f"The lighthouse cat {number}",
        "style": "gouache",
        "scenes": [{"prompt": f"Scene {scene} of {number}.", "characters": ["Mira"]} for scene in range(scenes)],
        "characters": [{"name": "Mira", "description": "a grey cat"}, {"name": "Test"}],
        "locations": [{"name": "Lighthouse", "description": "white, by the sea"}],
    }


def story(number: int = 0, scenes: int = 2) -> Story:
    return identify(
        storyboard(number, scenes), sample=0, source_uris=[f"boards/{number}.json", f"all.jsonl#{number + 1}"]
    )


@cache
def picture_of(seed: int, image_format: ImageFormat) -> bytes:
    return with_c2pa(encoded(picture(seed), image_format), image_format)


@cache
def facts_of(seed: int, image_format: ImageFormat) -> ImageFacts:
    return verify_image(picture_of(seed, image_format))


def saved_scene(of: Story, index: int, image_format: ImageFormat) -> SavedImage:
    return SavedImage(
        role=ImageRole.SCENE,
        ordinal=index,
        status=ImageStatus.OK,
        asked_format=image_format,
        prompt=of.storyboard.scenes[index].prompt,
        character_names=("Mira",),
        key=scene_key(of.story_id, index, image_format),
        facts=facts_of(index, image_format),
        downloaded_at=NOON,
    )


def missing_scene(of: Story, index: int, image_format: ImageFormat) -> SavedImage:
    return SavedImage(
        role=ImageRole.SCENE,
        ordinal=index,
        status=ImageStatus.MISSING,
        asked_format=image_format,
        prompt=of.storyboard.scenes[index].prompt,
        error_code="not_served",
        error_message="the job has no such scene",
    )


def references(of: Story) -> list[SavedImage]:
    facts = facts_of(100, ImageFormat.PNG)
    named = [(ImageRole.CHARACTER, 0, "Mira"), (ImageRole.CHARACTER, 1, "Test"), (ImageRole.LOCATION, 0, "Lighthouse")]
    return [
        SavedImage(
            role=role,
            ordinal=ordinal,
            status=ImageStatus.OK,
            name=name,
            key=(character_key if role is ImageRole.CHARACTER else location_key)(of.story_id, name, ImageFormat.PNG),
            facts=facts,
            downloaded_at=NOON,
        )
        for role, ordinal, name in named
    ]


def completed(number: int = 0, scenes: int = 2, formats: Sequence[ImageFormat] = (ImageFormat.PNG,)) -> SavedStory:
    of = story(number, scenes)
    images = [saved_scene(of, index, image_format) for index in range(scenes) for image_format in formats]
    return SavedStory(
        story=of,
        status=StoryStatus.COMPLETED,
        attempt=1,
        idempotency_key=f"key-{number}",
        job_id=f"job-{number}",
        images=(*images, *references(of)),
        title=f"The lighthouse cat {number}",
        cost_eur=Decimal("0.30"),
        cost_source=CostSource.API,
        submitted_at=NOON - timedelta(minutes=9),
        completed_at=NOON - timedelta(minutes=1),
        queue_seconds=12.5,
        generate_seconds=400.25,
        download_seconds=3.0,
        poll_count=7,
        response={"job_id": f"job-{number}", "image_url": "https://images.example/a.png?sig=SECRET&exp=1#frag"},
    )


def partial(number: int) -> SavedStory:
    of = story(number)
    return SavedStory(
        story=of,
        status=StoryStatus.PARTIAL,
        attempt=1,
        idempotency_key=None,
        job_id=f"job-{number}",
        images=(saved_scene(of, 0, ImageFormat.PNG), missing_scene(of, 1, ImageFormat.PNG)),
        cost_eur=Decimal("0.30"),
        cost_source=CostSource.QUOTED,
    )


def failed(number: int) -> SavedStory:
    of = story(number)
    return SavedStory(
        story=of,
        status=StoryStatus.FAILED,
        attempt=3,
        idempotency_key=None,
        job_id=f"job-{number}",
        images=tuple(missing_scene(of, index, ImageFormat.PNG) for index in range(2)),
        error_code="job_failed",
        error_message="the job failed three times",
    )


def dead_letter(number: int) -> SavedStory:
    return SavedStory(
        story=story(number),
        status=StoryStatus.DEAD_LETTER,
        attempt=1,
        idempotency_key=None,
        job_id=None,
        error_code="content_rejected",
        error_message="against the policy",
    )


async def store_images(store: Store, saved: SavedStory) -> None:
    """The files behind a saved story, as production writes them before a commit."""
    for image in saved.images:
        if image.key is not None and image.facts is not None:
            seed = image.ordinal if image.role is ImageRole.SCENE else 100
            await store.publish(image.key, picture_of(seed, image.facts.format))
