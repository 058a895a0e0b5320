"""Days on one straight road, so that every cost can be added by heart: a van is 10 euro and 1 euro a km, time is free."""

from typing import Any

VAN = {"per_day": 10.0, "per_km": 1.0, "per_hour": 0.0, "crates": 40}
HIRED = {
    "fixed": 10.0,
    "per_km": 1.0,
    "per_hour": 0.0,
    "per_stop": 0.0,
    "capacity": [40, 40, 40, 40],
    "crates": 40,
    "kg": 9999,
    "hours": [0, 1440],
}


def a_day(
    *,
    farms: dict[int, int],
    stops: dict[int, int],
    sends: dict[tuple[int, int], Any],
    costs: dict[str, int],
    brings: tuple[int, ...] = (),
    straight: tuple[tuple[int, int], ...] = (),
    tau: float = 0.1,
    method: str = "epm",
    opens: dict[int, tuple[int, int]] | None = None,
) -> dict[str, Any]:
    """
    Farms and stops by number and the km at which they lie, the hub at 0; crates of farm and stop (a number, or by storage
    class); euro per leg. A minute a km.
    """
    places = [0, *farms.values(), *stops.values()]
    km = [[float(abs(a - b)) for b in places] for a in places]
    hours = opens or {}
    return {
        "day": 1,
        "terms": {"method": method, "tau": tau, "van": VAN},
        "weights": {"ambient": 1.0, "cool": 2.0, "cold": 3.0, "frozen": 4.0},
        "hub": [0, 0],
        "places": [[0, place] for place in places],
        "km": km,
        "minutes": [[int(one) for one in row] for row in km],
        "rounds": [{"leg": leg, "shared": 100 * euro} for leg, euro in costs.items()],
        "driven": "0",
        "vans": [HIRED | {"leg": leg} for leg in ("collection", "distribution")],
        "hours": {"collection": [0, 1440], "distribution": [0, 1440]},
        "producers": [
            {"id": pk, "at": at, "brings": pk in brings, "rates": VAN, "opens": 0, "latest": 1440}
            for at, pk in enumerate(farms, 1)
        ],
        "destinations": [
            {
                "id": pk,
                "at": at,
                "opens": hours.get(pk, (0, 1440))[0],
                "latest": hours.get(pk, (0, 1440))[1],
                "done": False,
            }
            for at, pk in enumerate(stops, 1 + len(farms))
        ],
        "crates": [
            {
                "producer": farm,
                "delivery": stop,
                "straight": (farm, stop) in straight,
                "crates": dict.fromkeys(("ambient", "cool", "cold", "frozen"), 0.0)
                | (many if isinstance(many, dict) else {"ambient": float(many)}),
                "kg": 1.0,
                "value": 10.0 * farm,
            }
            for (farm, stop), many in sorted(sends.items())
        ],
    }
