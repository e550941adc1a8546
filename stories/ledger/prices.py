"""Highest price of a story, known before the send: the service charges on completion and gives no quote."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from stories.api.wire import Model
from stories.storyboards.story import Story


@dataclass(frozen=True)
class PriceList:
    """The prices of one image in euros: by model id, and of the dearest model for stories that name no model."""

    by_model: dict[str, Decimal]
    dearest_eur: Decimal | None

    @classmethod
    def of(cls, models: Sequence[Model], price_per_image_eur: Decimal | None) -> "PriceList":
        """Return the prices of the service's models, or `price_per_image_eur` for all of them if it is set."""
        if price_per_image_eur is not None:
            return cls({}, price_per_image_eur)
        prices = {
            model.id: model.approximate_cost_eur
            for model in models
            if model.can_generate and model.approximate_cost_eur is not None
        }
        return cls(prices, max(prices.values(), default=None))

    def price_eur(self, story: Story) -> Decimal:
        """Return the price of all scenes and references by the story's model, in euros; 0 when no price is known."""
        storyboard = story.storyboard
        images = len(storyboard.scenes) + len(storyboard.characters) + len(storyboard.locations)
        model = (storyboard.model_extra or {}).get("model")
        dearest_eur = Decimal(0) if self.dearest_eur is None else self.dearest_eur
        return images * (self.by_model.get(model, dearest_eur) if isinstance(model, str) else dearest_eur)
