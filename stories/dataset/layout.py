"""Every key of a dataset, relative to the root of its target.

No segment of a key holds one of the words by which Hugging Face's loaders divide files into splits (`test`, `valid`
and so on): one file of that name would hide all others. Ids are checked for these words. In the slug of a reference,
the only place that a storyboard's words get into, such a word gets an `x` before it: a character called Test is stored
as `character-xtest-532eaabd.png`.
"""

import hashlib
import re
from datetime import date, datetime

from stories.api.wire import ImageFormat
from stories.text import make_slug, replace_lone_surrogates

IMAGES = "images"
MANIFEST = "manifest"
METADATA = "metadata.parquet"
CARD = "README.md"
META = "_meta"
MARKER = "_meta/dataset.json"
COMMITS = "_meta/commits"
STAGING = "_meta/staging"
REPLACEMENTS = "_meta/replacements"
RETIRED = "_meta/retired"
GALLERY = "gallery"
GALLERY_INDEX = "gallery/index.html"
GALLERY_ENTRIES = "_meta/gallery"
RUNS = "_meta/runs"
ICEBERG = "_meta/iceberg"
EXPORT = "export"
"""Holds a folder for each kind of export that was given no destination."""

_REFERENCE_SLUG_BYTES = 40
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_SPLIT_WORD = re.compile(
    r"(?<![a-z])(train|training|validation|valid|dev|val|test|testing|eval|evaluation)(?![a-z])", re.IGNORECASE
)
_COMMIT = re.compile(r"_meta/commits/(\d{12})\.json")
_REPLACEMENT = re.compile(r"_meta/replacements/(\d{12})\.json")
_STAGED = re.compile(r"_meta/staging/(\d{8}T\d{6}Z)_[A-Za-z0-9._-]+\.parts")
_PART = re.compile(r"manifest/[a-z]+/(dt=\d{4}-\d\d-\d\d)/part-[A-Za-z0-9._-]+\.parquet")
_READ_BARRIER = "-compaction-under-way-read-again.parquet"
_SET_ASIDE = re.compile(r"_meta/(?:replacements|retired)/(\d{8}T\d{6}Z)_[A-Za-z0-9._-]+\.parts")
_RUN = re.compile(r"_meta/runs/([A-Za-z0-9._-]+)\.json")
_INSTANT = "%Y%m%dT%H%M%SZ"


def reference_id(name: str) -> str:
    """Return the id of a character or location within its story: a slug to read, eight hex digits to be unique."""
    readable = without_split_words(make_slug(name, max_bytes=_REFERENCE_SLUG_BYTES))
    return f"{readable}-{hashlib.sha256(replace_lone_surrogates(name).encode()).hexdigest()[:8]}"


def without_split_words(text: str) -> str:
    """Return the text with an `x` before each word that loaders would take for the name of a split."""
    return _SPLIT_WORD.sub(r"x\1", text)


def scene_key(story_id: str, scene_index: int, image_format: ImageFormat) -> str:
    """Return `images/<story_id>/scene-01.png`: the number starts at 1, the index at 0; the format is the bytes' own."""
    return f"{IMAGES}/{_segment(story_id)}/scene-{scene_index + 1:02d}.{image_format.extension}"


def character_key(story_id: str, name: str, image_format: ImageFormat) -> str:
    """Return `images/<story_id>/character-<slug>-<8 hex>.png`."""
    return f"{IMAGES}/{_segment(story_id)}/character-{reference_id(name)}.{image_format.extension}"


def location_key(story_id: str, name: str, image_format: ImageFormat) -> str:
    """Return `images/<story_id>/location-<slug>-<8 hex>.png`."""
    return f"{IMAGES}/{_segment(story_id)}/location-{reference_id(name)}.{image_format.extension}"


def sidecar_key(story_id: str) -> str:
    """Return `images/<story_id>/story.json`: everything known of a story, beside its images."""
    return f"{IMAGES}/{_segment(story_id)}/story.json"


def part_key(table: str, run_date: date, batch_id: str) -> str:
    """Return `manifest/<images|stories>/dt=YYYY-MM-DD/part-<batch_id>.parquet`."""
    return f"{MANIFEST}/{table}/dt={run_date:%Y-%m-%d}/part-{_segment(batch_id)}.parquet"


def partition_of(key: str) -> str:
    """Return `dt=YYYY-MM-DD` of a part; raises `ValueError` for another key."""
    found = _PART.fullmatch(key)
    if found is None:
        raise ValueError(f"{key!r} is not the key of a part")
    return found[1]


def replacing_part_key(source: str, word: str, nonce: str) -> str:
    """Return `…/part-<word>-<nonce>.parquet` beside a part, for the part that replaces it."""
    return f"{source.rpartition('/')[0]}/part-{_segment(word)}-{_segment(nonce)}.parquet"


def read_barrier_key(part: str) -> str:
    """Return the key beside a new part that makes readers stop while its sources are replaced: no Parquet file."""
    return f"{part.removesuffix('.parquet')}{_READ_BARRIER}"


def is_read_barrier(key: str) -> bool:
    """Return True for the key of a read barrier."""
    return key.endswith(_READ_BARRIER)


def commit_key(version: int) -> str:
    """Return `_meta/commits/<12 digits>.json`."""
    return f"{COMMITS}/{version:012d}.json"


def commit_version_of(key: str) -> int | None:
    """Return the version whose commit record has this key, or None for another key."""
    found = _COMMIT.fullmatch(key)
    return int(found[1]) if found else None


def staged_key(staged_at: datetime, batch_id: str, nonce: str) -> str:
    """Return the key of a batch's parts until they are committed; no reader of Parquet files looks there."""
    return f"{STAGING}/{staged_at.strftime(_INSTANT)}_{_segment(batch_id)}_{_segment(nonce)}.parts"


def staged_at(key: str) -> datetime | None:
    """Return when the parts under this key were staged, by the clock of their writer; None for another key."""
    found = _STAGED.fullmatch(key)
    return _instant_of(found)


def replacement_record_key(version: int) -> str:
    """Return `_meta/replacements/<12 digits>.json`: the record that parts were replaced."""
    return f"{REPLACEMENTS}/{version:012d}.json"


def replacement_version_of(key: str) -> int | None:
    """Return the version whose replacement has this key, or None for another key."""
    found = _REPLACEMENT.fullmatch(key)
    return int(found[1]) if found else None


def replacement_staged_key(instant: datetime, nonce: str) -> str:
    """Return the key of new parts until they are shown in place of others."""
    return f"{REPLACEMENTS}/{instant.strftime(_INSTANT)}_{_segment(nonce)}.parts"


def retired_key(instant: datetime, nonce: str) -> str:
    """Return the key under which replaced parts are kept for a while."""
    return f"{RETIRED}/{instant.strftime(_INSTANT)}_{_segment(nonce)}.parts"


def set_aside_at(key: str) -> datetime | None:
    """Return when the staged or retired object of a replacement was written; None for another key."""
    found = _SET_ASIDE.fullmatch(key)
    return _instant_of(found)


def run_key(run_id: str) -> str:
    """Return `_meta/runs/<run_id>.json`: the run record."""
    return f"{RUNS}/{_segment(run_id)}.json"


def run_id_of(key: str) -> str | None:
    """Return the run whose record has this key, or None for another key."""
    found = _RUN.fullmatch(key)
    return found[1] if found else None


def shard_key(run_id: str, shard: int) -> str:
    """Return `_meta/runs/<run_id>/shard-<nnnn>.jsonl`: the stories of one shard."""
    return f"{RUNS}/{_segment(run_id)}/shard-{shard:04d}.jsonl"


def dead_letter_key(run_id: str) -> str:
    """Return `_meta/deadletter/<run_id>.jsonl`: the stories that a run could not produce, with the reasons."""
    return f"{META}/deadletter/{_segment(run_id)}.jsonl"


def gallery_key(run_id: str, page: int = 1) -> str:
    """Return `gallery/<run_id>.html`, and `gallery/<run_id>.2.html` for the pages after the first."""
    return f"{GALLERY}/{_segment(run_id)}{'' if page == 1 else f'.{page}'}.html"


def gallery_entry_key(run_id: str) -> str:
    """Return `_meta/gallery/<run_id>.json`: the entry of a run in the index of the gallery."""
    return f"{GALLERY_ENTRIES}/{_segment(run_id)}.json"


def thumbnails_key(run_id: str, batch_id: str) -> str:
    """Return `_meta/thumbnails/<run_id>/<batch_id>.json`: small pictures of the images of a batch."""
    return f"{META}/thumbnails/{_segment(run_id)}/{_segment(batch_id)}.json"


def _segment(text: str) -> str:
    """Return the id if it can be a segment of a key; raises `ValueError` otherwise."""
    if not _SEGMENT.fullmatch(text) or _SPLIT_WORD.search(text):
        raise ValueError(f"{text!r} cannot be part of a key: 1-100 of A-Z a-z 0-9 . _ - and no word such as 'test'")
    return text


def _instant_of(match: re.Match[str] | None) -> datetime | None:
    return datetime.strptime(f"{match[1]}+0000", f"{_INSTANT}%z") if match else None
