"""The page of settings is what the code says."""

from configs.reference import PAGE, renewed_page, settings_table
from stories.config import SECTIONS


def test_the_page_of_settings_has_the_tables_of_today() -> None:
    page = PAGE.read_text("utf-8")
    assert renewed_page(page) == page, "run: make settings"


def test_the_tables_have_a_row_for_every_setting_with_its_meaning() -> None:
    rows = [line for line in settings_table().splitlines() if line.startswith("| `")]
    assert len(rows) == sum(len(settings.model_fields) for settings in SECTIONS.values())
    assert all(row.rstrip("| ").rpartition("| ")[2].endswith(".") for row in rows)
