"""The saving of a job's images: each is fetched, verified and written to the target with the bytes that were served."""

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
from stories.dataset.model import FORMAT_PREFERENCE, ImageRole, ImageStatus, SavedImage
from stories.errors import ImageRefused, ImageUrlExpired
from stories.failpoints import Failpoint, failpoint
from stories.jobs.expected_images import (
    ExpectedImage,
    expected_references,
    expected_scenes,
    place_completed,
    place_partial,
)
from stories.storage.store import Store
from stories.storyboards.story import Story

_FETCHES = 3
"""Number of fetches before an image counts as failed; bytes that arrive broken are often complete the next time."""
_REFRESHES = 3
"""Number of times that the URLs of a story are requested again; each is valid for an hour, longer than any download."""
_EXPIRES_SOON = timedelta(seconds=60)


@dataclass(frozen=True)
class DownloadContext:
    """The parts that all stories of a shard share while their images are saved."""

    store: Store
    images: ImageClient
    clock: Clock
    formats: tuple[ImageFormat, ...]
    references: bool
    downloads: asyncio.Semaphore
    thumbnails: Thumbnails | None = None
    """The store of small pictures for the gallery; None if there will be no gallery."""
    likeness: Likeness = PALETTES
    """The measure whose features are kept of each image, to compare it with others."""


class ImageSaver:
    """A saver of the images of one story; scenes may be offered as they finish, long before the story is complete.

    `refresh` polls the job again for fresh URLs. A failed image is returned as data; `TransientError` and
    `TargetUnusable` are raised.
    """

    def __init__(
        self, download_context: DownloadContext, story: Story, refresh: Callable[[], Awaitable[StoryResult]]
    ) -> None:
        self._download_context = download_context
        self._story = story
        self._refresh = refresh
        self._refreshes = 0
        self._refreshing: asyncio.Task[None] | None = None
        self._place_scenes = place_partial
        self._urls: dict[ExpectedImage, str] = {}
        self._fetches: dict[ExpectedImage, asyncio.Task[SavedImage]] = {}

    def offer(self, result: StoryResult) -> None:
        """Start to save every scene that is finished in this answer; references are saved by `finish`."""
        self._begin(self._expected_of(result))

    async def finish(self, result: StoryResult) -> tuple[SavedImage, ...]:
        """Save and return every image of the completed story, in reading order; may be called again after an error."""
        self._place_scenes = place_completed
        # An image that failed earlier may be available now, so its fetch starts again.
        self._fetches = {expected: fetch for expected, fetch in self._fetches.items() if not _has_failed(fetch)}
        expected = self._expected_of(result)
        self._begin(expected)
        await asyncio.gather(*self._fetches.values(), return_exceptions=True)
        return tuple(self._fetches[image].result() if image in self._fetches else _missing(image) for image in expected)

    async def abandon(self) -> None:
        """Cancel running fetches. Images that are written stay; the next run writes the same bytes again."""
        tasks = [*self._fetches.values(), *([self._refreshing] if self._refreshing is not None else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _expected_of(self, result: StoryResult) -> dict[ExpectedImage, str | None]:
        """Return the expected images with the URLs of this answer, and keep those as the newest."""
        expected = expected_scenes(self._story, self._place_scenes(self._story, result), self._download_context.formats)
        if self._download_context.references and self._place_scenes is place_completed:
            expected |= expected_references(result)
        self._urls |= {image: url for image, url in expected.items() if url is not None}
        return expected

    def _begin(self, urls: Mapping[ExpectedImage, str | None]) -> None:
        for expected, url in urls.items():
            if url is not None and expected not in self._fetches:
                self._fetches[expected] = asyncio.create_task(self._save(expected))

    async def _save(self, expected: ExpectedImage) -> SavedImage:
        try:
            async with self._download_context.downloads:
                content, facts = await self._fetch(expected)
                failpoint(Failpoint.SAVE_FETCHED)
                key = self._key(expected, facts.format)
                await self._download_context.store.publish(key, content)
                failpoint(Failpoint.SAVE_IMAGE_WRITTEN)
        except ImageRefused as exc:
            return unsaved(expected, ImageStatus.FAILED, exc.reason, str(exc))
        return SavedImage(
            role=expected.role,
            ordinal=expected.ordinal,
            status=ImageStatus.OK,
            asked_format=expected.format,
            name=expected.name,
            prompt=expected.prompt,
            character_names=expected.character_names,
            key=key,
            facts=facts,
            downloaded_at=self._download_context.clock.now(),
        )

    async def _fetch(self, expected: ExpectedImage) -> tuple[bytes, ImageFacts]:
        for attempt in range(1, _FETCHES + 1):
            url = self._urls[expected]
            if self._expires_soon(url):
                url = await self._newer_url(expected, url)
            try:
                fetched = await self._download_context.images.fetch(url)
                return fetched.content, await asyncio.to_thread(self._verify, expected, fetched.content)
            except ImageUrlExpired:
                if attempt == _FETCHES:
                    raise
                await self._newer_url(expected, url)
            except ImageRefused:
                if attempt == _FETCHES:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _verify(self, expected: ExpectedImage, content: bytes) -> ImageFacts:
        """Return the facts of the image; keep a thumbnail, for a scene only from the format that the gallery shows."""
        thumbnails = self._download_context.thumbnails
        if thumbnails is None or expected.format not in (
            None,
            min(self._download_context.formats, key=FORMAT_PREFERENCE.index),
        ):
            return verify_image(content, likeness=self._download_context.likeness)
        return thumbnails.verify(content, expected.role, self._download_context.likeness)

    def _expires_soon(self, url: str) -> bool:
        expiry = url_expiry(url)
        return expiry is not None and expiry - self._download_context.clock.now() < _EXPIRES_SOON

    async def _newer_url(self, expected: ExpectedImage, expired: str) -> str:
        """Return a newer URL of the image; polls the job unless a poll for another image has brought one already."""
        if self._urls[expected] == expired:
            if self._refreshing is None or self._refreshing.done():
                self._refreshing = asyncio.create_task(self._refresh_urls())
            await asyncio.shield(self._refreshing)
        return self._urls[expected]

    async def _refresh_urls(self) -> None:
        if self._refreshes < _REFRESHES:
            self._refreshes += 1
            self._expected_of(await self._refresh())

    def _key(self, expected: ExpectedImage, image_format: ImageFormat) -> str:
        story_id = self._story.story_id
        if expected.role is ImageRole.SCENE:
            # With several formats, the key of the served format may belong to another image.
            if image_format is not expected.format and len(self._download_context.formats) > 1:
                raise ImageRefused(
                    f"the image was served as {expected.format}, but its bytes are {image_format}",
                    reason="format_mismatch",
                )
            return layout.scene_key(story_id, expected.ordinal, image_format)
        key_of = layout.character_key if expected.role is ImageRole.CHARACTER else layout.location_key
        return key_of(story_id, expected.name or "", image_format)


def _has_failed(fetch: "asyncio.Task[SavedImage]") -> bool:
    """Return True if the fetch has ended and its image is not on the target."""
    if not fetch.done():
        return False
    return fetch.cancelled() or fetch.exception() is not None or fetch.result().status is not ImageStatus.OK


def _missing(expected: ExpectedImage) -> SavedImage:
    what = f"{expected.format} of this scene" if expected.format else "reference"
    return unsaved(expected, ImageStatus.MISSING, "not_served", f"the service served no {what}")


def unsaved(expected: ExpectedImage, status: ImageStatus, code: str, message: str) -> SavedImage:
    """Return the row of an image that is not on the target, with the reason."""
    return SavedImage(
        role=expected.role,
        ordinal=expected.ordinal,
        status=status,
        asked_format=expected.format,
        name=expected.name,
        prompt=expected.prompt,
        character_names=expected.character_names,
        error_code=code,
        error_message=message,
    )
