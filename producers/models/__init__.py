from producers.models.boxes import Box, BoxContent, BoxSize
from producers.models.catalogue import ALLERGENS, Findable, Producer, Product, ShortageRule, UnmetSearch
from producers.models.selling import Agreement, Batch, Offer, PriceChange, StockMovement, Supply

__all__ = [
    "ALLERGENS",
    "Agreement",
    "Batch",
    "Box",
    "BoxContent",
    "BoxSize",
    "Findable",
    "Offer",
    "PriceChange",
    "Producer",
    "Product",
    "ShortageRule",
    "StockMovement",
    "Supply",
    "UnmetSearch",
]
