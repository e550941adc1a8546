from hashlib import sha256
from io import BytesIO
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stories.api.wire import ImageFormat
from stories.dataset.image_rows import image_table
from stories.dataset.model import CommitStamp
from stories.dataset.parts import ROW_GROUP_ROWS, build_part
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.story_rows import story_table
from tests.doubles import saved_stories as saved

BATCH = CommitStamp(saved.LINEAGE, "b-1", saved.NOON)


def test_rows_of_a_story_are_adjacent_and_in_reading_order() -> None:
    stories = [saved.completed(number, 3, (ImageFormat.WEBP, ImageFormat.PNG)) for number in range(6)]
    Random(1).shuffle(stories)  # noqa: S311 - no secret
    rows = pq.read_table(BytesIO(build_part(image_table(stories, BATCH), Table.IMAGES).content)).to_pylist()
    assert [row["story_id"] for row in rows] == sorted(row["story_id"] for row in rows)
    first = [(row["role"], row["scene_index"], row["format"]) for row in rows if row["story_id"] == rows[0]["story_id"]]
    scenes = [("scene", index, image_format) for index in range(3) for image_format in ("png", "webp")]
    references = [("location_reference", None, "png"), *[("character_reference", None, "png")] * 2]
    assert first == scenes + references


def test_a_part_is_measured_and_the_same_for_the_same_rows() -> None:
    table = story_table([saved.completed(1), saved.failed(2)], BATCH)
    part, again = build_part(table, Table.STORIES), build_part(table.slice(0), Table.STORIES)
    assert part == again
    assert (part.rows, part.sha256) == (2, sha256(part.content).hexdigest())


def test_a_part_is_compressed_sorted_and_indexed() -> None:
    table = image_table([saved.completed(number) for number in range(20)], BATCH)
    metadata = pq.ParquetFile(BytesIO(build_part(table, Table.IMAGES).content)).metadata
    group = metadata.row_group(0)
    assert metadata.num_row_groups == 1
    assert group.sorting_columns[0].column_index == SCHEMAS[Table.IMAGES].get_field_index("story_id")
    columns = [group.column(index) for index in range(group.num_columns)]
    assert {column.compression for column in columns} == {"ZSTD"}
    assert all(
        column.has_column_index and column.has_offset_index for column in columns if column.statistics is not None
    )
    assert any(column.has_dictionary_page for column in columns)
    assert ROW_GROUP_ROWS == 122_880


@pytest.mark.parametrize("table", Table)
def test_a_part_without_rows_has_the_full_schema(table: Table) -> None:
    content = build_part(SCHEMAS[table].empty_table(), table).content
    schema = pq.read_schema(BytesIO(content))
    assert schema.equals(SCHEMAS[table])
    assert schema.metadata == SCHEMAS[table].metadata
    assert b"description" in schema.field("story_id").metadata


def test_a_column_that_must_have_a_value_refuses_null() -> None:
    table = story_table([saved.completed(1)], BATCH)
    place = table.schema.get_field_index("story_id")
    with pytest.raises(pa.ArrowInvalid):
        build_part(table.set_column(place, table.schema.field(place), pa.array([None], pa.string())), Table.STORIES)
