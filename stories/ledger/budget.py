"""The money of a run: what is spent, what is set aside for stories that may still be charged, and the cap on both."""

from decimal import Decimal

_NOTHING = Decimal(0)


class Budget:
    """Reserves a story's price before it is sent, so that spent and reserved together stay within the cap.

    Only the service's own figures can pass it: a cost above the price that was reserved. Amounts are in euros, not
    negative and finite; `ValueError` otherwise. Without a cap everything is counted and nothing refused.
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
        """Everything that is set aside, for doubts too."""
        return sum(self._reserved_eur.values(), self.doubtful_eur)

    @property
    def doubtful_eur(self) -> Decimal:
        """The part of `reserved_eur` that is for stories in doubt."""
        return sum(self._doubtful_eur.values(), _NOTHING)

    def reserve(self, story_id: str, price_eur: Decimal) -> bool:
        """Set the price aside; False, and nothing changes, when the cap does not allow it.

        A story has one reservation, and a new one replaces it; what a doubt of the story keeps stays beside it.
        """
        others_eur = self.reserved_eur - self._reserved_eur.get(story_id, _NOTHING)
        if self._max_cost_eur is not None and self._spent_eur + others_eur + _amount(price_eur) > self._max_cost_eur:
            return False
        self._reserved_eur[story_id] = _amount(price_eur)
        return True

    def settle(self, story_id: str, cost_eur: Decimal) -> None:
        """The story was charged: the cost is spent, its reservation free; that of its doubt, if it has no other."""
        self._spent_eur += _amount(cost_eur)
        if self._reserved_eur.pop(story_id, None) is None:
            self._doubtful_eur.pop(story_id, None)

    def release(self, story_id: str) -> None:
        """The story is not charged: its reservation is free. What a doubt keeps is not (Rule 6)."""
        self._reserved_eur.pop(story_id, None)

    def hold(self, story_id: str) -> None:
        """The story is in doubt: its reservation stays until the doubt is settled (Rule 6)."""
        held_eur = self._reserved_eur.pop(story_id, _NOTHING)
        if held_eur:
            self._doubtful_eur[story_id] = self._doubtful_eur.get(story_id, _NOTHING) + held_eur


def _amount(eur: Decimal) -> Decimal:
    if not eur.is_finite() or eur < 0:
        raise ValueError(f"{eur} is not an amount of money")
    return eur
