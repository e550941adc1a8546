import re
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from stories.api.wire import ImageFormat
from stories.dataset.card import CARD_COLUMNS, render_card
from stories.dataset.image_rows import image_table
from stories.dataset.marker import DatasetIdentity
from stories.dataset.model import CommitStamp, SavedStory
from stories.dataset.publication import publish
from stories.dataset.schema import SCHEMAS, Table
from stories.dataset.story_rows import story_table
from stories.storage.store import Store
from stories.storyboards.story import identify
from tests.doubles import saved_stories as saved
from tests.doubles.card_code import code_on_card
from tests.doubles.commit_logs import NewLog

IDENTITY = DatasetIdentity(saved.LINEAGE.dataset_id, saved.NOON, 1, "0.1.0")
BATCH = CommitStamp(saved.LINEAGE, "b-1", saved.NOON)
HOSTILE = "<script>alert(1)</script> | `x` [a](javascript:b) ![i](u) **b** # h \n\n--- \u202e\x00 _e_ https://evil @me"


def card(*stories: SavedStory) -> str:
    return render_card(IDENTITY, image_table(stories, BATCH), story_table(stories, BATCH).select(CARD_COLUMNS))


def entitled(number: int, title: str, style: str) -> SavedStory:
    board = {**saved.storyboard(number), "title": title, "style": style}
    return replace(saved.completed(number), story=identify(board, sample=0, source_uris=[]), title=title)


def test_the_card_counts_what_is_there() -> None:
    text = card(saved.completed(1, formats=tuple(ImageFormat)), saved.partial(2), saved.failed(3), saved.dead_letter(4))
    assert "4 stories, 10 images\n(0.01 MB). Runs: 2026-03-04." in text
    for line in (
        "| stories, completed | 1 |",
        "| stories, dead letter | 1 |",
        "| images, scene | 7 |",
        "| images, character reference | 2 |",
        "| images in webp | 2 |",
        "| images without a file | 3 |",
        "| cost | 0.60 EUR |",
        "| gouache | 4 |",
        "10 of 10 images carry a C2PA manifest",
    ):
        assert line in text


def test_the_front_matter_opens_the_manifest_and_never_the_images() -> None:
    """A config with `metadata.parquet` or `images/**` would have the loader read pictures as Parquet."""
    front_matter = yaml.safe_load(card(saved.completed()).split("---\n")[1])
    images, stories = front_matter["configs"]
    assert (images["config_name"], images["default"]) == ("images", True)
    assert images["data_files"] == [{"split": "train", "path": "manifest/images/**/*.parquet"}]
    assert stories["data_files"] == [{"split": "train", "path": "manifest/stories/**/*.parquet"}]
    assert front_matter["size_categories"] == ["n<1K"]


@pytest.mark.parametrize("table", Table)
def test_every_column_is_described(table: Table) -> None:
    lines = card(saved.completed()).split(f"### {table}\n")[1].split("###")[0]
    assert re.findall(r"^\| `(\w+)` \| `[^`]+` \| .+ \|$", lines, re.MULTILINE) == SCHEMAS[table].names


def test_the_first_picture_of_some_stories_is_shown() -> None:
    story = saved.completed()
    assert f'<img src="images/{story.story.story_id}/scene-01.png"' in card(story)
    assert "A look inside" not in card(saved.dead_letter(1))
    assert card(*(saved.completed(number) for number in range(20))).count("<img") == 6


def test_titles_and_styles_are_shown_as_the_text_that_they_are() -> None:
    text = card(entitled(1, HOSTILE, HOSTILE))

    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    assert set(re.findall(r"<([a-z]+)", without_code)) == {"img"}
    assert "\u202e" not in text
    assert "\x00" not in text
    rows = [line for line in text.splitlines() if "alert" in line]
    assert len(rows) == 2
    assert [len(re.findall(r"(?<!\\)\|", row)) for row in rows] == [4, 3]


async def test_the_code_on_the_card_runs(
    store: Store, new_log: NewLog, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What asks for no more than the dataset; the engines' own tests run the rest."""
    await new_log(store).commit([saved.completed(1)], batch_id="b-1", lineage=saved.LINEAGE)
    await publish(store, new_log(store), IDENTITY)
    monkeypatch.chdir(root)
    examples = [example for example in code_on_card(root) if not example.needs]
    for example in examples:
        exec(compile(example.code, "card", "exec"), {})  # noqa: S102 - the card's own code
    assert len(examples) == 4
