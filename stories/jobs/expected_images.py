"""Which images a story is to have, and which served scene is which scene of the storyboard."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from stories.api.wire import Cast, ImageFormat, ReferenceResult, Scene, SceneResult, StoryResult
from stories.dataset import layout
from stories.dataset.model import ImageRole
from stories.storyboards.story import Story
from stories.text import normalize_nfc


@dataclass(frozen=True)
class ExpectedImage:
    """An image that the story is to have; `name` for a reference, `format` for a scene."""

    role: ImageRole
    ordinal: int
    format: ImageFormat | None
    name: str | None
    prompt: str | None
    character_names: tuple[str, ...] = ()


def expected_scenes(
    story: Story, result: StoryResult, formats: Sequence[ImageFormat]
) -> dict[ExpectedImage, str | None]:
    """Every scene of the storyboard, and any served beyond it, in each format, with its URL if there is one.

    `result` has its scenes at their places: see `finished_scenes` and `completed_scenes`.
    """
    scenes = story.storyboard.scenes
    expected: dict[ExpectedImage, str | None] = {}
    for index in range(max(len(scenes), len(result.scenes))):
        served = result.scenes[index] if index < len(result.scenes) else None
        images = served.images if served is not None else {}
        prompt = served.prompt if served is not None else None
        names: tuple[str, ...] = ()
        if index < len(scenes):
            prompt, names = scenes[index].prompt, characters_in(scenes[index], story.storyboard.characters)
        elif not images:
            continue
        for image_format in formats:
            expected[ExpectedImage(ImageRole.SCENE, index, image_format, None, prompt, names)] = images.get(
                image_format
            )
    return expected


def expected_references(result: StoryResult) -> dict[ExpectedImage, str | None]:
    """The reference of each character and location that the service names, the first of those of one file name."""
    expected: dict[ExpectedImage, str | None] = {}
    for role, references in ((ImageRole.CHARACTER, result.characters), (ImageRole.LOCATION, result.locations)):
        first: dict[str, ReferenceResult] = {}
        for reference in references:
            first.setdefault(layout.reference_id(reference.name), reference)
        for ordinal, reference in enumerate(first.values()):
            expected[ExpectedImage(role, ordinal, None, reference.name, None)] = reference.reference_url
    return expected


def characters_in(scene: Scene, cast: Sequence[Cast]) -> tuple[str, ...]:
    """The characters of a scene: those it lists by name, else those whose name its prompt says as a word."""
    listed = [name for name in scene.characters or () if isinstance(name, str)]
    if listed:
        return tuple(dict.fromkeys(listed))
    return tuple(
        member.name
        for member in cast
        if member.name and re.search(rf"(?<!\w){re.escape(member.name)}(?!\w)", scene.prompt, re.IGNORECASE)
    )


def finished_scenes(story: Story, result: StoryResult) -> StoryResult:
    """The scenes of a partial answer at their places in the storyboard; those that cannot be told are left out.

    A service may list what is finished without gaps and in any order, so that only the prompt says which scene it is.
    """
    prompts = [normalize_nfc(scene.prompt) for scene in story.storyboard.scenes]
    places: list[SceneResult | None] = [None] * len(prompts)
    for served in result.scenes:
        if served is not None and served.prompt is not None and prompts.count(normalize_nfc(served.prompt)) == 1:
            places[prompts.index(normalize_nfc(served.prompt))] = served
    return result.model_copy(update={"scenes": places})


def completed_scenes(story: Story, result: StoryResult) -> StoryResult:
    """The scenes of a completed answer at their places: a whole one has them in order, else their prompts say."""
    return result if len(result.scenes) >= len(story.storyboard.scenes) else finished_scenes(story, result)


def mismatch(story: Story, result: StoryResult) -> str | None:
    """Why a completed answer is not this storyboard's, or None.

    The prompts that a whole answer repeats stand in the same order; of one with fewer scenes, every place can be told.
    """
    scenes = story.storyboard.scenes
    if len(result.scenes) < len(scenes):
        served_count = sum(served is not None for served in result.scenes)
        told_count = sum(served is not None for served in finished_scenes(story, result).scenes)
        if told_count < served_count:
            return f"the answer has {served_count} of {len(scenes)} scenes, and {served_count - told_count} fit nowhere"
        return None
    for index, (scene, served) in enumerate(zip(scenes, result.scenes, strict=False)):
        if served is None or served.prompt is None:
            continue
        if normalize_nfc(served.prompt) != normalize_nfc(scene.prompt):
            return f"scene {index + 1} of the answer has another prompt than the storyboard"
    return None
