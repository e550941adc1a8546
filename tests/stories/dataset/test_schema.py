from pathlib import Path

import pyarrow as pa
import pytest

from stories.dataset.schema import SCHEMA_VERSION, SCHEMAS, Table, described_columns

GOLDEN = Path(__file__).parent / "golden"


def spelled(schema: pa.Schema) -> str:
    lines = (f"{field.name}: {field.type}{'' if field.nullable else ' not null'}" for field in schema)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("table", Table)
def test_the_schema_of_a_version_never_changes(table: Table) -> None:
    """A difference here needs a new `SCHEMA_VERSION`, a new file, and columns added at the end alone."""
    golden = (GOLDEN / f"{table}-{SCHEMA_VERSION}.txt").read_text("utf-8")
    assert spelled(SCHEMAS[table]) == golden


@pytest.mark.parametrize("table", Table)
def test_every_column_says_what_it_holds(table: Table) -> None:
    assert all(description for _, _, description in described_columns(table))
    assert SCHEMAS[table].metadata == {b"schema_version": str(SCHEMA_VERSION).encode()}


@pytest.mark.parametrize("table", Table)
def test_the_last_column_is_reserved_and_the_partition_has_a_name_of_its_own(table: Table) -> None:
    assert SCHEMAS[table].names[-1] == "extra_json"
    assert "dt" not in SCHEMAS[table].names
    assert len(set(SCHEMAS[table].names)) == len(SCHEMAS[table].names)


@pytest.mark.parametrize("table", Table)
def test_every_type_is_one_that_all_engines_read(table: Table) -> None:
    safe = {"string", "bool", "int32", "int64", "float", "double", "date32[day]", "timestamp[us, tz=UTC]"}
    safe |= {"decimal128(18, 6)", "list<item: string>"}
    safe |= {"list<item: struct<id: string, name: string, description: string>>"}
    assert {str(field.type) for field in SCHEMAS[table]} <= safe
