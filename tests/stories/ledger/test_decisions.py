"""The decision table, read from the protocol a second time and compared with the code's."""

from itertools import product

import pytest

from stories.ledger.decisions import DECISIONS, Outcome, RunAction, decide
from tests.doubles.ledger_processes import a_report

ACCEPTED, DOUBT, REJECTED, VOID = Outcome.ACCEPTED, Outcome.DOUBT, Outcome.REJECTED, Outcome.VOID
GO_ON, BACK_OFF, TRIP_BREAKER = RunAction.GO_ON, RunAction.BACK_OFF, RunAction.TRIP_BREAKER
STOP_RUN, COUNT_FAULT = RunAction.STOP_RUN, RunAction.COUNT_FAULT

REFUSED = (400, 405, 406, 411, 413, 414, 415, 421, 422, 431, 501, 505)
BARE: dict[int, tuple[Outcome, RunAction]] = {
    **dict.fromkeys(range(100, 600), (DOUBT, COUNT_FAULT)),
    **dict.fromkeys(range(300, 400), (DOUBT, STOP_RUN)),
    303: (DOUBT, COUNT_FAULT),
    **dict.fromkeys(REFUSED, (REJECTED, GO_ON)),
    401: (VOID, STOP_RUN),
    402: (VOID, TRIP_BREAKER),
    403: (VOID, STOP_RUN),
    404: (VOID, STOP_RUN),
    410: (VOID, STOP_RUN),
    425: (VOID, BACK_OFF),
    429: (VOID, BACK_OFF),
    451: (REJECTED, GO_ON),
}
"""By status alone: no job id, no envelope, no Retry-After."""


def test_a_bare_status_is_judged_as_the_protocol_says() -> None:
    verdicts = {http_status: decide(a_report(http_status)) for http_status in range(100, 600)}
    assert {status: (verdict.outcome, verdict.run_action) for status, verdict in verdicts.items()} == BARE


def test_every_report_has_exactly_one_row() -> None:
    codes = (None, "content_rejected", "rate_limited", "internal")
    for http_status, sent, job_id, code, seconds, failure in product(
        (None, *range(100, 600)), (True, False), (None, "job-1"), codes, (None, 2.0), (None, "ReadError")
    ):
        report = a_report(
            http_status, bytes_sent=sent, job_id=job_id, code=code, retry_after_seconds=seconds, failure=failure
        )
        assert sum(row.is_for(report) for row in DECISIONS) == 1, report


@pytest.mark.parametrize(
    ("seen", "outcome", "run_action", "reason"),
    [
        ({"http_status": None, "bytes_sent": False, "failure": "ConnectError"}, VOID, BACK_OFF, "not_sent"),
        ({"http_status": None, "bytes_sent": False, "failure": "PoolTimeout"}, VOID, BACK_OFF, "not_sent"),
        ({"http_status": None, "bytes_sent": True, "failure": "ReadTimeout"}, DOUBT, COUNT_FAULT, "no_answer"),
        ({"http_status": None, "bytes_sent": True, "failure": "WriteError"}, DOUBT, COUNT_FAULT, "no_answer"),
        ({"http_status": None, "bytes_sent": True, "failure": None}, DOUBT, COUNT_FAULT, "no_answer"),
        ({"http_status": 202, "job_id": "j"}, ACCEPTED, GO_ON, "accepted"),
        ({"http_status": 202, "job_id": "j", "failure": "ReadError"}, ACCEPTED, GO_ON, "accepted"),
        ({"http_status": 200, "job_id": "j"}, ACCEPTED, GO_ON, "accepted_with_drift"),
        ({"http_status": 201, "job_id": "j"}, ACCEPTED, GO_ON, "accepted_with_drift"),
        ({"http_status": 202}, DOUBT, COUNT_FAULT, "accepted_without_job_id"),
        ({"http_status": 204}, DOUBT, COUNT_FAULT, "accepted_without_job_id"),
        ({"http_status": 303, "job_id": "j"}, DOUBT, COUNT_FAULT, "redirected_to_a_job"),
        ({"http_status": 307}, DOUBT, STOP_RUN, "redirected"),
        ({"http_status": 422, "code": "validation_error"}, REJECTED, GO_ON, "refused"),
        ({"http_status": 401, "code": "authentication_error"}, VOID, STOP_RUN, "authentication_error"),
        ({"http_status": 402, "code": "insufficient_credits"}, VOID, TRIP_BREAKER, "insufficient_credits"),
        ({"http_status": 403, "code": "model_not_allowed"}, VOID, STOP_RUN, "model_not_allowed"),
        ({"http_status": 403, "code": "content_rejected"}, REJECTED, GO_ON, "content_rejected"),
        ({"http_status": 404}, VOID, STOP_RUN, "not_found"),
        ({"http_status": 408}, DOUBT, COUNT_FAULT, "request_timeout"),
        ({"http_status": 409, "code": "conflict"}, DOUBT, COUNT_FAULT, "conflict"),
        ({"http_status": 425}, VOID, BACK_OFF, "rate_limited"),
        ({"http_status": 429, "retry_after_seconds": 3.0}, VOID, BACK_OFF, "rate_limited"),
        ({"http_status": 451, "code": "content_rejected"}, REJECTED, GO_ON, "content_rejected"),
        ({"http_status": 500, "code": "internal"}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 502}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 504}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 522}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 418}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 503, "code": "busy", "retry_after_seconds": 3.0}, VOID, BACK_OFF, "rate_limited"),
        ({"http_status": 529, "code": "busy", "retry_after_seconds": 0.0}, VOID, BACK_OFF, "rate_limited"),
        ({"http_status": 503, "code": "busy"}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 503, "retry_after_seconds": 3.0}, DOUBT, COUNT_FAULT, "unexpected_status"),
        ({"http_status": 999}, DOUBT, COUNT_FAULT, "unexpected_status"),
    ],
)
def test_a_named_row_of_the_protocol(
    seen: dict[str, object], outcome: Outcome, run_action: RunAction, reason: str
) -> None:
    http_status = seen.pop("http_status")
    assert http_status is None or isinstance(http_status, int)
    verdict = decide(a_report(http_status, **seen))
    assert (verdict.outcome, verdict.run_action, verdict.reason) == (outcome, run_action, reason)


def test_only_a_yes_without_a_job_is_a_doubt_that_was_accepted() -> None:
    accepted = {status for status in range(100, 600) if decide(a_report(status)).accepted}
    assert accepted == set(range(200, 300))
