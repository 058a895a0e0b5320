from producers.models.boxes import Box, BoxContent, BoxSize
from producers.models.catalogue import ALLERGENS, Findable, Producer, Product, ShortageRule, UnmetSearch
from producers.models.lots import Lot, LotUse
from producers.models.selling import Agreement, Batch, Offer, Pool, PriceChange, StockMovement, Supply

__all__ = [
    "ALLERGENS",
    "Agreement",
    "Batch",
    "Box",
    "BoxContent",
    "BoxSize",
    "Findable",
    "Lot",
    "LotUse",
    "Offer",
    "Pool",
    "PriceChange",
    "Producer",
    "Product",
    "ShortageRule",
    "StockMovement",
    "Supply",
    "UnmetSearch",
]
