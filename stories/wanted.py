"""Which images a story is to have, and which served scene is which scene of the storyboard."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from stories.dataset.records import ImageRole
from stories.storyboards.story import Story
from stories.wire import Cast, ImageFormat, ReferenceResult, Scene, SceneResult, StoryResult


@dataclass(frozen=True)
class Wanted:
    """An image that the story is to have; `name` for a reference, `format` for a scene."""

    role: ImageRole
    ordinal: int
    format: ImageFormat | None
    name: str | None
    prompt: str | None
    character_names: tuple[str, ...] = ()


def wanted_scenes(story: Story, result: StoryResult, formats: Sequence[ImageFormat]) -> dict[Wanted, str | None]:
    """Every scene of the storyboard, and any served beyond it, in each format, with its URL if there is one."""
    scenes = story.storyboard.scenes
    wanted: dict[Wanted, str | None] = {}
    for index in range(max(len(scenes), len(result.scenes))):
        served = result.scenes[index] if index < len(result.scenes) else None
        prompt: str | None
        names: tuple[str, ...]
        if index < len(scenes):
            prompt, names = scenes[index].prompt, characters_in(scenes[index], story.storyboard.characters)
        else:
            prompt, names = served.prompt if served is not None else None, ()
        for image_format in formats:
            url = _url_of(served, image_format)
            wanted[Wanted(ImageRole.SCENE, index, image_format, None, prompt, names)] = url
    return wanted


def wanted_references(result: StoryResult) -> dict[Wanted, str | None]:
    """The reference of each character and location that the service names, the first of each name."""
    wanted: dict[Wanted, str | None] = {}
    for role, references in ((ImageRole.CHARACTER, result.characters), (ImageRole.LOCATION, result.locations)):
        first: dict[str, ReferenceResult] = {}
        for reference in references:
            first.setdefault(reference.name, reference)
        for ordinal, (name, reference) in enumerate(first.items()):
            wanted[Wanted(role, ordinal, None, name, None)] = reference.reference_url
    return wanted


def characters_in(scene: Scene, cast: Sequence[Cast]) -> tuple[str, ...]:
    """The characters of a scene: those it lists by name, else those whose name its prompt says as a word."""
    listed = [name for name in scene.characters or () if isinstance(name, str)]
    if listed:
        return tuple(dict.fromkeys(listed))
    return tuple(
        member.name
        for member in cast
        if re.search(rf"(?<!\w){re.escape(member.name)}(?!\w)", scene.prompt, re.IGNORECASE)
    )


def _url_of(served: SceneResult | None, image_format: ImageFormat) -> str | None:
    return served.images.get(image_format) if served is not None else None


def finished_scenes(story: Story, result: StoryResult) -> StoryResult:
    """The scenes of a partial answer at their places in the storyboard; those that cannot be told are left out.

    A service may list what is finished without gaps, so that only the prompt says which scene it is.
    """
    prompts = [_nfc(scene.prompt) for scene in story.storyboard.scenes]
    places: list[SceneResult | None] = [None] * len(prompts)
    for position, served in enumerate(result.scenes):
        if served is None or served.prompt is None:
            continue
        alike = [index for index, prompt in enumerate(prompts) if prompt == _nfc(served.prompt)]
        index = position if position in alike else alike[0] if len(alike) == 1 else None
        if index is not None:
            places[index] = served
    return result.model_copy(update={"scenes": places})


def mismatch(story: Story, result: StoryResult) -> str | None:
    """Why a completed answer is not this storyboard's, or None: the prompts it repeats stand in the same order."""
    for index, (scene, served) in enumerate(zip(story.storyboard.scenes, result.scenes, strict=False)):
        if served is not None and served.prompt is not None and _nfc(served.prompt) != _nfc(scene.prompt):
            return f"scene {index + 1} of the answer has another prompt than the storyboard"
    return None


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)
