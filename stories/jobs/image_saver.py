"""From a job's answer to images on the target: fetched, verified and written, their bytes as they were served."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from stories.api.image_hosts import url_expiry
from stories.api.images import ImageClient
from stories.api.wire import ImageFormat, StoryResult
from stories.clock import Clock
from stories.dataset import layout
from stories.dataset.images.similarity import PALETTES, Likeness
from stories.dataset.images.thumbnails import Thumbnails
from stories.dataset.images.verification import ImageFacts, verify_image
from stories.dataset.model import ImageRole, ImageStatus, SavedImage
from stories.dataset.rows import FORMAT_PREFERENCE
from stories.errors import ImageRefused, ImageUrlExpired
from stories.failpoints import Failpoint, failpoint
from stories.jobs.expected_images import Wanted, completed_scenes, finished_scenes, wanted_references, wanted_scenes
from stories.storage.store import Store
from stories.storyboards.story import Story

_FETCHES = 3
"""How often one image is fetched before it counts as failed; bytes that arrive broken are often whole the next time."""
_REFRESHES = 3
"""How often a story's URLs are asked for again; good for an hour each, they outlast any download."""
_EXPIRES_SOON = timedelta(seconds=60)


@dataclass(frozen=True)
class SavingDesk:
    """What all stories of a shard share while they are saved."""

    store: Store
    images: ImageClient
    clock: Clock
    formats: tuple[ImageFormat, ...]
    references: bool
    downloads: asyncio.Semaphore
    thumbnails: Thumbnails | None = None
    """Where small pictures are kept for the gallery; None when there will be none."""
    likeness: Likeness = PALETTES
    """What is kept of each image to compare it with others."""


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
        self._refreshing: asyncio.Task[None] | None = None
        self._in_place = finished_scenes
        self._urls: dict[Wanted, str] = {}
        self._fetches: dict[Wanted, asyncio.Task[SavedImage]] = {}

    def offer(self, result: StoryResult) -> None:
        """Begin with every scene that is finished in this answer; references come with the last one."""
        self._begin(self._wanted_of(result))

    async def finish(self, result: StoryResult) -> tuple[SavedImage, ...]:
        """Every image of the completed story, in reading order; may be called again after it raised."""
        self._in_place = completed_scenes
        # What failed earlier may be had by now: it begins again.
        self._fetches = {wanted: fetch for wanted, fetch in self._fetches.items() if not _has_failed(fetch)}
        wanted = self._wanted_of(result)
        self._begin(wanted)
        await asyncio.gather(*self._fetches.values(), return_exceptions=True)
        return tuple(self._fetches[image].result() if image in self._fetches else _missing(image) for image in wanted)

    async def abandon(self) -> None:
        """End what was begun; images that are written stay and are written again, equal, by the next run."""
        begun = [*self._fetches.values(), *([self._refreshing] if self._refreshing is not None else [])]
        for task in begun:
            task.cancel()
        await asyncio.gather(*begun, return_exceptions=True)

    def _wanted_of(self, result: StoryResult) -> dict[Wanted, str | None]:
        """The images with the URLs of this answer, which are the newest from now on."""
        wanted = wanted_scenes(self._story, self._in_place(self._story, result), self._desk.formats)
        if self._desk.references and self._in_place is completed_scenes:
            wanted |= wanted_references(result)
        self._urls |= {image: url for image, url in wanted.items() if url is not None}
        return wanted

    def _begin(self, urls: Mapping[Wanted, str | None]) -> None:
        for wanted, url in urls.items():
            if url is not None and wanted not in self._fetches:
                self._fetches[wanted] = asyncio.create_task(self._save(wanted))

    async def _save(self, wanted: Wanted) -> SavedImage:
        try:
            async with self._desk.downloads:
                content, facts = await self._fetch(wanted)
                failpoint(Failpoint.SAVE_FETCHED)
                key = self._key(wanted, facts.format)
                await self._desk.store.publish(key, content)
                failpoint(Failpoint.SAVE_IMAGE_WRITTEN)
        except ImageRefused as exc:
            return unsaved(wanted, ImageStatus.FAILED, exc.reason, str(exc))
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

    async def _fetch(self, wanted: Wanted) -> tuple[bytes, ImageFacts]:
        for attempt in range(1, _FETCHES + 1):
            url = self._urls[wanted]
            if self._expires_soon(url):
                url = await self._renewed(wanted, url)
            try:
                fetched = await self._desk.images.fetch(url)
                return fetched.content, await asyncio.to_thread(self._verify, wanted, fetched.content)
            except ImageUrlExpired:
                if attempt == _FETCHES:
                    raise
                await self._renewed(wanted, url)
            except ImageRefused:
                if attempt == _FETCHES:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _verify(self, wanted: Wanted, content: bytes) -> ImageFacts:
        """The facts; a scene that is fetched in several formats has its thumbnail from the one that is shown."""
        thumbnails = self._desk.thumbnails
        if thumbnails is None or wanted.format not in (None, min(self._desk.formats, key=FORMAT_PREFERENCE.index)):
            return verify_image(content, likeness=self._desk.likeness)
        return thumbnails.verify(content, wanted.role, self._desk.likeness)

    def _expires_soon(self, url: str) -> bool:
        expiry = url_expiry(url)
        return expiry is not None and expiry - self._desk.clock.now() < _EXPIRES_SOON

    async def _renewed(self, wanted: Wanted, expired: str) -> str:
        """The image's newest URL; the job is polled unless another image's poll has brought one since."""
        if self._urls[wanted] == expired:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._ask_again())
            await asyncio.shield(self._refreshing)
        return self._urls[wanted]

    async def _ask_again(self) -> None:
        if self._refreshes < _REFRESHES:
            self._refreshes += 1
            self._wanted_of(await self._refresh())

    def _key(self, wanted: Wanted, image_format: ImageFormat) -> str:
        story_id = self._story.story_id
        if wanted.role is ImageRole.SCENE:
            if image_format is not wanted.format and len(self._desk.formats) > 1:  # its key may be another image's
                raise ImageRefused(f"served as {wanted.format}, its bytes are {image_format}", reason="format_mismatch")
            return layout.scene_key(story_id, wanted.ordinal, image_format)
        key_of = layout.character_key if wanted.role is ImageRole.CHARACTER else layout.location_key
        return key_of(story_id, wanted.name or "", image_format)


def _has_failed(fetch: "asyncio.Task[SavedImage]") -> bool:
    """Whether the image is not on the target, and nothing is under way to bring it there."""
    if not fetch.done():
        return False
    return fetch.cancelled() or fetch.exception() is not None or fetch.result().status is not ImageStatus.OK


def _missing(wanted: Wanted) -> SavedImage:
    what = f"{wanted.format} of this scene" if wanted.format else "reference"
    return unsaved(wanted, ImageStatus.MISSING, "not_served", f"the service served no {what}")


def unsaved(wanted: Wanted, status: ImageStatus, code: str, message: str) -> SavedImage:
    """The place of an image that could not be had."""
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
