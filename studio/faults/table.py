"""The table of faults that a studio can inject: the name of each, the requests that it affects, and its effect.

`--fault NAME=PROBABILITY` enables a fault. Each is something that the paid service, a gateway before it or the
network may do to a client.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stories.api.wire import ErrorCode
from studio.errors import StudioError
from studio.faults import alterations
from studio.faults.alterations import Alteration, Delivery


class Place(StrEnum):
    """The requests that a fault affects."""

    SUBMIT = "submit"
    POLL = "poll"
    JOBS = "jobs"
    PROFILE = "profile"
    IMAGE = "image"


class Timing(StrEnum):
    """The moment of a fault: before or after the studio has acted on the request."""

    INSTEAD = "instead"
    """The studio does nothing; the fault answers instead."""
    AFTER = "after"
    """The studio acts on the request; only its answer is altered."""
    TWICE = "twice"
    """The studio acts on the request twice; the first time as if another program had sent it."""


@dataclass(frozen=True)
class Fault:
    """A row of the table. `does` is its description; with `per_job` one draw decides for all requests about a job."""

    name: str
    place: Place
    timing: Timing
    does: str
    alter: Alteration
    per_job: bool = False


_SUBMIT, _POLL, _JOBS, _IMAGE = Place.SUBMIT, Place.POLL, Place.JOBS, Place.IMAGE
_INSTEAD, _AFTER = Timing.INSTEAD, Timing.AFTER
_ELSEWHERE = {"location": "https://elsewhere.invalid/v1/generate/story"}


def _busy(name: str, retry_after: str) -> Fault:
    answer = alterations.refusal(ErrorCode.RATE_LIMITED, headers={"retry-after": retry_after})
    return Fault(f"submit-429-{name}", _SUBMIT, _INSTEAD, f"refused with 429, Retry-After: {retry_after}", answer)


def _refused(name: str, does: str, answer: Alteration, place: Place = Place.SUBMIT) -> Fault:
    return Fault(name, place, Timing.INSTEAD, does, answer)


def _accepted(name: str, does: str, alter: Alteration) -> Fault:
    accepted = alterations.when_accepted(alter)
    return Fault(f"accepted-{name}", Place.SUBMIT, Timing.AFTER, f"accepted, and {does}", accepted)


def _seen(place: Place, name: str, does: str, alter: Alteration, *, per_job: bool = False) -> Fault:
    return Fault(f"{place}-{name}", place, Timing.AFTER, does, alter, per_job)


_FAULTS = (
    _busy("zero", "0"),
    _busy("negative", "-1"),
    _busy("far", "1e9"),
    _busy("garbage", "soon"),
    _refused("submit-429-date", "refused with 429, Retry-After: a date", alterations.wait_until_a_date),
    _refused("submit-401", "the key is refused", alterations.refusal(ErrorCode.AUTHENTICATION)),
    _refused("submit-402", "the balance is too low", alterations.refusal(ErrorCode.CREDITS)),
    _refused("submit-403", "the model is not allowed", alterations.refusal(ErrorCode.MODEL)),
    _refused("submit-451", "the content is refused", alterations.refusal(ErrorCode.CONTENT)),
    _refused("submit-408", "refused with 408 by a gateway", alterations.page(408)),
    _refused("submit-409", "refused with 409 by a gateway", alterations.page(409)),
    _refused("submit-307", "redirected to another host", alterations.page(307, _ELSEWHERE)),
    _refused(
        "submit-503",
        "refused with 503 by the API, Retry-After: 1",
        alterations.refusal(ErrorCode.INTERNAL, 503, headers={"retry-after": "1"}),
    ),
    _refused("submit-reset", "the connection is reset and nothing is accepted", alterations.delivered(Delivery.RESET)),
    _refused("submit-hang", "no answer, and nothing is accepted", alterations.delivered(Delivery.HANG)),
    *(
        _accepted(str(status), f"answered {status} by a gateway", alterations.page(status))
        for status in (408, 409, 500, 502, 503, 504, 520, 524)
    ),
    _accepted("303", "answered with a redirect to the job", alterations.see_other),
    _accepted("reset", "the connection is reset instead of an answer", alterations.delivered(Delivery.RESET)),
    _accepted("hang", "no answer comes", alterations.delivered(Delivery.HANG)),
    _accepted("cut", "the connection ends within the body", alterations.cut),
    _accepted("without-id", "answered without the id of the job", alterations.without_id),
    _accepted("reused-id", "answered with the id of the previous job", alterations.with_an_earlier_id),
    Fault(
        "foreign-twin",
        _SUBMIT,
        Timing.TWICE,
        "accepted after another program of this account sent the same",
        lambda answer, _occasion: answer,
    ),
    _refused(
        "poll-429",
        "refused with 429, Retry-After: 1",
        alterations.refusal(ErrorCode.RATE_LIMITED, headers={"retry-after": "1"}),
        _POLL,
    ),
    _refused("poll-500", "an internal error of the service", alterations.refusal(ErrorCode.INTERNAL), _POLL),
    _refused("poll-502", "an error page of a gateway", alterations.page(502), _POLL),
    _seen(_POLL, "reset", "the connection is reset instead of an answer", alterations.delivered(Delivery.RESET)),
    _seen(_POLL, "hang", "no answer comes", alterations.delivered(Delivery.HANG)),
    _seen(_POLL, "cut", "the connection ends within the body", alterations.cut),
    _seen(
        _POLL, "regresses", "the job is reported as pending again", alterations.changed(alterations.back_in_the_queue)
    ),
    _seen(
        _POLL, "never-ends", "the job never completes", alterations.changed(alterations.still_processing), per_job=True
    ),
    _seen(_POLL, "vanishes", "404 once the job is completed", alterations.gone_when_completed, per_job=True),
    _seen(
        _POLL,
        "overcounts",
        "scenes_completed is more than scenes_total",
        alterations.changed(alterations.more_than_all),
    ),
    _seen(
        _POLL,
        "result-null",
        "completed with result null",
        alterations.changed(alterations.without_result),
        per_job=True,
    ),
    _seen(_POLL, "urls-expired", "the image URLs have expired", alterations.with_expired_urls),
    _seen(
        _POLL,
        "images-swapped",
        "each scene has the images of the next",
        alterations.changed(alterations.with_swapped_images),
        per_job=True,
    ),
    _seen(
        _POLL,
        "cost-wrong",
        "cost_eur is not what was charged",
        alterations.changed(alterations.with_another_cost),
        per_job=True,
    ),
    _seen(
        _JOBS,
        "truncated",
        f"only the newest {alterations.LISTED_JOBS} jobs are listed",
        alterations.listed(lambda jobs, _: jobs[: alterations.LISTED_JOBS]),
    ),
    _seen(_JOBS, "empty", "no job is listed", alterations.listed(lambda _jobs, _: [])),
    _seen(
        _JOBS,
        "delayed",
        f"jobs are listed after {alterations.LISTING_DELAY_SECONDS // 60} minutes",
        alterations.listed(alterations.not_the_newest),
    ),
    _seen(_JOBS, "reordered", "the oldest job comes first", alterations.listed(lambda jobs, _: jobs[::-1])),
    _seen(_JOBS, "duplicated", "each job is listed twice", alterations.listed(lambda jobs, _: [*jobs, *jobs])),
    _refused("jobs-500", "an internal error of the service", alterations.refusal(ErrorCode.INTERNAL), _JOBS),
    _refused("profile-500", "an internal error of the service", alterations.refusal(ErrorCode.INTERNAL), Place.PROFILE),
    _refused("image-403", "the URL is refused", alterations.page(403), _IMAGE),
    _refused("image-500", "an error of the image host", alterations.page(500), _IMAGE),
    _seen(_IMAGE, "truncated", "half of the file as if it were whole", alterations.halved),
    _seen(_IMAGE, "cut", "the connection ends after half of the file", alterations.cut),
    _seen(_IMAGE, "wrong-length", "Content-Length is larger than the file", alterations.announced_longer),
    _refused("image-html", "an HTML page instead of the image, with 200", alterations.page(200), _IMAGE),
    _refused("image-bomb", "194 KB of gzip that unpack to 200 MB", alterations.bomb, _IMAGE),
    _seen(_IMAGE, "endless", "a body that does not end", alterations.endless),
    _refused("image-huge", "a PNG of 144 megapixels in 18 KB", alterations.huge, _IMAGE),
)
FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _FAULTS}
"""Every fault by its name. When several apply to one request, the first in this order is injected."""


def read_odds(texts: Iterable[str]) -> dict[str, float]:
    """Return the probability of each fault from texts such as `accepted-reset=0.05`; raises `StudioError`."""
    odds: dict[str, float] = {}
    for text in texts:
        name, _, probability = text.partition("=")
        try:
            odds[name] = float(probability)
        except ValueError as exc:
            raise StudioError(f"--fault {text}: write NAME=PROBABILITY, such as accepted-reset=0.05") from exc
    return checked_odds(odds)


def checked_odds(odds: dict[str, float]) -> dict[str, float]:
    """Return the odds; raises `StudioError` for an unknown fault and for a number outside 0 to 1."""
    for name, probability in odds.items():
        if name not in FAULTS:
            raise StudioError(f"there is no fault {name!r}: `depicta studio faults` lists those there are")
        if not 0 <= probability <= 1:
            raise StudioError(f"fault {name}: a probability is between 0 and 1, not {probability:g}")
    return odds
