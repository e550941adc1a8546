"""`depicta dataset verify`: reads a dataset again, and repairs it without paying for anything."""

import random
import secrets
import time
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from cli.console import print_json, printable, stderr_console
from cli.exit_codes import ExitCode
from cli.options import AsJson, Config, Studio, Target, profile_of

if TYPE_CHECKING:
    from cli.progress import RunProgress
    from stories.config import RunConfig
    from stories.dataset.audit.findings import Audit, Finding
    from stories.maintenance.repair import Inspection, Mend

_MOST_FINDINGS = 50

Repair = Annotated[bool, typer.Option("--repair", help="Mend what can be mended without paying.")]


def verify(
    target: Target, repair: Repair = False, config: Config = None, studio: Studio = False, as_json: AsJson = False
) -> int:
    """Read every image, row and record of TARGET again. The exit code is 6 if a fault is found and not mended.

    With --repair, missing and broken files are built again from the rest of the dataset, or fetched again from the job
    that was paid for. Nothing is sent, and no image is removed.
    """
    import asyncio

    from cli.local_studio import studio_running
    from cli.progress import run_progress

    started = time.monotonic()
    with run_progress(quiet=as_json) as progress, studio_running(target) if studio and repair else nullcontext():
        found = asyncio.run(_inspect(target, _config(profile_of(config, studio=studio)) if repair else None, progress))
    seconds = time.monotonic() - started
    if as_json:
        print_json(_document(target, found, seconds))
    else:
        _show(found, seconds, target, repair=repair)
    return ExitCode.STORIES_LEFT if found.left else ExitCode.SUCCESS


def _config(profile: str | None) -> "RunConfig":
    from configs.loading import load_config
    from configs.options import RunOptions
    from stories.config import require_sendable

    return require_sendable(load_config(RunOptions(profile=profile, no_cap=True)))  # nothing is sent, so no cap


async def _inspect(target: str, config: "RunConfig | None", progress: "RunProgress") -> "Inspection":
    from stories.errors import TargetUnusable
    from stories.maintenance.repair import inspect
    from stories.target import open_target

    def show_audit(audit: "Audit") -> None:
        words = f"{audit.images:,} images · {audit.bytes / 1e6:,.0f} MB · {len(audit.findings):,} findings"
        progress.stories(audit.stories, audit.expected_stories, words)

    def show_mend(mend: "Mend") -> None:
        progress.step(f"{'mended' if mend.is_mended else 'left'}: {mend.finding.key}")

    async with open_target(target, run_id="verify", state_directory=None) as dataset:
        if dataset is None:
            raise TargetUnusable(f"{target}: no dataset yet")
        jitter = random.Random()  # noqa: S311 - it spreads waits and guards nothing
        return await inspect(
            dataset,
            config,
            jitter,
            new_nonce=lambda: secrets.token_hex(8),
            on_progress=show_audit,
            on_mend=show_mend,
        )


def _document(target: str, found: "Inspection", seconds: float) -> dict[str, JsonValue]:
    mends = {mend.finding: mend for mend in found.mends}
    return {
        "target": target,
        "stories": found.audit.stories,
        "images": found.audit.images,
        "bytes": found.audit.bytes,
        "seconds": round(seconds, 1),
        "left": found.left,
        "findings": [_finding(it, mends.get(it)) for it in found.audit.findings],
    }


def _finding(finding: "Finding", mend: "Mend | None") -> JsonValue:
    return {
        "fault": finding.kind.value,
        "key": finding.key,
        "story_id": finding.story_id,
        "message": finding.message,
        "mended": mend.is_mended if mend is not None else False,
        "how": mend.how if mend is not None else None,
    }


def _show(found: "Inspection", seconds: float, target: str, *, repair: bool) -> None:
    from rich.table import Table
    from rich.text import Text

    audit, mends = found.audit, {mend.finding: mend for mend in found.mends}
    if audit.findings:
        table = Table("what", "where", "message", box=None, pad_edge=False, header_style="dim")
        for finding in audit.findings[:_MOST_FINDINGS]:
            mend = mends.get(finding)
            words = finding.message if mend is None else f"{finding.message}; {mend.how}"
            style = "green" if mend is not None and mend.is_mended else ""
            table.add_row(finding.kind.value.replace("_", " "), finding.key, Text(printable(words), style=style))
        stderr_console.print(table)
        if len(audit.findings) > _MOST_FINDINGS:
            stderr_console.print(f"… and {len(audit.findings) - _MOST_FINDINGS:,} more: --json has all of them")
    speed = "" if repair or not seconds else f" ({audit.bytes / 1e6 / seconds:,.1f} MB/s)"
    stderr_console.print(
        f"{audit.stories:,} stories, {audit.images:,} images, {audit.bytes / 1e6:,.1f} MB read in {seconds:,.1f} s"
        f"{speed}: {len(audit.findings):,} findings, {len(audit.findings) - found.left:,} mended"
    )
    if found.left and not repair:
        stderr_console.print(Text(f"mend what can be mended without paying: depicta dataset verify {target} --repair"))
