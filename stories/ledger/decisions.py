"""The decision table for one send (docs/protocol.md#decision-table), as data."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from stories.api.submit import SendReport
from stories.api.wire import ErrorCode


class Outcome(StrEnum):
    """The record for the attempt. `VOID`: provably not executed, so the story may be sent again as a new attempt."""

    ACCEPTED = "accepted"
    DOUBT = "doubt"
    REJECTED = "rejected"
    VOID = "void"


class RunAction(StrEnum):
    """The next action of the run. Polling and saving continue under every action."""

    GO_ON = "go_on"
    BACK_OFF = "back_off"
    """Wait, for `Retry-After` if the service named it, and send less."""
    TRIP_BREAKER = "trip_breaker"
    """Send nothing more while the balance is too low."""
    STOP_RUN = "stop_run"
    """Send nothing more, because every other send would end in the same way."""
    COUNT_FAULT = "count_fault"
    """Go on, and count a fault in the circuit breaker: each further doubt would leave a held story."""


@dataclass(frozen=True)
class Verdict:
    """An outcome and the run's next action, with a code as `reason`: the service's own code where it has one.

    `accepted`, for a doubt: the service took the story, so that no later absence of a job may send it again.
    """

    outcome: Outcome
    run_action: RunAction
    reason: str
    accepted: bool = False


@dataclass(frozen=True)
class Row:
    """A verdict and the condition for its reports. Exactly one row matches each report."""

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
    """Return True for the service's own error body with `Retry-After`; a bare 503 may come from a proxy after it."""
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
    """Return the verdict on one send; a status outside 100-599 is a doubt."""
    return next((row.verdict for row in DECISIONS if row.is_for(report)), _UNEXPECTED)
