from dataclasses import fields, replace
from datetime import timedelta

import pytest

from stories.api.wire import ImageFormat
from stories.dataset.image_rows import ImageRow, image_rows, image_table, saved_image, stream_image_rows
from stories.dataset.layout import reference_id
from stories.dataset.model import CommitStamp, ImageRole, ImageStatus, SavedImage, SavedStory
from stories.dataset.parts import build_part
from stories.dataset.schema import SCHEMAS, Table
from tests.doubles import saved_stories as saved

STAMP = CommitStamp(saved.LINEAGE, "b-1", saved.NOON)
NAMES = {reference_id(name): name for name in ("Mira", "Test", "Lighthouse")}


def rows_of(*stories: SavedStory) -> list[ImageRow]:
    return image_rows(image_table(stories, STAMP))


def without_look(image: SavedImage) -> SavedImage:
    return replace(image, facts=image.facts and replace(image.facts, look=""))


def test_a_row_has_a_field_for_each_column_in_the_same_order() -> None:
    assert [field.name for field in fields(ImageRow)] == SCHEMAS[Table.IMAGES].names


def test_a_scene_has_a_row_for_each_format_and_a_reference_one() -> None:
    rows = rows_of(saved.completed(scenes=2, formats=tuple(ImageFormat)))
    assert [row.role for row in rows].count(ImageRole.SCENE) == 6
    assert [row.role for row in rows if row.role is not ImageRole.SCENE] == [
        ImageRole.CHARACTER,
        ImageRole.CHARACTER,
        ImageRole.LOCATION,
    ]
    assert len({row.image_id for row in rows}) == len(rows) == 9


def test_a_scene_row_names_its_file_and_describes_the_bytes() -> None:
    story = saved.completed()
    row = rows_of(story)[1]
    facts = story.images[1].facts
    assert facts is not None
    assert row.file_name == f"images/{story.story.story_id}/scene-02.png"
    assert (row.scene_index, row.character_ids, row.reference) == (1, (reference_id("Mira"),), None)
    assert (row.mime_type, row.format, row.width, row.height) == ("image/png", ImageFormat.PNG, 32, 24)
    assert (row.sha256, row.phash, row.size_bytes) == (facts.sha256, facts.phash, facts.size_bytes)
    assert (row.status, row.ai_generated, row.has_c2pa, row.qa_flags) == (ImageStatus.OK, True, True, ())
    assert row.caption == "Scene 1 of 0. Style: gouache."
    assert (row.created_at, row.downloaded_at) == (saved.NOON - timedelta(minutes=1), saved.NOON)
    assert (row.batch_id, row.run_id, row.run_date) == ("b-1", "r-0304", saved.LINEAGE.run_date)


def test_a_reference_row_names_its_character_or_location() -> None:
    mira, test, lighthouse = rows_of(saved.completed())[2:]
    assert (mira.character_id, mira.location_id, mira.scene_index) == (reference_id("Mira"), None, None)
    assert mira.caption == "Mira: a grey cat. Style: gouache."
    assert test.caption == "Test. Style: gouache."
    assert (lighthouse.character_id, lighthouse.location_id) == (None, reference_id("Lighthouse"))
    assert lighthouse.reference == reference_id("Lighthouse")


def test_an_image_that_could_not_be_fetched_is_a_row_without_a_file() -> None:
    row = rows_of(saved.partial(1))[1]
    assert (row.status, row.error_code, row.file_name) == (ImageStatus.MISSING, "not_served", None)
    assert (row.format, row.width, row.sha256, row.has_c2pa) == (ImageFormat.PNG, None, None, None)


def test_a_story_that_was_never_made_has_no_rows() -> None:
    assert rows_of(saved.dead_letter(1)) == []


def test_no_signature_reaches_a_row() -> None:
    signed = "https://images.example/a.png?sig=SECRET"
    image = replace(saved.missing_scene(saved.story(), 0, ImageFormat.PNG), error_message=f"GET {signed}: 403")
    assert "SECRET" not in str(rows_of(replace(saved.completed(), images=(image,))))


def test_rows_are_read_back_from_a_part_as_they_were_written() -> None:
    stories = [saved.completed(number, formats=tuple(ImageFormat)) for number in range(60)]  # more rows than one batch
    part = build_part(image_table(stories, STAMP), Table.IMAGES).content
    written = sorted(rows_of(*stories), key=lambda row: row.image_id)
    assert sorted(stream_image_rows(part), key=lambda row: row.image_id) == written


def test_a_value_that_no_row_can_have_is_refused() -> None:
    table = image_table([saved.completed()], STAMP)
    place = table.schema.get_field_index("role")
    strange = table.set_column(place, table.schema.field(place), [["portrait"] * table.num_rows])
    with pytest.raises(ValueError, match="role"):
        image_rows(strange)


@pytest.mark.parametrize("story", [saved.completed(formats=tuple(ImageFormat)), saved.partial(1), saved.failed(2)])
def test_a_row_gives_back_the_image_that_it_was_made_from(story: SavedStory) -> None:
    for row, image in zip(rows_of(story), story.images, strict=True):
        assert saved_image(row, ordinal=image.ordinal, names=NAMES) == without_look(image)


def test_flags_of_the_image_alone_and_of_comparisons_are_told_apart_again() -> None:
    scene = saved.completed().images[0]
    assert scene.facts is not None
    flagged = replace(scene, facts=replace(scene.facts, flags=("flat",)), qa_flags=("near_dup",))
    (row,) = rows_of(replace(saved.completed(), images=(flagged,)))
    assert row.qa_flags == ("flat", "near_dup")
    assert saved_image(row, ordinal=0, names=NAMES) == without_look(flagged)


def test_an_image_whose_name_or_file_the_rows_do_not_tell_is_not_given_back() -> None:
    mira = rows_of(saved.completed())[2]
    with pytest.raises(ValueError, match="the name of mira-"):
        saved_image(mira, ordinal=0, names={})
    with pytest.raises(ValueError, match="does not describe the file"):
        saved_image(replace(mira, sha256=None), ordinal=0, names=NAMES)
