import pytest

from stories.batch.circuit_breaker import CircuitBreaker, error_of
from stories.dataset.run_record import Stop
from stories.errors import AuthenticationFailed, ModelNotAllowed, PermanentError, SpoolUnusable, UnexpectedAnswer


def test_an_open_gate_gives_no_reason() -> None:
    breaker = CircuitBreaker()
    assert breaker.allows_submits()
    assert (breaker.reason, breaker.stop) == ("", None)


def test_closing_for_credits_ends_the_run_well() -> None:
    breaker = CircuitBreaker()
    breaker.trip("no credits")
    breaker.trip("a later reason")
    assert not breaker.allows_submits()
    assert (breaker.reason, breaker.stop) == ("no credits", None)


def test_the_first_stop_is_the_one_that_is_told() -> None:
    breaker = CircuitBreaker()
    breaker.stop_run("authentication_error", "wrong key")
    breaker.stop_run("not_found", "wrong address")
    assert breaker.stop == Stop(code="authentication_error", message="wrong key")


def test_five_faults_in_a_row_open_the_breaker() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.fault("502")
    assert breaker.allows_submits()
    breaker.fault("502")
    assert breaker.stop is not None
    assert breaker.stop.code == "too_many_doubts"


def test_a_job_or_a_refusal_between_ends_the_row_of_faults() -> None:
    for between in ("accepted", "refused"):
        breaker = CircuitBreaker()
        for _ in range(4):
            breaker.fault("502")
        breaker.accepted() if between == "accepted" else breaker.refused("HTTP 422", "blank")
        for _ in range(4):
            breaker.fault("502")
        assert breaker.allows_submits(), between


def test_more_than_half_of_the_last_twenty_open_the_breaker() -> None:
    breaker = CircuitBreaker()
    for _ in range(10):
        breaker.fault("502")
        breaker.accepted()
    assert breaker.allows_submits(), "half is not more than half"
    breaker.fault("502")
    assert breaker.allows_submits(), "the first fault has left the last twenty"
    breaker.fault("502")
    assert not breaker.allows_submits()


def test_fewer_than_twenty_submits_say_nothing_about_half() -> None:
    breaker = CircuitBreaker()
    for _ in range(4):
        breaker.fault("502")
        breaker.fault("502")
        breaker.accepted()
    assert breaker.allows_submits()


def test_three_refusals_of_one_kind_in_a_row_stop_the_run() -> None:
    breaker = CircuitBreaker()
    for _ in range(2):
        breaker.refused("HTTP 422", "scenes: unknown field")
    assert breaker.allows_submits()
    breaker.refused("HTTP 422", "scenes: unknown field")
    assert breaker.stop is not None
    assert breaker.stop.code == "refused_in_a_row"
    assert "scenes: unknown field" in breaker.stop.message


@pytest.mark.parametrize("between", ["another kind", "a job", "a doubt"])
def test_refusals_that_are_not_in_a_row_are_about_their_storyboards(between: str) -> None:
    breaker = CircuitBreaker()
    for _ in range(3):
        breaker.refused("HTTP 422", "blank")
        breaker.refused("HTTP 422", "blank")
        if between == "a job":
            breaker.accepted()
        elif between == "a doubt":
            breaker.fault("502")
        else:
            breaker.refused("HTTP 413", "too large")
    assert breaker.allows_submits()


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("authentication_error", AuthenticationFailed),
        ("model_not_allowed", ModelNotAllowed),
        ("spool_unusable", SpoolUnusable),
        ("not_found", UnexpectedAnswer),
        ("too_many_doubts", UnexpectedAnswer),
    ],
)
def test_a_stop_becomes_the_error_that_says_what_to_mend(code: str, error: type[PermanentError]) -> None:
    raised = error_of(Stop(code=code, message="told by the service"))
    assert type(raised) is error
    assert str(raised) == "told by the service"
