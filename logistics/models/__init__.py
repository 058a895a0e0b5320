from logistics.models.costs import CostRun, CostShare
from logistics.models.drive import Empties, PhoneAction, Pickup, Proof, TemperatureReading, Trouble
from logistics.models.fleet import LowEmissionZone, Road, TransportChoice, Vehicle
from logistics.models.plan import Crate, Paper, PlanVersion, Round, RoundChange, Stop, Tour, TourStop, Unplanned

__all__ = [
    "CostRun",
    "CostShare",
    "Crate",
    "Empties",
    "LowEmissionZone",
    "Paper",
    "PhoneAction",
    "Pickup",
    "PlanVersion",
    "Proof",
    "Road",
    "Round",
    "RoundChange",
    "Stop",
    "TemperatureReading",
    "Tour",
    "TourStop",
    "TransportChoice",
    "Trouble",
    "Unplanned",
    "Vehicle",
]
