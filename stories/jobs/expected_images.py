"""The images that a story should have, and the matching of served scenes with those of the storyboard."""

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
    """An image that the story should have; a reference has a `name`, a scene has a `format`."""

    role: ImageRole
    ordinal: int
    format: ImageFormat | None
    name: str | None
    prompt: str | None
    character_names: tuple[str, ...] = ()


def expected_scenes(
    story: Story, result: StoryResult, formats: Sequence[ImageFormat]
) -> dict[ExpectedImage, str | None]:
    """Return every scene of the storyboard, and every further one that is served, in each format with its URL or None.

    The scenes of `result` must be at their places in the storyboard: see `place_partial` and `place_completed`.
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
    """Return the references of the served characters and locations with their URLs; of one file name, the first."""
    expected: dict[ExpectedImage, str | None] = {}
    for role, references in ((ImageRole.CHARACTER, result.characters), (ImageRole.LOCATION, result.locations)):
        first: dict[str, ReferenceResult] = {}
        for reference in references:
            first.setdefault(layout.reference_id(reference.name), reference)
        for ordinal, reference in enumerate(first.values()):
            expected[ExpectedImage(role, ordinal, None, reference.name, None)] = reference.reference_url
    return expected


def characters_in(scene: Scene, cast: Sequence[Cast]) -> tuple[str, ...]:
    """Return the characters that the scene lists, or, without a list, those whose name is a word of its prompt."""
    listed = [name for name in scene.characters or () if isinstance(name, str)]
    if listed:
        return tuple(dict.fromkeys(listed))
    return tuple(
        member.name
        for member in cast
        if member.name and re.search(rf"(?<!\w){re.escape(member.name)}(?!\w)", scene.prompt, re.IGNORECASE)
    )


def place_partial(story: Story, result: StoryResult) -> StoryResult:
    """Return the scenes of a partial answer at their places in the storyboard, without those of unknown place.

    A service may list finished scenes without gaps and in any order, so only the prompt identifies a scene.
    """
    prompts = [normalize_nfc(scene.prompt) for scene in story.storyboard.scenes]
    places: list[SceneResult | None] = [None] * len(prompts)
    for served in result.scenes:
        if served is not None and served.prompt is not None and prompts.count(normalize_nfc(served.prompt)) == 1:
            places[prompts.index(normalize_nfc(served.prompt))] = served
    return result.model_copy(update={"scenes": places})


def place_completed(story: Story, result: StoryResult) -> StoryResult:
    """Return the scenes of a completed answer at their places: in order if all are served, else by their prompts."""
    return result if len(result.scenes) >= len(story.storyboard.scenes) else place_partial(story, result)


def mismatch(story: Story, result: StoryResult) -> str | None:
    """Return the reason why a completed answer does not belong to this storyboard; None if it does.

    An answer with every scene must have the prompts of the storyboard in their order, where it has prompts. In an
    answer with fewer scenes, the place of every scene must be known.
    """
    scenes = story.storyboard.scenes
    if len(result.scenes) < len(scenes):
        served_count = sum(served is not None for served in result.scenes)
        placed_count = sum(served is not None for served in place_partial(story, result).scenes)
        if placed_count < served_count:
            unplaced_count = served_count - placed_count
            return f"the answer has {served_count} of {len(scenes)} scenes, and {unplaced_count} fit no prompt"
        return None
    for index, (scene, served) in enumerate(zip(scenes, result.scenes, strict=False)):
        if served is None or served.prompt is None:
            continue
        if normalize_nfc(served.prompt) != normalize_nfc(scene.prompt):
            return f"scene {index + 1} of the answer has another prompt than the storyboard"
    return None
