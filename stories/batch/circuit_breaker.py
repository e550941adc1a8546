"""The circuit breaker of a run: once it has tripped, nothing more is sent, while polling and saving go on."""

from collections import deque

from stories.api.wire import ErrorCode
from stories.dataset.run_record import Stop
from stories.errors import AuthenticationFailed, ModelNotAllowed, PermanentError, SpoolUnusable, UnexpectedAnswer

_FAULTS_IN_A_ROW = 5
_RECENT = 20
_REFUSALS_OF_ONE_KIND = 3


class CircuitBreaker:
    """A switch that ends the submits of a run: tripped by the service's answer, by faults or by equal refusals.

    The answers that trip it are about credits, the key or a wrong address. Faults trip it at 5 submits in a row of
    unknown outcome, or at more than half of the last 20; refusals at 3 of one kind in a row, because the storyboards
    are then not the cause (docs/protocol.md#decision-table).
    """

    def __init__(self) -> None:
        self._reason = ""
        self._stop: Stop | None = None
        self._faults: deque[bool] = deque(maxlen=_RECENT)
        self._faults_in_a_row = 0
        self._refusals: deque[str] = deque(maxlen=_REFUSALS_OF_ONE_KIND)

    def allows_submits(self) -> bool:
        """Return True if a submit may be sent now."""
        return not self._reason

    @property
    def reason(self) -> str:
        """Reason why nothing more is sent; empty while submits are allowed."""
        return self._reason

    @property
    def stop(self) -> Stop | None:
        """Reason for which a person has to act before the next run can do better; None without one."""
        return self._stop

    def trip(self, reason: str) -> None:
        """Send nothing more, and end the run without an error: the next run does the rest."""
        self._reason = self._reason or reason

    def stop_run(self, code: str, message: str) -> None:
        """Send nothing more, and end the run with an error once every accepted story is saved."""
        self.trip(message)
        self._stop = self._stop or Stop(code=code, message=message)

    def accepted(self) -> None:
        """Note a submit that became a job."""
        self._count(fault=False)
        self._refusals.clear()

    def fault(self, message: str) -> None:
        """Note a submit that ended in doubt."""
        self._count(fault=True)
        self._refusals.clear()
        is_full = len(self._faults) == _RECENT
        if self._faults_in_a_row >= _FAULTS_IN_A_ROW or (is_full and sum(self._faults) > _RECENT // 2):
            self.stop_run("too_many_doubts", f"too many submits had an unknown outcome; the last one: {message}")

    def refused(self, kind: str, message: str) -> None:
        """Note a storyboard that was refused for good; three refusals of one kind in a row stop the run."""
        self._count(fault=False)
        self._refusals.append(kind)
        if len(self._refusals) == _REFUSALS_OF_ONE_KIND and len(set(self._refusals)) == 1:
            self.stop_run(
                "refused_in_a_row", f"three storyboards in a row were refused for the same reason ({kind}): {message}"
            )

    def _count(self, *, fault: bool) -> None:
        self._faults.append(fault)
        self._faults_in_a_row = self._faults_in_a_row + 1 if fault else 0


def error_of(stop: Stop) -> PermanentError:
    """Return the exception that a run ends with after this stop."""
    match stop.code:
        case ErrorCode.AUTHENTICATION:
            return AuthenticationFailed(stop.message, http_status=401, code=stop.code)
        case ErrorCode.MODEL:
            return ModelNotAllowed(stop.message, http_status=403, code=stop.code)
        case "spool_unusable":
            return SpoolUnusable(stop.message)
        case _:
            return UnexpectedAnswer(stop.message)
