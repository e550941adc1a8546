"""The record of a run beside the dataset: what it was asked, under which settings, and what it came to."""

import json
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue, TypeAdapter

from stories.batch.balance import difference_note, unexplained_eur
from stories.batch.report import RunReport, Trouble
from stories.clock import Clock
from stories.config import Terms
from stories.dataset import layout
from stories.storage.store import Store
from stories.strict_json import JsonObject

_RECEIPT_VERSION = 1
_TERMS = TypeAdapter(Terms)


async def open_run(
    store: Store, run_id: str, *, source: str, terms: Terms, clock: Clock, balance_eur: Decimal | None
) -> None:
    """Write the receipt as it is before anything is sent: the source and the resolved settings, the key masked."""
    await _write(
        store,
        run_id,
        {
            "receipt_version": _RECEIPT_VERSION,
            "run_id": run_id,
            "source": source,
            "started_at": clock.now().isoformat(),
            "balance_before_eur": _text(balance_eur),
            "settings": _TERMS.dump_python(terms, mode="json"),
        },
    )


async def close_run(
    store: Store, run_id: str, report: RunReport, *, ended_at: datetime, balance_eur: Decimal | None
) -> RunReport:
    """Complete the receipt with counts and money, and write the dead letters if there are any.

    Gives the report with a note when the balance does not agree with it.
    """
    content = await store.read(layout.run_key(run_id))
    receipt: JsonObject = json.loads(content) if content is not None else {"run_id": run_id}
    money = report.carry.money
    receipt |= {"ended_at": ended_at.isoformat(), "balance_after_eur": _text(balance_eur)}
    receipt |= {"money": money.model_dump(mode="json"), "balance_unexplained_eur": None}
    before = receipt.get("balance_before_eur")
    if isinstance(before, str) and balance_eur is not None:
        unexplained = unexplained_eur(Decimal(before), balance_eur, money, report.cost_eur)
        receipt["balance_unexplained_eur"] = _text(unexplained)
        if unexplained:
            note = difference_note(Decimal(before), balance_eur, unexplained)
            report = report.model_copy(update={"notes": (*report.notes, note)})
    receipt |= report.model_dump(mode="json", exclude={"troubles", "carry"})
    await _write(store, run_id, receipt)
    if report.troubles:
        lines = [_dead_letter(trouble, run_id) for trouble in report.troubles]
        await store.publish(layout.dead_letter_key(run_id), "\n".join(lines).encode("utf-8", "replace"))
    return report


def _dead_letter(trouble: Trouble, run_id: str) -> str:
    """One line. The input of a story is in a shard of the run, by its story id; that of an invalid one is its label."""
    document: dict[str, JsonValue] = {"run_id": run_id, **trouble.model_dump(mode="json")}
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


def _text(eur: Decimal | None) -> str | None:
    return None if eur is None else f"{eur:f}"


async def _write(store: Store, run_id: str, receipt: JsonObject) -> None:
    content = json.dumps(receipt, ensure_ascii=False, indent=1, sort_keys=True).encode("utf-8", "replace")
    await store.publish(layout.run_key(run_id), content)
