"""The faults that a studio can be told to commit, as a table: what each does, and where.

`--fault NAME=PROBABILITY` switches one on. They are for rehearsals: everything in the table is something that a paid
service, a gateway before it or the way to it may do to a client.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from stories.api.wire import ErrorCode
from studio import fault_answers as bent
from studio.errors import StudioError
from studio.fault_answers import Bend, Delivery


class Place(StrEnum):
    """The requests that a fault is for."""

    SUBMIT = "submit"
    POLL = "poll"
    JOBS = "jobs"
    PROFILE = "profile"
    IMAGE = "image"


class Timing(StrEnum):
    """What the studio has done when the fault comes."""

    INSTEAD = "instead"
    """Nothing: the fault answers in its place."""
    AFTER = "after"
    """All that the request asked for; only the answer goes wrong."""
    TWICE = "twice"
    """All of it, once more, for somebody else before."""


@dataclass(frozen=True)
class Fault:
    """A row of the table. `per_job`: the lot is drawn once for each job, and stays."""

    name: str
    place: Place
    timing: Timing
    does: str
    bend: Bend
    per_job: bool = False


_SUBMIT, _POLL, _JOBS, _IMAGE = Place.SUBMIT, Place.POLL, Place.JOBS, Place.IMAGE
_INSTEAD, _AFTER = Timing.INSTEAD, Timing.AFTER
_ELSEWHERE = {"location": "https://elsewhere.invalid/v1/generate/story"}


def _busy(name: str, retry_after: str) -> Fault:
    answer = bent.refusal(ErrorCode.RATE_LIMITED, headers={"retry-after": retry_after})
    return Fault(f"submit-429-{name}", _SUBMIT, _INSTEAD, f"refused as too many, Retry-After: {retry_after}", answer)


def _refused(name: str, does: str, answer: Bend, place: Place = Place.SUBMIT) -> Fault:
    return Fault(name, place, Timing.INSTEAD, does, answer)


def _accepted(name: str, does: str, bend: Bend) -> Fault:
    accepted = bent.when_accepted(bend)
    return Fault(f"accepted-{name}", Place.SUBMIT, Timing.AFTER, f"accepted, and {does}", accepted)


def _seen(place: Place, name: str, does: str, bend: Bend, *, per_job: bool = False) -> Fault:
    return Fault(f"{place}-{name}", place, Timing.AFTER, does, bend, per_job)


_FAULTS = (
    _busy("zero", "0"),
    _busy("negative", "-1"),
    _busy("far", "1e9"),
    _busy("garbage", "soon"),
    _refused("submit-429-date", "refused as too many, Retry-After: a date", bent.wait_until_a_date),
    _refused("submit-401", "the key is refused", bent.refusal(ErrorCode.AUTHENTICATION)),
    _refused("submit-402", "the balance is too low", bent.refusal(ErrorCode.CREDITS)),
    _refused("submit-403", "the model is not allowed", bent.refusal(ErrorCode.MODEL)),
    _refused("submit-451", "the content is refused", bent.refusal(ErrorCode.CONTENT)),
    _refused("submit-408", "the request is said to have taken too long", bent.page(408)),
    _refused("submit-409", "the request is said to be in conflict", bent.page(409)),
    _refused("submit-307", "redirected to another host", bent.page(307, _ELSEWHERE)),
    _refused(
        "submit-503",
        "refused as overloaded, by the API, Retry-After: 1",
        bent.refusal(ErrorCode.INTERNAL, 503, headers={"retry-after": "1"}),
    ),
    _refused("submit-reset", "the connection is reset, and nothing is accepted", bent.delivered(Delivery.RESET)),
    _refused("submit-hang", "no answer, and nothing is accepted", bent.delivered(Delivery.HANG)),
    *(_accepted(str(status), f"answered {status} by a gateway", bent.page(status)) for status in (408, 409, 500, 502)),
    *(_accepted(str(status), f"answered {status} by a gateway", bent.page(status)) for status in (503, 504, 520, 524)),
    _accepted("303", "answered with a redirect to the job", bent.see_other),
    _accepted("reset", "the connection is reset in place of the answer", bent.delivered(Delivery.RESET)),
    _accepted("hang", "no answer comes", bent.delivered(Delivery.HANG)),
    _accepted("cut", "the body of the answer breaks off", bent.cut),
    _accepted("without-id", "answered without the id of the job", bent.without_id),
    _accepted("reused-id", "answered with the id of the job before", bent.with_an_earlier_id),
    Fault(
        "foreign-twin",
        _SUBMIT,
        Timing.TWICE,
        "accepted, after another program of this account sent the same",
        lambda answer, _occasion: answer,
    ),
    _refused(
        "poll-429",
        "too many polls, Retry-After: 1",
        bent.refusal(ErrorCode.RATE_LIMITED, headers={"retry-after": "1"}),
        _POLL,
    ),
    _refused("poll-500", "an error of the service", bent.refusal(ErrorCode.INTERNAL), _POLL),
    _refused("poll-502", "a gateway's page", bent.page(502), _POLL),
    _seen(_POLL, "reset", "the connection is reset in place of the answer", bent.delivered(Delivery.RESET)),
    _seen(_POLL, "hang", "no answer comes", bent.delivered(Delivery.HANG)),
    _seen(_POLL, "cut", "the body of the answer breaks off", bent.cut),
    _seen(_POLL, "regresses", "the job is back in the queue", bent.changed(bent.back_in_the_queue)),
    _seen(_POLL, "never-ends", "the job never completes", bent.changed(bent.still_processing), per_job=True),
    _seen(_POLL, "vanishes", "404 once the job is completed", bent.gone_when_completed, per_job=True),
    _seen(_POLL, "overcounts", "scenes_completed is more than scenes_total", bent.changed(bent.more_than_all)),
    _seen(_POLL, "result-null", "completed with result null", bent.changed(bent.without_result), per_job=True),
    _seen(_POLL, "urls-expired", "the image URLs have expired", bent.with_expired_urls),
    _seen(
        _POLL,
        "images-swapped",
        "each scene has the images of the next",
        bent.changed(bent.with_swapped_images),
        per_job=True,
    ),
    _seen(_POLL, "cost-wrong", "cost_eur is not what was charged", bent.changed(bent.with_another_cost), per_job=True),
    _seen(
        _JOBS,
        "truncated",
        f"only the newest {bent.LISTED_JOBS} jobs are listed",
        bent.listed(lambda jobs, _: jobs[: bent.LISTED_JOBS]),
    ),
    _seen(_JOBS, "empty", "no job is listed", bent.listed(lambda _jobs, _: [])),
    _seen(
        _JOBS,
        "delayed",
        f"jobs are listed after {bent.LISTING_DELAY_SECONDS // 60} minutes",
        bent.listed(bent.not_the_newest),
    ),
    _seen(_JOBS, "reordered", "the oldest job comes first", bent.listed(lambda jobs, _: jobs[::-1])),
    _seen(_JOBS, "duplicated", "each job is listed twice", bent.listed(lambda jobs, _: [*jobs, *jobs])),
    _refused("jobs-500", "an error of the service", bent.refusal(ErrorCode.INTERNAL), _JOBS),
    _refused("profile-500", "an error of the service", bent.refusal(ErrorCode.INTERNAL), Place.PROFILE),
    _refused("image-403", "the URL is refused", bent.page(403), _IMAGE),
    _refused("image-500", "an error of the image host", bent.page(500), _IMAGE),
    _seen(_IMAGE, "truncated", "half of the file, as if it were whole", bent.halved),
    _seen(_IMAGE, "cut", "the connection ends after half of the file", bent.cut),
    _seen(_IMAGE, "wrong-length", "Content-Length is more than there is", bent.announced_longer),
    _refused("image-html", "a page instead of the image, with 200", bent.page(200), _IMAGE),
    _refused("image-bomb", "194 KB of gzip that unpack to 200 MB", bent.bomb, _IMAGE),
    _seen(_IMAGE, "endless", "a body that does not end", bent.endless),
    _refused("image-huge", "a PNG of 144 megapixels in 18 KB", bent.huge, _IMAGE),
)
FAULTS: Mapping[str, Fault] = {fault.name: fault for fault in _FAULTS}
"""Every fault by its name. Of several that fall on one request, the first in this order is committed."""


def read_odds(texts: Iterable[str]) -> dict[str, float]:
    """The probability of each fault, from texts such as `accepted-reset=0.05`; raises `StudioError`."""
    odds: dict[str, float] = {}
    for text in texts:
        name, _, probability = text.partition("=")
        try:
            odds[name] = float(probability)
        except ValueError as exc:
            raise StudioError(f"--fault {text}: write NAME=PROBABILITY, such as accepted-reset=0.05") from exc
    return checked_odds(odds)


def checked_odds(odds: dict[str, float]) -> dict[str, float]:
    """The same; raises `StudioError` for a fault that there is not, and for what is no probability."""
    for name, probability in odds.items():
        if name not in FAULTS:
            raise StudioError(f"there is no fault {name!r}: `depicta studio faults` lists those there are")
        if not 0 <= probability <= 1:
            raise StudioError(f"fault {name}: a probability is between 0 and 1, not {probability:g}")
    return odds
