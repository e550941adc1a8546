"""Each flag on a story that has it, and none on a story that has not."""

from dataclasses import replace

import pytest
from PIL import Image

from stories.api.wire import ImageFormat
from stories.dataset.image_rows import image_rows, image_table
from stories.dataset.images.similarity import Palettes
from stories.dataset.images.verification import verify_image
from stories.dataset.layout import character_key, scene_key
from stories.dataset.model import CommitStamp, ImageRole, ImageStatus, SavedImage, SavedStory, flags_of
from stories.dataset.quality.checks import QaFlag, QualityChecks
from stories.storage.store import Store
from tests.doubles import saved_stories as saved
from tests.doubles.commit_logs import NewLog
from tests.doubles.pictures import BLUE, GREEN, RED, WHITE, encoded, picture
from tests.doubles.pictures import figures_before as figures

STORY = saved.story(1, scenes=3)
ID = STORY.story_id
PNG = ImageFormat.PNG


def scene(index: int, shown: Image.Image, image_format: ImageFormat = PNG) -> SavedImage:
    return SavedImage(
        role=ImageRole.SCENE,
        ordinal=index,
        status=ImageStatus.OK,
        asked_format=image_format,
        character_names=("Mira",),
        key=scene_key(ID, index, image_format),
        facts=verify_image(encoded(shown, image_format)),
    )


def mira(shown: Image.Image) -> SavedImage:
    key = character_key(ID, "Mira", PNG)
    facts = verify_image(encoded(shown))
    return SavedImage(ImageRole.CHARACTER, 0, ImageStatus.OK, name="Mira", key=key, facts=facts)


def flags(*images: SavedImage, checks: QualityChecks | None = None, story_id: str = ID) -> list[list[str]]:
    return [flags_of(image) for image in (checks or QualityChecks()).checks(story_id, images)]


def pictures(count: int) -> list[Image.Image]:
    return [picture(seed, (96, 72)) for seed in range(count)]


def test_a_story_in_order_has_no_flags() -> None:
    assert flags(*(scene(index, shown) for index, shown in enumerate(pictures(3)))) == [[], [], []]


def test_a_scene_that_repeats_an_earlier_one() -> None:
    one, other = pictures(2)
    repeated = one.resize((96, 72)).point(lambda level: min(255, level + 3))
    images = scene(0, one), scene(1, other), scene(2, repeated)
    assert flags(*images) == [[], [], [QaFlag.REPEATED_SCENE]]


def test_the_formats_of_one_scene_do_not_repeat_each_other() -> None:
    (shown,) = pictures(1)
    assert flags(*(scene(0, shown, image_format) for image_format in ImageFormat)) == [[], [], []]


def test_a_picture_that_another_story_had_first() -> None:
    checks = QualityChecks()
    one, other = pictures(2)
    assert flags(scene(0, one), checks=checks, story_id="a") == [[]]
    assert flags(scene(0, other), scene(1, one), checks=checks, story_id="b") == [[], [QaFlag.NEAR_DUP]]


async def test_a_picture_that_was_committed_before_this_run(store: Store, new_log: NewLog) -> None:
    await new_log(store).commit([saved.completed(7)], batch_id="b-0", lineage=saved.LINEAGE)
    checks = QualityChecks()
    await checks.recall(store, new_log(store))
    await checks.recall(store, new_log(store))
    again = replace(saved.saved_scene(STORY, 0, PNG), ordinal=2)
    assert flags(again, checks=checks) == [[QaFlag.NEAR_DUP]]


async def test_a_part_that_cannot_be_read_does_not_end_a_run(store: Store, new_log: NewLog) -> None:
    await new_log(store).commit([saved.completed(7)], batch_id="b-0", lineage=saved.LINEAGE)
    await store.publish("manifest/images/dt=2026-03-04/part-b-0.parquet", b"broken")
    checks = QualityChecks()
    await checks.recall(store, new_log(store))
    assert flags(replace(saved.saved_scene(STORY, 0, PNG), ordinal=2), checks=checks) == [[]]


def test_pictures_without_a_shape_are_flagged_for_that_alone() -> None:
    blank = Image.new("RGB", (96, 72), (9, 9, 9))
    assert flags(scene(0, blank), scene(1, blank)) == [["blank"], ["blank"]]
    fog = Image.effect_noise((96, 72), 6).convert("RGB")
    assert flags(scene(0, fog), scene(1, fog)) == [["flat"], ["flat"]]


def test_size_and_aspect_that_drift() -> None:
    images = [scene(index, shown) for index, shown in enumerate(pictures(4))]
    images[1] = scene(1, picture(1, (192, 144)))
    images[2] = scene(2, picture(2, (72, 72)))
    assert flags(*images) == [[], [QaFlag.SIZE_DRIFT], [QaFlag.SIZE_DRIFT, QaFlag.ASPECT_DRIFT], []]


def test_a_character_without_the_colours_of_its_reference() -> None:
    images = mira(figures(WHITE, RED)), scene(0, figures(GREEN, RED)), scene(1, figures(GREEN, BLUE, BLUE))
    judged = QualityChecks().checks(ID, images)
    assert [flags_of(image) for image in judged] == [[], [], [QaFlag.LOW_CHAR_SIMILARITY]]
    assert [image.char_similarity for image in judged] == [None, pytest.approx(1.0), pytest.approx(0.0)]
    assert all((image.style_similarity or 0) > 0.5 for image in judged[1:])


def test_flags_and_similarities_are_in_the_rows() -> None:
    judged = QualityChecks().checks(
        ID, [mira(figures(WHITE, RED)), scene(0, figures(GREEN, BLUE)), scene(1, picture(3))]
    )
    story = SavedStory(STORY, saved.StoryStatus.COMPLETED, 1, None, "job-1", images=judged)
    rows = image_rows(image_table([story], CommitStamp(saved.LINEAGE, "b-1", saved.NOON)))
    assert [list(row.qa_flags) for row in rows] == [flags_of(image) for image in judged]
    assert "low_char_similarity" in rows[1].qa_flags
    assert rows[1].char_similarity == pytest.approx(0.0)
    assert 0 <= (rows[1].style_similarity or -1) <= 1


def test_how_alike_is_too_little_is_a_setting() -> None:
    images = mira(figures(WHITE, RED, BLUE)), scene(0, figures(GREEN, RED))
    (similarity,) = [
        image.char_similarity for image in QualityChecks().checks(ID, images) if image.char_similarity is not None
    ]
    for low, expected in ((similarity, []), (similarity + 0.01, [QaFlag.LOW_CHAR_SIMILARITY])):
        assert flags(*images, checks=QualityChecks(low_char_similarity=low)) == [[], expected]


class Failing(Palettes):
    def look(self, image: Image.Image) -> str:
        raise RuntimeError("out of memory")

    def of_style(self, look: str, others: object) -> float | None:
        raise RuntimeError("no model")


def test_a_likeness_that_fails_costs_no_image() -> None:
    images = tuple(scene(index, shown) for index, shown in enumerate(pictures(2)))
    assert QualityChecks(Failing()).checks(ID, images) == images
    (shown,) = pictures(1)
    assert verify_image(encoded(shown), likeness=Failing()) == replace(verify_image(encoded(shown)), look="")
