from dataclasses import fields, replace
from decimal import Decimal

import pytest

from stories.api.wire import ImageFormat
from stories.dataset.image_rows import image_rows, image_table
from stories.dataset.layout import character_key, location_key, reference_id
from stories.dataset.model import CommitStamp, CostSource, SavedStory, StoryStatus
from stories.dataset.parts import build_part
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.story_rows import CastEntry, StoryRow, saved_story, story_rows, story_table, stream_story_rows
from stories.storyboards.story import identify
from tests.doubles import saved_stories as saved

STAMP = CommitStamp(saved.LINEAGE, "b-1", saved.NOON)


def row_of(story: SavedStory) -> StoryRow:
    (row,) = story_rows(story_table([story], STAMP))
    return row


def without_looks(story: SavedStory) -> SavedStory:
    images = tuple(replace(it, facts=it.facts and replace(it.facts, look="")) for it in story.images)
    return replace(story, images=images)


def test_a_row_has_a_field_for_each_column_in_the_same_order() -> None:
    assert [field.name for field in fields(StoryRow)] == SCHEMAS[Table.STORIES].names


def test_a_story_row_tells_the_whole_story() -> None:
    story = saved.completed(2)
    row = row_of(story)
    assert (row.status, row.attempt, row.sample) == (StoryStatus.COMPLETED, 1, 0)
    assert (row.n_scenes, row.n_scenes_ok, row.n_characters, row.n_locations) == (2, 2, 2, 1)
    assert row.source_uris == ("all.jsonl#3", "boards/2.json")
    assert row.characters == (
        CastEntry(reference_id("Mira"), "Mira", "a grey cat"),
        CastEntry(reference_id("Test"), "Test", None),
    )
    assert [location.name for location in row.locations] == ["Lighthouse"]
    assert (row.cost, row.currency, row.cost_source) == (Decimal("0.30"), "EUR", CostSource.API)
    assert row.request_json == story.story.body.decode()
    assert row.response_json == '{"image_url":"https://images.example/a.png","job_id":"job-2"}'
    story_id = story.story.story_id
    assert row.character_file_names == tuple(character_key(story_id, it, ImageFormat.PNG) for it in ("Mira", "Test"))
    assert row.location_file_names == (location_key(story_id, "Lighthouse", ImageFormat.PNG),)
    assert (row.schema_version, row.flow_run_id, row.api_version) == (1, "flow-1", "v1")
    assert row.stamp == STAMP


def test_scene_files_are_one_for_each_scene_in_order_and_png_by_preference() -> None:
    story = saved.completed(scenes=3, formats=(ImageFormat.WEBP, ImageFormat.PNG))
    without_second_png = tuple(image for image in story.images if image.key and not image.key.endswith("scene-02.png"))
    row = row_of(replace(story, images=tuple(reversed(without_second_png))))
    assert [name.rsplit("/", 1)[1] for name in row.scene_file_names] == [
        "scene-01.png",
        "scene-02.webp",
        "scene-03.png",
    ]


def test_a_story_that_was_never_made_is_a_row_without_images() -> None:
    row = row_of(saved.dead_letter(1))
    assert (row.status, row.error_code, row.n_scenes_ok) == (StoryStatus.DEAD_LETTER, "content_rejected", 0)
    assert (row.scene_file_names, row.cost, row.currency, row.response_json) == ((), None, None, None)
    assert row.title == "The lighthouse cat 1"


@pytest.mark.parametrize(
    ("cost_eur", "expected"),
    [
        (Decimal("0.1234567"), Decimal("0.123457")),
        (Decimal("1E+9"), Decimal(10**9)),
        (Decimal("1E+12"), None),
        (Decimal("999999999999.9999999"), None),
        (None, None),
    ],
)
def test_a_cost_that_the_column_cannot_hold_is_null(cost_eur: Decimal | None, expected: Decimal | None) -> None:
    assert row_of(replace(saved.completed(), cost_eur=cost_eur)).cost == expected


@pytest.mark.parametrize(
    ("seed", "expected"), [(7, 7), (True, None), ("7", None), (1 - 2**53, 1 - 2**53), (None, None), (1.5, None)]
)
def test_the_seed_of_a_storyboard_is_kept_when_it_is_an_integer(seed: object, expected: int | None) -> None:
    board = {"scenes": [{"prompt": "x"}], "seed": seed}
    story = identify(board, sample=0, source_uris=[])  # type: ignore[arg-type] - a storyboard may hold anything
    assert row_of(replace(saved.dead_letter(0), story=story)).seed == expected


def test_numbers_that_only_json_can_hold_do_not_stop_a_batch() -> None:
    story = replace(saved.completed(), response={"balance": 10**40, "x": 1e300})
    assert row_of(story).response_json == f'{{"balance":{10**40},"x":1e+300}}'


def test_no_signature_reaches_a_row() -> None:
    signed = "https://images.example/a.png?sig=SECRET"
    story = replace(saved.completed(), error_message=signed, response={"result": {signed: [signed]}})
    assert "SECRET" not in str(row_of(story))


def test_rows_are_read_back_from_a_part_as_they_were_written() -> None:
    stories = [saved.completed(number) for number in range(600)]  # more rows than one batch
    part = build_part(story_table(stories, STAMP), Table.STORIES).content
    written = sorted(map(row_of, stories), key=lambda row: row.story_id)
    assert list(stream_story_rows(part)) == written


def test_a_value_that_no_row_can_have_is_refused() -> None:
    table = story_table([saved.completed()], STAMP)
    place = table.schema.get_field_index("status")
    with pytest.raises(ValueError, match="status"):
        story_rows(table.set_column(place, table.schema.field(place), [["lost"]]))


@pytest.mark.parametrize(
    "story",
    [saved.completed(1, formats=tuple(ImageFormat)), saved.partial(2), saved.failed(3), saved.dead_letter(4)],
    ids=lambda story: story.status,
)
def test_the_rows_of_a_story_give_back_the_story_that_was_saved(story: SavedStory) -> None:
    titled = replace(story, title=story.title or story.story.title)
    assert saved_story(row_of(story), image_rows(image_table([story], STAMP))) == without_looks(titled)


def test_references_come_back_in_the_order_of_the_story_whatever_the_order_of_their_rows() -> None:
    story = saved.completed()
    scenes, references = story.images[:2], story.images[2:]
    shuffled = image_rows(image_table([replace(story, images=(*scenes, *reversed(references)))], STAMP))
    assert saved_story(row_of(story), shuffled) == without_looks(story)


def test_a_story_with_a_character_that_its_storyboard_does_not_name_is_not_given_back() -> None:
    story = saved.completed()
    row = replace(row_of(story), characters=())
    with pytest.raises(ValueError, match="the name of mira-"):
        saved_story(row, image_rows(image_table([story], STAMP)))
