from logistics.models.assembly import CollegeRule, CostTerms, Frontier, Proposal, Remark, Vote
from logistics.models.costs import BillJob, CostGame, CostRun, CostShare, Dispute
from logistics.models.drive import Empties, PhoneAction, Pickup, Proof, TemperatureReading, Trouble
from logistics.models.fleet import LowEmissionZone, Road, TransportChoice, Vehicle
from logistics.models.outlook import Overhead, Refund, Scenario, WhatIf
from logistics.models.plan import Crate, Paper, PlanVersion, Round, RoundChange, Stop, Tour, TourStop, Unplanned

__all__ = [
    "BillJob",
    "CollegeRule",
    "CostGame",
    "CostRun",
    "CostShare",
    "CostTerms",
    "Crate",
    "Dispute",
    "Empties",
    "Frontier",
    "LowEmissionZone",
    "Overhead",
    "Paper",
    "PhoneAction",
    "Pickup",
    "PlanVersion",
    "Proof",
    "Proposal",
    "Refund",
    "Remark",
    "Road",
    "Round",
    "RoundChange",
    "Scenario",
    "Stop",
    "TemperatureReading",
    "Tour",
    "TourStop",
    "TransportChoice",
    "Trouble",
    "Unplanned",
    "Vehicle",
    "Vote",
    "WhatIf",
]
