"""
Who pays what of a delivery day's transport: savings as equal as they can be without any group gaining by leaving.
The definitions, the methods and their promises, with an example to redo by hand, are in `docs/cost-sharing.md`.
Pure: no Django, no I/O.
"""

from logistics.cost_sharing.allocating import METHODS, Allocation, Binding, allocate, frontier
from logistics.cost_sharing.explaining import Explanation, explain
from logistics.cost_sharing.game import AdditiveOracle, CostOracle, Game, Row, TableOracle
from logistics.cost_sharing.routing import RoutingOracle
from logistics.cost_sharing.verifying import Report, verify

__all__ = [
    "METHODS",
    "AdditiveOracle",
    "Allocation",
    "Binding",
    "CostOracle",
    "Explanation",
    "Game",
    "Report",
    "RoutingOracle",
    "Row",
    "TableOracle",
    "allocate",
    "explain",
    "frontier",
    "verify",
]
