"""The tree of errors is what its drawing says, and each error carries what a caller decides by."""

import inspect
import pickle
import re
from decimal import Decimal

import pytest

from stories import errors
from stories.errors import (
    ApiRefusal,
    CreditsExhausted,
    ImageRefused,
    ImageUrlExpired,
    PermanentError,
    RateLimited,
    ServiceUnavailable,
    StillRunning,
    StoriesError,
    TransientError,
)


def drawn_parents() -> dict[str, str]:
    """Each name of the drawing in the module's docstring, and the name above it."""
    parents: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"(?:    )([│├└─ ]*)([A-Z][A-Za-z]+)(?: {2,}|$)", line)
        if found:
            depth, name = len(found[1]), found[2]
            above = [(level, one) for level, one in above if level < depth]
            if above:
                parents[name] = above[-1][1]
            above.append((depth, name))
    return parents


def test_the_drawing_is_the_tree() -> None:
    classes = {
        name: one
        for name, one in inspect.getmembers(errors, inspect.isclass)
        if issubclass(one, StoriesError) and one is not StoriesError
    }
    assert drawn_parents() == {name: one.__base__.__name__ for name, one in classes.items()}


def test_an_error_is_either_to_be_tried_again_or_not() -> None:
    leaves = [one for _, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, StoriesError)]
    for error in leaves:
        assert not (issubclass(error, TransientError) and issubclass(error, PermanentError))
        assert error is StoriesError or issubclass(error, TransientError | PermanentError)


def test_errors_carry_what_is_decided_by() -> None:
    refusal = CreditsExhausted("why", http_status=402, code="insufficient_credits", balance_eur=Decimal("0.10"))
    assert isinstance(refusal, ApiRefusal)
    assert (str(refusal), refusal.message, refusal.details) == ("why", "why", {})
    assert (refusal.http_status, refusal.code, refusal.balance_eur) == (402, "insufficient_credits", Decimal("0.10"))
    assert RateLimited("slow down", retry_after_seconds=7.0).retry_after_seconds == 7.0
    assert ServiceUnavailable("down", http_status=503).retry_after_seconds is None
    assert StillRunning("wait", job_id="j1").job_id == "j1"
    assert isinstance(ImageUrlExpired("over", reason="expired"), ImageRefused)


@pytest.mark.parametrize("error", [StoriesError("x"), TransientError("x"), PermanentError("x")])
def test_a_plain_error_survives_another_process(error: StoriesError) -> None:
    assert str(pickle.loads(pickle.dumps(error))) == "x"  # noqa: S301 - our own bytes
