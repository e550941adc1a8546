"""What one send came to: the table of docs/protocol.md#decision-table, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from stories.api.submit import SendReport
from stories.api.wire import ErrorCode


class Outcome(StrEnum):
    """What is recorded for the attempt. `VOID`: provably not executed, so it may be sent again under a new attempt."""

    ACCEPTED = "accepted"
    DOUBT = "doubt"
    REJECTED = "rejected"
    VOID = "void"


class RunAction(StrEnum):
    """What the run does next. Polling and saving go on under each of them."""

    GO_ON = "go_on"
    BACK_OFF = "back_off"
    """Wait, `Retry-After` if it was named, and send less."""
    TRIP_BREAKER = "trip_breaker"
    """Send nothing more while the balance is too low."""
    STOP_RUN = "stop_run"
    """Send nothing more: every other send would go the same way."""
    COUNT_FAULT = "count_fault"
    """Go on, and let the breaker count it: a row of doubts is a trail of held stories."""


@dataclass(frozen=True)
class Verdict:
    """`reason` is a code for people and programs; the service's own code where it has one for the case.

    `accepted`, of a doubt: the service took the story, so that no later absence of a job may send it again.
    """

    outcome: Outcome
    run_action: RunAction
    reason: str
    accepted: bool = False


@dataclass(frozen=True)
class Row:
    """A verdict and which reports it is for. Exactly one row is for any report."""

    statuses: frozenset[int | None]
    verdict: Verdict
    when: Callable[[SendReport], bool] = lambda _: True

    def is_for(self, report: SendReport) -> bool:
        return report.http_status in self.statuses and self.when(report)


def _was_sent(report: SendReport) -> bool:
    return report.bytes_sent


def _names_a_job(report: SendReport) -> bool:
    return report.job_id is not None


def _is_about_content(report: SendReport) -> bool:
    return report.code == ErrorCode.CONTENT


def _is_the_service_asking_to_wait(report: SendReport) -> bool:
    """Only the service writes its own error envelope and names a time; a bare 503 may come from a proxy after it."""
    return report.code is not None and report.retry_after_seconds is not None


def _not(condition: Callable[[SendReport], bool]) -> Callable[[SendReport], bool]:
    return lambda report: not condition(report)


def _doubt(reason: str, run_action: RunAction = RunAction.COUNT_FAULT, *, accepted: bool = False) -> Verdict:
    return Verdict(Outcome.DOUBT, run_action, reason, accepted)


_SILENCE: frozenset[int | None] = frozenset({None})
_SUCCESS = frozenset(range(200, 300)) - {202}
_REDIRECTS = frozenset(range(300, 400)) - {303}
_REFUSED = frozenset({400, 405, 406, 411, 413, 414, 415, 421, 422, 431, 501, 505})
_BUSY = frozenset({503, 529})
_NAMED = _REFUSED | _BUSY | {401, 402, 403, 404, 408, 409, 410, 425, 429, 451}
_UNNAMED = frozenset(range(100, 200)) | (frozenset(range(400, 600)) - _NAMED)

_VOID, _REJECTED, _ACCEPTED = Outcome.VOID, Outcome.REJECTED, Outcome.ACCEPTED
_WAIT = Verdict(_VOID, RunAction.BACK_OFF, ErrorCode.RATE_LIMITED.value)
_UNEXPECTED = _doubt("unexpected_status")

DECISIONS: tuple[Row, ...] = (
    Row(_SILENCE, Verdict(_VOID, RunAction.BACK_OFF, "not_sent"), _not(_was_sent)),
    Row(_SILENCE, _doubt("no_answer"), _was_sent),
    Row(frozenset({202}), Verdict(_ACCEPTED, RunAction.GO_ON, "accepted"), _names_a_job),
    Row(_SUCCESS, Verdict(_ACCEPTED, RunAction.GO_ON, "accepted_with_drift"), _names_a_job),
    Row(_SUCCESS | {202}, _doubt("accepted_without_job_id", accepted=True), _not(_names_a_job)),
    Row(frozenset({303}), _doubt("redirected_to_a_job")),
    Row(_REDIRECTS, _doubt("redirected", RunAction.STOP_RUN)),
    Row(_REFUSED, Verdict(_REJECTED, RunAction.GO_ON, "refused")),
    Row(frozenset({401}), Verdict(_VOID, RunAction.STOP_RUN, ErrorCode.AUTHENTICATION.value)),
    Row(frozenset({402}), Verdict(_VOID, RunAction.TRIP_BREAKER, ErrorCode.CREDITS.value)),
    Row(frozenset({403}), Verdict(_REJECTED, RunAction.GO_ON, ErrorCode.CONTENT.value), _is_about_content),
    Row(frozenset({403}), Verdict(_VOID, RunAction.STOP_RUN, ErrorCode.MODEL.value), _not(_is_about_content)),
    Row(frozenset({404, 410}), Verdict(_VOID, RunAction.STOP_RUN, ErrorCode.NOT_FOUND.value)),
    Row(frozenset({408}), _doubt("request_timeout")),
    Row(frozenset({409}), _doubt("conflict")),
    Row(frozenset({425, 429}), _WAIT),
    Row(frozenset({451}), Verdict(_REJECTED, RunAction.GO_ON, ErrorCode.CONTENT.value)),
    Row(_BUSY, _WAIT, _is_the_service_asking_to_wait),
    Row(_BUSY, _UNEXPECTED, _not(_is_the_service_asking_to_wait)),
    Row(_UNNAMED, _UNEXPECTED),
)


def decide(report: SendReport) -> Verdict:
    """The verdict on one send, whatever was seen of it; a status outside 100-599 is a doubt."""
    return next((row.verdict for row in DECISIONS if row.is_for(report)), _UNEXPECTED)
