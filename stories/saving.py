"""From a job's answer to images on the target: fetched, verified and written, their bytes as they were served."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from stories.client.images import ImageClient
from stories.clock import Clock
from stories.dataset import layout
from stories.dataset.records import ImageRole, ImageStatus, SavedImage
from stories.dataset.verification import ImageFacts, verify_image
from stories.errors import ImageRefused, ImageUrlExpired
from stories.storage.store import Store
from stories.storyboards.story import Story
from stories.wanted import Wanted, finished_scenes, wanted_references, wanted_scenes
from stories.wire import ImageFormat, StoryResult

_FETCHES = 3
"""How often one image is fetched before it counts as failed; bytes that arrive broken are often whole the next time."""
_REFRESHES = 3
"""How often a story's URLs are asked for again; an hour each, they outlast any download."""


@dataclass(frozen=True)
class SavingDesk:
    """What all stories of a shard share while they are saved."""

    store: Store
    images: ImageClient
    clock: Clock
    formats: tuple[ImageFormat, ...]
    references: bool
    downloads: asyncio.Semaphore


class StorySaver:
    """Saves the images of one story; scenes may be offered as they finish, long before the story does.

    `refresh` polls the job again for fresh URLs. A failed image is data; `TransientError` and `TargetUnusable` are
    raised.
    """

    def __init__(self, desk: SavingDesk, story: Story, refresh: Callable[[], Awaitable[StoryResult]]) -> None:
        self._desk = desk
        self._story = story
        self._refresh = refresh
        self._refreshes = 0
        self._fresh: asyncio.Task[StoryResult] | None = None
        self._fetches: dict[Wanted, asyncio.Task[SavedImage]] = {}

    def offer(self, result: StoryResult) -> None:
        """Begin with every scene that is finished in this answer; references come with the last one."""
        finished = finished_scenes(self._story, result)
        self._begin(wanted_scenes(self._story, finished, self._desk.formats))

    async def finish(self, result: StoryResult) -> tuple[SavedImage, ...]:
        """Every image of the completed story, in reading order; may be called again after it raised."""
        wanted = wanted_scenes(self._story, result, self._desk.formats)
        if self._desk.references:
            wanted |= wanted_references(result)
        self._begin(wanted)
        await asyncio.gather(*self._fetches.values(), return_exceptions=True)
        self._fetches, done = {}, self._fetches
        for image, fetch in done.items():
            if fetch.exception() is None:
                self._fetches[image] = fetch
        for fetch in done.values():
            fetch.result()
        return tuple(done[image].result() if image in done else _missing(image) for image in wanted)

    async def abandon(self) -> None:
        """End what was begun; images that are written stay and are written again, equal, by the next run."""
        for fetch in self._fetches.values():
            fetch.cancel()
        await asyncio.gather(*self._fetches.values(), return_exceptions=True)

    def _begin(self, urls: Mapping[Wanted, str | None]) -> None:
        for wanted, url in urls.items():
            if url is not None and wanted not in self._fetches:
                self._fetches[wanted] = asyncio.create_task(self._save(wanted, url))

    async def _save(self, wanted: Wanted, url: str) -> SavedImage:
        try:
            async with self._desk.downloads:
                content, facts = await self._fetch(wanted, url)
                key = self._key(wanted, facts.format)
                await self._desk.store.publish(key, content)
        except ImageRefused as exc:
            return _unsaved(wanted, ImageStatus.FAILED, exc.reason, str(exc))
        return SavedImage(
            role=wanted.role,
            ordinal=wanted.ordinal,
            status=ImageStatus.OK,
            asked_format=wanted.format,
            name=wanted.name,
            prompt=wanted.prompt,
            character_names=wanted.character_names,
            key=key,
            facts=facts,
            downloaded_at=self._desk.clock.now(),
        )

    async def _fetch(self, wanted: Wanted, url: str) -> tuple[bytes, ImageFacts]:
        for attempt in range(1, _FETCHES + 1):
            try:
                fetched = await self._desk.images.fetch(url)
                return fetched.content, await asyncio.to_thread(verify_image, fetched.content)
            except ImageUrlExpired:
                if attempt == _FETCHES:
                    raise
                url = await self._fresh_url(wanted) or url
            except ImageRefused:
                if attempt == _FETCHES:
                    raise
        raise AssertionError("the last attempt returns or raises")

    async def _fresh_url(self, wanted: Wanted) -> str | None:
        """The image's URL in a new answer; stories that all expire at once ask once."""
        if self._fresh is None or self._fresh.done():
            self._refreshes += 1
            if self._refreshes > _REFRESHES:
                return None
            self._fresh = asyncio.ensure_future(self._refresh())
        result = await asyncio.shield(self._fresh)
        urls = wanted_scenes(self._story, result, self._desk.formats) | wanted_references(result)
        return urls.get(wanted)

    def _key(self, wanted: Wanted, image_format: ImageFormat) -> str:
        story_id = self._story.story_id
        if wanted.role is ImageRole.SCENE:
            if image_format is not wanted.format and image_format in self._desk.formats:
                raise ImageRefused(f"served as {wanted.format}, its bytes are {image_format}", reason="format_mismatch")
            return layout.scene_key(story_id, wanted.ordinal, image_format)
        key_of = layout.character_key if wanted.role is ImageRole.CHARACTER else layout.location_key
        return key_of(story_id, wanted.name or "", image_format)


def _missing(wanted: Wanted) -> SavedImage:
    what = f"{wanted.format} of this scene" if wanted.format else "reference"
    return _unsaved(wanted, ImageStatus.MISSING, "not_served", f"the service served no {what}")


def _unsaved(wanted: Wanted, status: ImageStatus, code: str, message: str) -> SavedImage:
    return SavedImage(
        role=wanted.role,
        ordinal=wanted.ordinal,
        status=status,
        asked_format=wanted.format,
        name=wanted.name,
        prompt=wanted.prompt,
        character_names=wanted.character_names,
        error_code=code,
        error_message=message,
    )
