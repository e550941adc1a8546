"""Artifacts on the page of a run: the progress of each shard, and the summary of the run."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

import httpx
from prefect.artifacts import (
    acreate_link_artifact,
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)

from stories.batch.progress import ShardProgress
from stories.dataset.run_record import RunSummary

_log = logging.getLogger(__name__)

_UPDATE_SECONDS = 1.0
"""Time between two updates. An update costs the server about 7 ms (measured); nobody needs more than one a second."""
_MOST_ROWS = 500


@asynccontextmanager
async def progress_shown(shard: ShardProgress) -> AsyncIterator[None]:
    """Keep a progress artifact of the shard up to date while the block runs."""
    artifact_id = await acreate_progress_artifact(progress=0.0, key="progress", description="Stories settled")
    updates = asyncio.create_task(_keep_updated(artifact_id, shard))
    try:
        yield
    finally:
        updates.cancel()
        await asyncio.gather(updates, return_exceptions=True)
        await _update(artifact_id, shard)


async def show_run(summary: RunSummary) -> None:
    """Write the summary as markdown, a link to the gallery, and a table of the troubles of the run."""
    await acreate_markdown_artifact(_summary_page(summary), key="summary", description="Summary of the run")
    if summary.gallery is not None:
        link = summary.gallery if "://" in summary.gallery else Path(summary.gallery).as_uri()
        await acreate_link_artifact(link, key="gallery", description="The stories of the run on one page")
    if summary.troubles:
        rows = [trouble.model_dump(mode="json") for trouble in summary.troubles[:_MOST_ROWS]]
        more = len(summary.troubles) - len(rows)
        description = f"{more} more are in the dead letters on the target" if more else "Every trouble of the run"
        await acreate_table_artifact(rows, key="troubles", description=description)


async def _keep_updated(artifact_id: UUID, shard: ShardProgress) -> None:
    while True:
        await shard.changed.wait()
        shard.changed.clear()
        await _update(artifact_id, shard)
        await asyncio.sleep(_UPDATE_SECONDS)


async def _update(artifact_id: UUID, shard: ShardProgress) -> None:
    try:
        await aupdate_progress_artifact(
            artifact_id=artifact_id, progress=100.0 * shard.finished / max(1, len(shard.outcomes))
        )
    except httpx.HTTPError as exc:  # a display that fails must not end the run
        _log.warning("the progress artifact was not updated: %s", type(exc).__name__)


def _summary_page(summary: RunSummary) -> str:
    counts = summary.counts.model_dump()
    lines = [f"# {counts['completed']} stories, {summary.images} images", "", f"Target: `{summary.target}`", ""]
    lines += [f"Gallery: `{summary.gallery}`", ""] if summary.gallery is not None else []
    lines += ["| what | how many |", "|---|---|"]
    lines += [f"| {name.replace('_', ' ')} | {number:,} |" for name, number in counts.items()]
    lines += [f"| bytes | {summary.bytes:,} |", f"| cost | {summary.cost_eur} EUR |"]
    lines += [f"| seconds | {summary.seconds:.1f} |", ""]
    if summary.qa_flags:
        lines += ["| images to look at | how many |", "|---|---|"]
        lines += [f"| {flag.replace('_', ' ')} | {number:,} |" for flag, number in summary.qa_flags.items()]
        lines += [""]
    lines += [f"- {note}" for note in summary.notes]
    return "\n".join(lines)
