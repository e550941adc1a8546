"""The money of a run: the amount spent, the amount reserved for possible charges, and the cap on their sum."""

from decimal import Decimal

_NOTHING = Decimal(0)


class Budget:
    """A budget that reserves each story's price before the send, so that spent and reserved stay within the cap.

    Only the service can exceed the cap, by charging more than the reserved price. Amounts are in euros, finite and not
    negative; other amounts raise `ValueError`. Without a cap, everything is counted and nothing is refused.
    """

    def __init__(self, max_cost_eur: Decimal | None) -> None:
        self._max_cost_eur = None if max_cost_eur is None else _amount(max_cost_eur)
        self._spent_eur = _NOTHING
        self._reserved_eur: dict[str, Decimal] = {}
        self._doubtful_eur: dict[str, Decimal] = {}

    @property
    def spent_eur(self) -> Decimal:
        return self._spent_eur

    @property
    def reserved_eur(self) -> Decimal:
        """All reservations, including those for doubts."""
        return sum(self._reserved_eur.values(), self.doubtful_eur)

    @property
    def doubtful_eur(self) -> Decimal:
        """The part of `reserved_eur` for stories in doubt."""
        return sum(self._doubtful_eur.values(), _NOTHING)

    def reserve(self, story_id: str, price_eur: Decimal) -> bool:
        """Reserve the price and return True; return False and change nothing when the cap does not allow it.

        A story has one reservation, and a new one replaces it. The amount held for a doubt of the story stays reserved.
        """
        others_eur = self.reserved_eur - self._reserved_eur.get(story_id, _NOTHING)
        if self._max_cost_eur is not None and self._spent_eur + others_eur + _amount(price_eur) > self._max_cost_eur:
            return False
        self._reserved_eur[story_id] = _amount(price_eur)
        return True

    def charge(self, story_id: str, cost_eur: Decimal) -> None:
        """Count the charged cost as spent and free the story's reservation, or else the one for its doubt."""
        self._spent_eur += _amount(cost_eur)
        if self._reserved_eur.pop(story_id, None) is None:
            self._doubtful_eur.pop(story_id, None)

    def release(self, story_id: str) -> None:
        """Free the reservation of an uncharged story, but not the amount held for a doubt (Rule 6)."""
        self._reserved_eur.pop(story_id, None)

    def hold(self, story_id: str) -> None:
        """Keep the reservation of a story in doubt until the doubt is settled (Rule 6)."""
        held_eur = self._reserved_eur.pop(story_id, _NOTHING)
        if held_eur:
            self._doubtful_eur[story_id] = self._doubtful_eur.get(story_id, _NOTHING) + held_eur


def _amount(eur: Decimal) -> Decimal:
    if not eur.is_finite() or eur < 0:
        raise ValueError(f"{eur} is not an amount of money: a finite amount of at least 0 is needed")
    return eur
