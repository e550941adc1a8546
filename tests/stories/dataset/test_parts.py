from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from random import Random

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from stories.api.wire import ImageFormat
from stories.dataset.image_rows import image_table
from stories.dataset.model import CommitStamp
from stories.dataset.parts import ROW_GROUP_ROWS, build_part, read_part, stream_part
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


def test_a_part_is_read_back_whole_by_columns_and_by_rows() -> None:
    table = story_table([saved.completed(number) for number in range(4)], BATCH).sort_by("story_id")
    content = build_part(table, Table.STORIES).content
    assert read_part(content, Table.STORIES) == table
    some = read_part(content, Table.STORIES, ["title", "n_scenes"], where=pc.field("story_id") == table["story_id"][2])
    assert some == table.select(["title", "n_scenes"]).slice(2, 1)


def test_a_part_is_streamed_in_its_order() -> None:
    table = image_table([saved.completed(number) for number in range(120)], BATCH)
    content = build_part(table, Table.IMAGES).content
    batches = list(stream_part(content, Table.IMAGES))
    assert [batch.num_rows for batch in batches] == [512, 600 - 512]
    assert pa.concat_tables(batches) == read_part(content, Table.IMAGES)


@pytest.mark.parametrize("read", [read_part, lambda content, table: pa.concat_tables(stream_part(content, table))])
def test_a_part_of_an_older_or_a_newer_schema_has_the_columns_of_today(read: Callable[..., pa.Table]) -> None:
    table = story_table([saved.completed(1)], BATCH)
    file = BytesIO()
    pq.write_table(table.drop_columns(["seed", "extra_json"]).append_column("later", [["new"]]), file)
    rows = read(file.getvalue(), Table.STORIES)
    assert rows.schema == SCHEMAS[Table.STORIES]
    assert rows.drop_columns(["seed", "extra_json"]) == table.drop_columns(["seed", "extra_json"])
    assert rows["seed"].to_pylist() == rows["extra_json"].to_pylist() == [None]


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not at all"])
def test_bytes_that_are_no_parquet_file_are_refused(content: bytes) -> None:
    with pytest.raises(pa.ArrowInvalid):
        read_part(content, Table.STORIES)
    with pytest.raises(pa.ArrowInvalid):
        list(stream_part(content, Table.STORIES))
