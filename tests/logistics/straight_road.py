"""A straight road: a matrix row is a place, `road(0, 10)` puts two of them 10 km and 10 minutes apart."""

import numpy as np

from logistics.distances import Matrix
from logistics.routing import Load, RoutePlan, Van


def road(*places: float) -> Matrix:
    km = np.abs(np.subtract.outer(np.array(places, dtype=float), np.array(places, dtype=float)))
    return Matrix(km=km, minutes=km.copy())


def crates(ambient: int = 0, cool: int = 0, cold: int = 0, frozen: int = 0, kg: int = 0) -> Load:
    return Load((ambient, cool, cold, frozen), kg)


def van(key: str = "van", at: int = 0, **traits) -> Van:
    usual = {
        "capacity": (20, 20, 20, 0),
        "total_crates": 20,
        "kg": 500,
        "fixed": 20.0,
        "per_km": 0.5,
        "per_hour": 30.0,
        "available_from": 360,
        "available_to": 1080,
    }
    return Van(key=key, at=at, **(usual | traits))


def stops(route: RoutePlan) -> list[str]:
    return [stop.site for stop in route.stops]
