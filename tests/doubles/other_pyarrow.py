"""Another version of pyarrow: it writes equal rows with other bytes, and the log records those."""

import json
from io import BytesIO
from pathlib import Path

import pyarrow.parquet as pq

from stories.strict_json import JsonObject, sha256_hex


def written_otherwise(content: bytes) -> bytes:
    """Return the same rows as a Parquet file with another compression level and without indexes."""
    file = BytesIO()
    pq.write_table(pq.ParquetFile(BytesIO(content)).read(), file, compression="zstd", compression_level=9)
    return file.getvalue()


def rewrite_parts(root: Path) -> None:
    """Make the dataset the one that another pyarrow would have written: its live parts, and their hashes in the log."""
    rewritten = {path: written_otherwise(path.read_bytes()) for path in (root / "manifest").rglob("*.parquet")}
    for path, content in rewritten.items():
        path.write_bytes(content)
    facts = {
        path.relative_to(root).as_posix(): {"size_bytes": len(content), "sha256": sha256_hex(content)}
        for path, content in rewritten.items()
    }
    for record in [*root.glob("_meta/commits/*.json"), *root.glob("_meta/replacements/*.json")]:
        document: JsonObject = json.loads(record.read_text())
        for part in document["parts"].values():  # type: ignore[union-attr]
            part.update(facts.get(part["key"], {}))
        record.write_text(json.dumps(document))
