"""The card of an export: what `load_dataset(folder)` reads, and people too."""

from collections.abc import Mapping
from importlib.resources import files

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, StrictUndefined, select_autoescape

from stories.dataset.marker import DatasetIdentity


def export_card(identity: DatasetIdentity, images: pa.Table, folder_of_split: Mapping[str, str]) -> str:
    """Markdown with YAML front matter that names the files of each split. Equal rows give equal text."""
    environment = Environment(
        autoescape=select_autoescape(default_for_string=False),  # nothing here comes from outside
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    template = environment.from_string(files("stories.dataset.export").joinpath("card.md.j2").read_text("utf-8"))
    return template.render(
        identity=identity,
        images=images.num_rows,
        stories=len(set(images["story_id"].to_pylist())),
        image_bytes=pc.sum(images["size_bytes"]).as_py(),
        with_c2pa=pc.sum(images["has_c2pa"]).as_py() or 0,
        folder_of_split=folder_of_split,
    )
