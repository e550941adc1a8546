"""`depicta batch reconcile` and `depicta batch resolve`: settle doubts by evidence or by a person's decision."""

import os
import pwd
import random
import socket
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer
from pydantic import JsonValue

from cli.console import print_json, printable, stderr_console
from cli.exit_codes import ExitCode
from cli.options import AsJson, Config, Studio, Target, profile_of

if TYPE_CHECKING:
    from stories.config import LedgerConfig, RunConfig
    from stories.ledger.events import Decision
    from stories.ledger.operators import Settlement
    from stories.ledger.reconciliation import Consent, Reconciliation

Policy = Annotated[
    str | None, typer.Option(help="Set the doubt policy: hold, resubmit_if_absent_proven or resubmit_after_confirm.")
]
Adopt = Annotated[bool, typer.Option("--adopt", help="Adopt matching jobs that may belong to another program.")]
Confirm = Annotated[bool, typer.Option("--confirm", help="Confirm the resubmits of `resubmit_after_confirm` once.")]
StoryId = Annotated[str, typer.Argument(help="Id of the story, from `depicta batch status`.")]
Resubmit = Annotated[bool, typer.Option("--resubmit", help="Send the story again; it may be charged twice.")]
Abandon = Annotated[bool, typer.Option("--abandon", help="Never send the story again.")]
Reason = Annotated[str, typer.Option(help="Record this reason with your name.")]


def reconcile(
    target: Target,
    policy: Policy = None,
    adopt: Adopt = False,
    confirm: Confirm = False,
    config: Config = None,
    studio: Studio = False,
    as_json: AsJson = False,
) -> int:
    """Find the jobs of the stories in doubt on TARGET, and show the evidence for each doubt that remains."""
    import asyncio

    from cli.local_studio import studio_running
    from configs.loading import load_config
    from configs.options import RunOptions
    from stories.config import require_sendable
    from stories.ledger.reconciliation import Consent

    consent = Consent(may_adopt=adopt, confirmed_by=_person() if confirm else None)
    with studio_running(target) if studio else nullcontext():
        # No cap is needed, because nothing is sent.
        options = RunOptions(profile=profile_of(config, studio=studio), no_cap=True)
        settings = require_sendable(load_config(options))
        settings = settings.model_copy(update={"ledger": _with_policy(settings.ledger, policy)})
        found = asyncio.run(_reconcile(target, settings, consent))
    if as_json:
        print_json(_document(found))
    else:
        _show(found, target)
    return ExitCode.STORIES_LEFT if found is not None and found.open_doubts else ExitCode.SUCCESS


async def _reconcile(target: str, config: "RunConfig", consent: "Consent") -> "Reconciliation | None":
    from stories.batch.reconciler import reconcile_target
    from stories.target import open_target

    async with open_target(target, run_id="reconcile", state_directory=config.state_directory) as dataset:
        if dataset is None:
            return None
        jitter = random.Random()  # noqa: S311 - spreads waits, guards nothing
        return await reconcile_target(dataset, config, jitter, consent)


def _with_policy(ledger: "LedgerConfig", policy: str | None) -> "LedgerConfig":
    from stories.config import DoubtPolicy
    from stories.errors import ConfigurationError

    try:
        chosen = DoubtPolicy(policy or ledger.doubt_policy)
    except ValueError as exc:
        raise ConfigurationError(f"--policy {policy!r}: give one of {', '.join(DoubtPolicy)}") from exc
    return ledger.model_copy(update={"doubt_policy": chosen})


def resolve(
    target: Target,
    story_id: StoryId,
    reason: Reason,
    resubmit: Resubmit = False,
    abandon: Abandon = False,
    as_json: AsJson = False,
) -> int:
    """Decide about a held story on TARGET. The decision is recorded with your name and is final."""
    import asyncio

    from stories.errors import ConfigurationError
    from stories.ledger.events import Decision

    if resubmit == abandon:
        raise ConfigurationError("give either --resubmit or --abandon")
    decision = Decision.RESUBMIT if resubmit else Decision.ABANDON
    settlement = asyncio.run(_settle(target, story_id, decision, reason))
    if as_json:
        print_json(
            {
                "story_id": story_id,
                "decision": decision.value,
                "state": settlement.entry.state.value,
                "next_attempt": settlement.entry.next_attempt,
                "consequence": settlement.consequence,
            }
        )
    else:
        stderr_console.print(
            f"story {story_id}: {decision.value} is recorded; {printable(settlement.consequence)}", markup=False
        )
    return ExitCode.SUCCESS


async def _settle(target: str, story_id: str, decision: "Decision", reason: str) -> "Settlement":
    from stories.errors import DecisionRefused
    from stories.ledger.operators import settle
    from stories.target import open_target

    async with open_target(target, run_id="resolve", state_directory=None) as dataset:
        if dataset is None:
            raise DecisionRefused(f"{target}: no dataset yet, so nothing is held")
        return await settle(dataset.ledger, story_id, decision, decided_by=_person(), reason=reason)


def _person() -> str:
    """Return the user of this command as `user@host`, or `uid-<number>@host` for a user without a name."""
    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        user = f"uid-{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def _document(found: "Reconciliation | None") -> dict[str, JsonValue]:
    if found is None:
        return {"taken_up": 0, "voided": 0, "adopted": [], "resubmitted": [], "held": [], "notes": []}
    return {
        "taken_up": found.recovery.jobs + found.finished,
        "voided": found.recovery.voided,
        "adopted": [{"story_id": it.story_id, "attempt": it.attempt, "job_id": it.job_id} for it in found.adopted],
        "resubmitted": list(found.resubmitted),
        "held": [
            {"story_id": it.story_id, "attempt": it.attempt, "why": it.why.value, "message": it.message}
            for it in found.open_doubts
        ],
        "notes": list(found.notes),
    }


def _show(found: "Reconciliation | None", target: str) -> None:
    from rich.table import Table
    from rich.text import Text

    if found is None:
        stderr_console.print(Text(f"{target}: no dataset yet"))
        return
    resumed = found.recovery.jobs + found.finished
    stderr_console.print(
        f"{resumed:,} jobs resumed from dead processes, {len(found.adopted):,} adopted, "
        f"{found.recovery.voided:,} attempts that never ran, {len(found.resubmitted):,} stories to send again; "
        f"{len(found.open_doubts):,} in doubt"
    )
    for note in found.notes:
        stderr_console.print(Text(printable(note), style="yellow"))
    if found.open_doubts:
        table = Table("in doubt", "reason", "evidence", box=None, pad_edge=False, header_style="dim")
        for it in found.open_doubts:
            table.add_row(it.story_id, it.why.value, Text(printable(it.message)))
        stderr_console.print(table)
        stderr_console.print(
            Text(f"decide with: depicta batch resolve {target} STORY_ID --resubmit|--abandon --reason TEXT")
        )
