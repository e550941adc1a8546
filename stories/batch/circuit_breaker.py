"""The gate that every submit passes: once closed, a shard sends nothing more, while polling and saving go on."""

from collections import deque

from stories.api.wire import ErrorCode
from stories.dataset.run_record import Stop
from stories.errors import AuthenticationFailed, ModelNotAllowed, PermanentError, SpoolUnusable, UnexpectedAnswer

_FAULTS_IN_A_ROW = 5
_RECENT = 20
_REFUSALS_OF_ONE_KIND = 3


class CircuitBreaker:
    """Closed by the service's word (credits, key, wrong address), and by a breaker on faults and like refusals.

    The breaker opens at 5 submits in a row of unknown outcome, at more than half of the last 20, and at 3 refusals in a
    row of one kind: then it is not the storyboard that is wrong
    (docs/protocol.md#decision-table).
    """

    def __init__(self) -> None:
        self._reason = ""
        self._stop: Stop | None = None
        self._faults: deque[bool] = deque(maxlen=_RECENT)
        self._faults_in_a_row = 0
        self._refusals: deque[str] = deque(maxlen=_REFUSALS_OF_ONE_KIND)

    def allows_submits(self) -> bool:
        """Whether a submit may go now."""
        return not self._reason

    @property
    def reason(self) -> str:
        """Why nothing more is sent; empty while the gate is open."""
        return self._reason

    @property
    def stop(self) -> Stop | None:
        """Set when a person has to act before the next run can do better."""
        return self._stop

    def trip(self, reason: str) -> None:
        """Send nothing more, and end the run well: what is left is taken up by the next run."""
        self._reason = self._reason or reason

    def stop_run(self, code: str, message: str) -> None:
        """Send nothing more, and end the run with an error once all that was accepted is saved."""
        self.trip(message)
        self._stop = self._stop or Stop(code=code, message=message)

    def accepted(self) -> None:
        """A submit became a job."""
        self._count(fault=False)
        self._refusals.clear()

    def fault(self, message: str) -> None:
        """A submit ended in doubt."""
        self._count(fault=True)
        self._refusals.clear()
        is_full = len(self._faults) == _RECENT
        if self._faults_in_a_row >= _FAULTS_IN_A_ROW or (is_full and sum(self._faults) > _RECENT // 2):
            self.stop_run("too_many_doubts", f"too many submits of unknown outcome, the last: {message}")

    def refused(self, kind: str, message: str) -> None:
        """A storyboard was refused for good; the same kind three times in a row is not about the storyboards."""
        self._count(fault=False)
        self._refusals.append(kind)
        if len(self._refusals) == _REFUSALS_OF_ONE_KIND and len(set(self._refusals)) == 1:
            self.stop_run("refused_in_a_row", f"three storyboards in a row were refused alike ({kind}): {message}")

    def _count(self, *, fault: bool) -> None:
        self._faults.append(fault)
        self._faults_in_a_row = self._faults_in_a_row + 1 if fault else 0


def error_of(stop: Stop) -> PermanentError:
    """The exception that a run ends with after this stop."""
    match stop.code:
        case ErrorCode.AUTHENTICATION:
            return AuthenticationFailed(stop.message, http_status=401, code=stop.code)
        case ErrorCode.MODEL:
            return ModelNotAllowed(stop.message, http_status=403, code=stop.code)
        case "spool_unusable":
            return SpoolUnusable(stop.message)
        case _:
            return UnexpectedAnswer(stop.message)
