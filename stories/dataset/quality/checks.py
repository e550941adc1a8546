"""Quality checks of a story's pictures against each other, from the facts kept of each; nothing is decoded again.

Flags are hints for the selection of pictures, and never a reason to drop a picture that was paid for.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

import pyarrow as pa

from stories.dataset.images.similarity import PALETTES, Likeness
from stories.dataset.images.verification import ImageFacts
from stories.dataset.layout import reference_id
from stories.dataset.log.commits import CommitLog
from stories.dataset.model import ImageRole, SavedImage
from stories.dataset.parts import read_part
from stories.dataset.quality.near_duplicates import NEAR_BITS, PictureIndex, distance_bits
from stories.dataset.schema import Table
from stories.storage.store import Store

_ASPECT_TOLERANCE = 0.01
_SHAPELESS = {"blank", "flat"}
"""Flags of pictures whose difference hash is noise."""

_log = logging.getLogger(__name__)


class QaFlag(StrEnum):
    """Flags from comparing a picture with others; `verification.IMAGE_FLAGS` are those of one picture alone."""

    REPEATED_SCENE = "repeated_scene"
    """An earlier scene of the story is nearly the same picture."""
    NEAR_DUP = "near_dup"
    """Another story has nearly the same picture, and had it first."""
    SIZE_DRIFT = "size_drift"
    """Its size is not that of most scenes of the story in this format."""
    ASPECT_DRIFT = "aspect_drift"
    LOW_CHAR_SIMILARITY = "low_char_similarity"
    """A character of the scene is less similar to its reference than the threshold; by default, half of its colours."""


class QualityChecks:
    """Checks the stories of a shard against each other, and against the pictures that were committed before."""

    def __init__(self, likeness: Likeness = PALETTES, *, low_char_similarity: float = 0.5) -> None:
        self._likeness = likeness
        self._low_char_similarity = low_char_similarity
        self._index = PictureIndex()
        self._recalling = asyncio.Lock()
        self._has_recalled = False

    async def recall(self, store: Store, log: CommitLog) -> None:
        """Read the hashes of the committed pictures, once; a part that cannot be read is left to `verify`."""
        async with self._recalling:
            if self._has_recalled:
                return
            for pair in await log.live_pairs():
                content = await store.read(pair[Table.IMAGES].key)
                try:
                    await asyncio.to_thread(self._learn, content or b"")
                except (pa.ArrowException, OSError) as exc:
                    _log.warning(
                        "%s cannot be read, so no near-duplicates are searched for in it: %s",
                        pair[Table.IMAGES].key,
                        exc,
                    )
            self._has_recalled = True

    def checks(self, story_id: str, images: Sequence[SavedImage]) -> tuple[SavedImage, ...]:
        """Return the images with flags and similarities; unchanged if a check fails, for they are paid for."""
        try:
            return self._checked_story(story_id, images)
        except Exception as exc:  # noqa: BLE001 - the likeness may be foreign code
            _log.warning("story %s: its images are not checked: %s: %s", story_id, type(exc).__name__, exc)
            return tuple(images)

    def _checked_story(self, story_id: str, images: Sequence[SavedImage]) -> tuple[SavedImage, ...]:
        scenes = [image for image in images if image.role is ImageRole.SCENE and image.facts is not None]
        flags: dict[SavedImage, list[str]] = {image: [] for image in scenes}
        self._find_drift(scenes, flags)
        self._find_repeats(story_id, scenes, flags)
        references = _looks_of_characters(images)
        return tuple(
            self._checked(image, scenes, references, flags[image]) if image in flags else image for image in images
        )

    def _checked(
        self, scene: SavedImage, scenes: Sequence[SavedImage], references: Mapping[str, str], flags: list[str]
    ) -> SavedImage:
        look = _facts(scene).look
        alike = [
            similarity
            for name in scene.character_names
            if (similarity := self._likeness.of_character(references.get(reference_id(name), ""), look)) is not None
        ]
        others = [_facts(it).look for it in scenes if it.ordinal != scene.ordinal]
        of_character = min(alike, default=None)
        if of_character is not None and of_character < self._low_char_similarity:
            flags.append(QaFlag.LOW_CHAR_SIMILARITY)
        return replace(
            scene,
            qa_flags=tuple(str(flag) for flag in flags),
            char_similarity=of_character,
            style_similarity=self._likeness.of_style(look, others),
        )

    def _find_drift(self, scenes: Sequence[SavedImage], flags: Mapping[SavedImage, list[str]]) -> None:
        for image_format in {image.asked_format for image in scenes}:
            alike = [image for image in scenes if image.asked_format is image_format]
            (width, height), _ = Counter((_facts(it).width, _facts(it).height) for it in alike).most_common(1)[0]
            for image in alike:
                facts = _facts(image)
                if (facts.width, facts.height) != (width, height):
                    flags[image].append(QaFlag.SIZE_DRIFT)
                if abs(facts.width * height / (facts.height * width) - 1) > _ASPECT_TOLERANCE:
                    flags[image].append(QaFlag.ASPECT_DRIFT)

    def _find_repeats(self, story_id: str, scenes: Sequence[SavedImage], flags: Mapping[SavedImage, list[str]]) -> None:
        seen: dict[int, int] = {}
        for image in sorted(scenes, key=lambda it: it.ordinal):
            facts = _facts(image)
            if _SHAPELESS.intersection(facts.flags):
                continue
            if any(
                ordinal != image.ordinal and distance_bits(facts.phash, phash) <= NEAR_BITS
                for ordinal, phash in seen.items()
            ):
                flags[image].append(QaFlag.REPEATED_SCENE)
            if self._index.has_near(facts.phash, of_other_than=story_id):
                flags[image].append(QaFlag.NEAR_DUP)
            seen.setdefault(image.ordinal, facts.phash)
        for phash in seen.values():
            self._index.add(phash, story_id)

    def _learn(self, content: bytes) -> None:
        columns = ["story_id", "role", "scene_index", "phash", "qa_flags"]
        learned: set[tuple[str, int]] = set()
        for row in read_part(content, Table.IMAGES, columns).to_pylist():
            place = (row["story_id"], row["scene_index"])
            is_scene = row["role"] == ImageRole.SCENE.value and row["phash"] is not None
            if is_scene and place not in learned and not _SHAPELESS.intersection(row["qa_flags"]):
                learned.add(place)  # the other formats of a scene are the same picture
                self._index.add(row["phash"], row["story_id"])


def _looks_of_characters(images: Iterable[SavedImage]) -> dict[str, str]:
    return {
        reference_id(image.name): image.facts.look
        for image in images
        if image.role is ImageRole.CHARACTER and image.name is not None and image.facts is not None
    }


def _facts(image: SavedImage) -> ImageFacts:
    if image.facts is None:
        raise AssertionError("only images that are there are checked")
    return image.facts
