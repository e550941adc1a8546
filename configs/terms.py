"""From settings to the plain values that `stories` works by, with the checks that only make sense for a run."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import SecretStr

from configs.settings import Settings
from stories.config import Terms
from stories.errors import ConfigurationError
from stories.ledger.doubt_policy import ReconcileTerms


def terms_of(settings: Settings, key: SecretStr | None = None) -> Terms:
    """The terms of a run; `key` is one that was resolved elsewhere, such as in a Prefect block.

    Raises `ConfigurationError` without a key, and without a cap for a service off this machine (unless `money.no_cap`).
    """
    key = settings.api.key or key
    if key is None:
        raise ConfigurationError(
            "no API key: set DEPICTA_API_KEY, or try it without one: --studio starts a studio on this machine"
        )
    money = settings.money
    has_cap = money.max_cost_eur is not None or money.max_cost_eur_total is not None or money.no_cap
    if not has_cap and not is_on_this_machine(settings.api.url):
        raise ConfigurationError(
            f"no cost cap for {settings.api.url}: say what the run may cost with --max-cost-eur, or --no-cap on purpose"
        )
    return Terms(
        api_url=settings.api.url,
        api_key=key,
        send_idempotency_key=settings.api.idempotency_key,
        image_hosts=settings.images.hosts,
        formats=settings.images.formats,
        references=settings.images.references,
        downloads=settings.images.downloads,
        likeness=settings.images.likeness,
        low_char_similarity=settings.images.low_char_similarity,
        in_flight=settings.pace.in_flight,
        submits_per_second=settings.pace.submits_per_second,
        max_cost_eur=None if money.no_cap else money.max_cost_eur,
        max_cost_eur_total=money.max_cost_eur_total,
        price_per_image_eur=money.price_per_image_eur,
        doubts=_doubts(settings),
        poll_window_seconds=settings.poll.window_seconds,
        poll_interval_seconds=settings.poll.interval_seconds,
        poll_deadline_seconds=settings.poll.deadline_seconds,
        lost_after_seconds=settings.poll.lost_after_seconds,
        commit_stories=settings.dataset.commit_stories,
        commit_seconds=settings.dataset.commit_seconds,
        state_directory=settings.state_directory,
    )


def _doubts(settings: Settings) -> ReconcileTerms:
    ledger = settings.ledger
    return ReconcileTerms(
        policy=ledger.doubt_policy,
        account_exclusive=ledger.account_exclusive,
        settling_seconds=ledger.settling_seconds,
        listing_cap=ledger.listing_cap,
    )


def is_on_this_machine(url: str) -> bool:
    """Whether the URL's host is the loopback interface."""
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
