from orders.models.collecting import EmptiesReturn, Shortfall, Withdrawal, WithdrawalLine
from orders.models.ordering import LapsedLine, Order, OrderLine
from orders.models.papers import (
    Document,
    DocumentSequence,
    PurchaseChange,
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseRead,
)
from orders.models.recalls import Recall, RecalledGoods, RecalledLine, RecallNotice
from orders.models.repeating import Cause, Favourite, Subscription, SubscriptionLine, SubscriptionRun, SubscriptionWeek

__all__ = [
    "Cause",
    "Document",
    "DocumentSequence",
    "EmptiesReturn",
    "Favourite",
    "LapsedLine",
    "Order",
    "OrderLine",
    "PurchaseChange",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseRead",
    "Recall",
    "RecallNotice",
    "RecalledGoods",
    "RecalledLine",
    "Shortfall",
    "Subscription",
    "SubscriptionLine",
    "SubscriptionRun",
    "SubscriptionWeek",
    "Withdrawal",
    "WithdrawalLine",
]
