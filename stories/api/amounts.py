"""Amounts of money in answers: exact, in euros, and bounded, or missing."""

import logging
from decimal import Decimal, InvalidOperation
from typing import Annotated

from pydantic import BeforeValidator

MAX_AMOUNT_EUR = 1_000_000
_DECIMALS = 6
_log = logging.getLogger(__name__)


def eur_or_none(value: object) -> Decimal | None:
    """Return an amount in euros from a decimal string or number, 0 to a million with at most 6 decimals.

    Returns None for a missing amount, and with a warning for any other: 1e9999999 overflows in a sum, and in a text
    it is 10 MB of zeros.
    """
    if value is None:
        return None
    amount = _decimal_or_none(value)
    if amount is None or not 0 <= amount <= MAX_AMOUNT_EUR or amount != round(amount, _DECIMALS):
        _log.warning("an amount was ignored: it is not between 0 and %s EUR with at most 6 decimals", MAX_AMOUNT_EUR)
        return None
    return amount


def _decimal_or_none(value: object) -> Decimal | None:
    """Return a finite number; None for any other value."""
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        return None
    try:
        # Not by its text for an integer: one of more than 4,300 digits has none in Python.
        number = Decimal(value) if isinstance(value, int) else Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


Eur = Annotated[Decimal | None, BeforeValidator(eur_or_none)]
