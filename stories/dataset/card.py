"""The card of a dataset: a README on its contents, its origin, and how to open it."""

from collections.abc import Iterator
from functools import partial
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, StrictUndefined, Template, select_autoescape

from stories.dataset.marker import DatasetIdentity
from stories.dataset.model import ImageStatus, StoryStatus
from stories.dataset.schema import Table, described_columns
from stories.text import escape_markdown

CARD_COLUMNS = (
    "story_id",
    "status",
    "title",
    "style",
    "cost",
    "currency",
    "n_scenes_ok",
    "scene_file_names",
    "run_date",
)

_SAMPLE_STORIES = 6
_MOST_STYLES = 20
_MOST_CHARACTERS = 80
_SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_Counts = list[tuple[str, int]]


def render_card(identity: DatasetIdentity, images: pa.Table, stories: pa.Table) -> str:
    """Return Markdown with YAML front matter for Hugging Face. Equal rows give equal text.

    `images` is the whole table, `stories` has `CARD_COLUMNS`.
    """
    files_of = images.filter(pc.field("status") == ImageStatus.OK.value)
    return _template().render(
        identity=identity,
        size_category=next((name for limit, name in _SIZE_CATEGORIES if files_of.num_rows < limit), "1M<n<10M"),
        stories=stories.num_rows,
        stories_by_status=_counts(stories, "status"),
        styles=_counts(stories, "style")[:_MOST_STYLES],
        images=files_of.num_rows,
        images_without_file=images.num_rows - files_of.num_rows,
        images_by_format=_counts(files_of, "format"),
        images_by_role=_counts(files_of, "role"),
        images_with_c2pa=pc.sum(files_of["has_c2pa"]).as_py() or 0,
        image_bytes=pc.sum(files_of["size_bytes"]).as_py() or 0,
        cost=pc.sum(stories["cost"]).as_py(),
        currencies=", ".join(word for word, _ in _counts(stories, "currency")),
        first_run_date=pc.min(stories["run_date"]).as_py(),
        last_run_date=pc.max(stories["run_date"]).as_py(),
        samples=list(_samples(stories)),
        tables=[(table.value, described_columns(table)) for table in Table],
    )


def _template() -> Template:
    environment = Environment(
        autoescape=select_autoescape(default_for_string=False),  # Markdown: the filter `plain` escapes foreign texts
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = partial(escape_markdown, max_characters=_MOST_CHARACTERS)
    return environment.from_string(files("stories.dataset").joinpath("card.md.j2").read_text("utf-8"))


def _counts(rows: pa.Table, column: str) -> _Counts:
    """Return the values of a column with their counts, most frequent first; null is not counted."""
    counted = rows.group_by(column).aggregate([(column, "count")]).to_pylist()
    words = [(row[column], row[f"{column}_count"]) for row in counted if row[column] is not None]
    return sorted(words, key=lambda it: (-it[1], it[0]))


def _samples(stories: pa.Table) -> Iterator[tuple[str, int, str]]:
    """Yield title, number of scenes and first image of some completed stories."""
    completed = stories.filter((pc.field("status") == StoryStatus.COMPLETED.value) & (pc.field("n_scenes_ok") > 0))
    for row in completed.sort_by("story_id").slice(0, _SAMPLE_STORIES).to_pylist():
        yield row["title"] or "Untitled", row["n_scenes_ok"], row["scene_file_names"][0]
