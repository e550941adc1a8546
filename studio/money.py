"""Money inside the studio is a whole number of micro-euros; on the wire it is a decimal string."""

from decimal import Decimal

MICRO = 1_000_000


def micro_eur(amount_eur: Decimal) -> int:
    """Micro-euros of an amount that has at most six decimal places."""
    return int(amount_eur * MICRO)


def eur(amount_micro_eur: int) -> Decimal:
    """Euros, exactly."""
    return Decimal(amount_micro_eur) / MICRO


def eur_text(amount_micro_eur: int) -> str:
    """Euros as the API writes them: at least two decimal places, and as many as the amount needs."""
    euros, rest = divmod(amount_micro_eur, MICRO)
    return f"{euros}.{f'{rest:06d}'.rstrip('0'):0<2}"
