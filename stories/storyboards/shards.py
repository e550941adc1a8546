"""Shards: slices of a run's stories as objects on the target, one story a line."""

import json
from collections.abc import Iterable, Iterator

from stories.storyboards.story import Story


def cut_shards(stories: Iterable[Story], size: int) -> Iterator[tuple[Story, ...]]:
    """Yield slices of `size` stories, in order; the last slice may be shorter."""
    shard: list[Story] = []
    for story in stories:
        shard.append(story)
        if len(shard) == size:
            yield tuple(shard)
            shard = []
    if shard:
        yield tuple(shard)


def encode_shard(stories: Iterable[Story]) -> bytes:
    """Return the content of a shard object."""
    lines = (
        json.dumps({"body": story.body.decode(), "sample": story.sample, "source_uris": story.source_uris})
        for story in stories
    )
    return "\n".join(lines).encode()


def decode_shard(content: bytes) -> tuple[Story, ...]:
    """Return the stories of a shard object."""
    lines = (json.loads(line) for line in content.splitlines())
    return tuple(
        Story.from_body(line["body"].encode(), sample=line["sample"], source_uris=line["source_uris"]) for line in lines
    )
