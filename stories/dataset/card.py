"""The card: a README that says what is in the dataset, where it comes from, and how to open it."""

import html
import re
import unicodedata
from collections.abc import Iterator
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, StrictUndefined, Template, select_autoescape

from stories.dataset.marker import DatasetIdentity
from stories.dataset.model import ImageStatus, StoryStatus
from stories.dataset.schema import Table, described_columns

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
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~:@])")
_SIZE_CATEGORIES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_Counts = list[tuple[str, int]]


def render_card(identity: DatasetIdentity, images: pa.Table, stories: pa.Table) -> str:
    """Markdown with YAML front matter for Hugging Face; `stories` has `CARD_COLUMNS`. Equal rows give equal text."""
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
        autoescape=select_autoescape(default_for_string=False),  # Markdown: `plain` escapes what comes from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    return environment.from_string(files("stories.dataset").joinpath("card.md.j2").read_text("utf-8"))


def plain(text: str) -> str:
    """Any text as one short line that Markdown and HTML show as it is, inside a table too."""
    visible = "".join(" " if unicodedata.category(letter)[0] in "CZ" else letter for letter in text)
    line = " ".join(visible.split())
    short = line if len(line) <= _MOST_CHARACTERS else line[: _MOST_CHARACTERS - 1] + "…"
    return _MARKDOWN.sub(r"\\\1", html.escape(short, quote=False))


def _counts(rows: pa.Table, column: str) -> _Counts:
    """The values of a column and how often each is there, most frequent first; null is not counted."""
    counted = rows.group_by(column).aggregate([(column, "count")]).to_pylist()
    words = [(row[column], row[f"{column}_count"]) for row in counted if row[column] is not None]
    return sorted(words, key=lambda it: (-it[1], it[0]))


def _samples(stories: pa.Table) -> Iterator[tuple[str, int, str]]:
    """Title, number of scenes and first image of some completed stories."""
    completed = stories.filter((pc.field("status") == StoryStatus.COMPLETED.value) & (pc.field("n_scenes_ok") > 0))
    for row in completed.sort_by("story_id").slice(0, _SAMPLE_STORIES).to_pylist():
        yield row["title"] or "Untitled", row["n_scenes_ok"], row["scene_file_names"][0]
