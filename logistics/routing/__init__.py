"""
Rounds: from what must be driven to who drives what when, checked, and what going alone would cost.
The model, its units and a worked example are in `docs/routing.md`. Pure: no Django, no I/O.
"""

from logistics.routing.alone import AloneCost, alone_cost
from logistics.routing.checking import Flaw, check
from logistics.routing.problem import (
    DAY,
    STORAGE_CLASSES,
    Load,
    Pair,
    Plan,
    Problem,
    Progress,
    RoutePlan,
    Scale,
    Site,
    StopPlan,
    Tour,
    Unplanned,
    Van,
)
from logistics.routing.retiming import retime
from logistics.routing.solving import Saving, plan, saving_of_letting_go

__all__ = [
    "DAY",
    "STORAGE_CLASSES",
    "AloneCost",
    "Flaw",
    "Load",
    "Pair",
    "Plan",
    "Problem",
    "Progress",
    "RoutePlan",
    "Saving",
    "Scale",
    "Site",
    "StopPlan",
    "Tour",
    "Unplanned",
    "Van",
    "alone_cost",
    "check",
    "plan",
    "retime",
    "saving_of_letting_go",
]
