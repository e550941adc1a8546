from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pyarrow as pa
import pytest

from stories.api.wire import ImageFormat
from stories.dataset.layout import character_key, location_key, reference_id
from stories.dataset.model import SavedStory
from stories.dataset.rows import CommitStamp, image_table, story_table
from stories.storyboards.story import identify
from tests.doubles import saved_stories as saved

BATCH = CommitStamp(saved.LINEAGE, "b-1", saved.NOON)


def image_rows(*stories: SavedStory) -> list[dict[str, object]]:
    return image_table(stories, BATCH).to_pylist()


def story_row(story: SavedStory) -> dict[str, object]:
    (row,) = story_table([story], BATCH).to_pylist()
    return row


def test_a_scene_has_a_row_for_each_format_and_a_reference_one() -> None:
    story = saved.completed(scenes=2, formats=tuple(ImageFormat))
    rows = image_rows(story)
    assert [row["role"] for row in rows].count("scene") == 6
    assert [row["role"] for row in rows if row["role"] != "scene"] == [
        "character_reference",
        "character_reference",
        "location_reference",
    ]
    assert len({row["image_id"] for row in rows}) == len(rows) == 9


def test_a_scene_row_says_where_the_bytes_are_and_what_they_show() -> None:
    story = saved.completed()
    row = image_rows(story)[1]
    facts = story.images[1].facts
    assert facts is not None
    assert row["file_name"] == f"images/{story.story.story_id}/scene-02.png"
    assert (row["scene_index"], row["character_ids"]) == (1, [reference_id("Mira")])
    assert (row["mime_type"], row["format"], row["width"], row["height"]) == ("image/png", "png", 32, 24)
    assert (row["sha256"], row["phash"], row["size_bytes"]) == (facts.sha256, facts.phash, facts.size_bytes)
    assert (row["status"], row["ai_generated"], row["has_c2pa"], row["qa_flags"]) == ("ok", True, True, [])
    assert row["caption"] == "Scene 1 of 0. Style: gouache."
    assert (row["created_at"], row["downloaded_at"]) == (saved.NOON - timedelta(minutes=1), saved.NOON)
    assert (row["batch_id"], row["run_id"], row["run_date"]) == ("b-1", "r-0304", saved.LINEAGE.run_date)


def test_a_reference_row_names_its_character_or_location() -> None:
    mira, test, lighthouse = image_rows(saved.completed())[2:]
    assert (mira["character_id"], mira["location_id"], mira["scene_index"]) == (reference_id("Mira"), None, None)
    assert mira["caption"] == "Mira: a grey cat. Style: gouache."
    assert test["caption"] == "Test. Style: gouache."
    assert (lighthouse["character_id"], lighthouse["location_id"]) == (None, reference_id("Lighthouse"))


def test_an_image_that_could_not_be_had_is_a_row_without_a_file() -> None:
    row = image_rows(saved.partial(1))[1]
    assert (row["status"], row["error_code"], row["file_name"]) == ("missing", "not_served", None)
    assert (row["format"], row["width"], row["sha256"], row["has_c2pa"]) == ("png", None, None, None)


def test_a_story_row_tells_the_whole_story() -> None:
    story = saved.completed(2)
    row = story_row(story)
    assert (row["status"], row["attempt"], row["sample"], row["n_scenes"], row["n_scenes_ok"]) == (
        "completed",
        1,
        0,
        2,
        2,
    )
    assert row["source_uris"] == ["all.jsonl#3", "boards/2.json"]
    assert row["characters"][0] == {"id": reference_id("Mira"), "name": "Mira", "description": "a grey cat"}
    assert (row["n_characters"], row["n_locations"], len(row["locations"])) == (2, 1, 1)
    assert (row["cost"], row["currency"], row["cost_source"]) == (Decimal("0.30"), "EUR", "api")
    assert row["request_json"] == story.story.body.decode()
    assert row["response_json"] == '{"image_url":"https://images.example/a.png","job_id":"job-2"}'
    story_id = story.story.story_id
    assert row["character_file_names"] == [character_key(story_id, name, ImageFormat.PNG) for name in ("Mira", "Test")]
    assert row["location_file_names"] == [location_key(story_id, "Lighthouse", ImageFormat.PNG)]
    assert (row["schema_version"], row["flow_run_id"], row["api_version"]) == (1, "flow-1", "v1")


def test_scene_files_are_one_for_each_scene_in_order_and_png_by_preference() -> None:
    story = saved.completed(scenes=3, formats=(ImageFormat.WEBP, ImageFormat.PNG))
    without_second_png = tuple(image for image in story.images if image.key and not image.key.endswith("scene-02.png"))
    row = story_row(replace(story, images=tuple(reversed(without_second_png))))
    assert [name.rsplit("/", 1)[1] for name in row["scene_file_names"]] == [
        "scene-01.png",
        "scene-02.webp",
        "scene-03.png",
    ]


def test_a_story_that_was_never_made_is_a_row_without_images() -> None:
    row = story_row(saved.dead_letter(1))
    assert (row["status"], row["error_code"], row["n_scenes_ok"]) == ("dead_letter", "content_rejected", 0)
    assert (row["scene_file_names"], row["cost"], row["currency"], row["response_json"]) == ([], None, None, None)
    assert row["title"] == "The lighthouse cat 1"
    assert image_rows(saved.dead_letter(1)) == []


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
    assert story_row(replace(saved.completed(), cost_eur=cost_eur))["cost"] == expected


@pytest.mark.parametrize(
    ("seed", "expected"), [(7, 7), (True, None), ("7", None), (1 - 2**53, 1 - 2**53), (None, None), (1.5, None)]
)
def test_the_seed_of_a_storyboard_is_kept_when_it_is_an_integer(seed: object, expected: int | None) -> None:
    board = {"scenes": [{"prompt": "x"}], "seed": seed}
    story = identify(board, sample=0, source_uris=[])  # type: ignore[arg-type] - a storyboard may hold anything
    assert story_row(replace(saved.dead_letter(0), story=story))["seed"] == expected


def test_numbers_that_only_json_can_hold_do_not_stop_a_batch() -> None:
    story = replace(saved.completed(), response={"balance": 10**40, "x": 1e300})
    assert story_row(story)["response_json"] == f'{{"balance":{10**40},"x":1e+300}}'


def test_no_signature_reaches_a_row() -> None:
    signed = "https://images.example/a.png?sig=SECRET"
    image = replace(saved.missing_scene(saved.story(), 0, ImageFormat.PNG), error_message=f"GET {signed}: 403")
    story = replace(saved.completed(), images=(image,), error_message=signed, response={"result": {signed: [signed]}})
    tables: list[pa.Table] = [image_table([story], BATCH), story_table([story], BATCH)]
    assert not any("SECRET" in str(table.to_pylist()) for table in tables)
