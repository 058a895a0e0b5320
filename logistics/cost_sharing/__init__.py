"""
Who pays what of a delivery day's transport: in proportion to what going alone would cost, never more than that.
The reasons, the promises and a worked example are in `docs/cost-sharing.md`. Pure: no Django, no I/O.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from network.money import share_out

METHOD = "stand_alone"


@dataclass(frozen=True)
class Sharing:
    """
    `shares` in whole cents; with `launch_gap`, what the caps left uncovered, they add up to the cost exactly.
    `saving` is the part of her stand-alone cost that a producer keeps (0.25 is a quarter; 0.0 when alone costs nothing);
    `spread` the largest saving minus the smallest, in percentage points, among those whom going alone costs something.
    """

    shares: dict[str, int]
    saving: dict[str, float]
    launch_gap: int
    spread: float


def share(*, cost: int, alone: Mapping[str, int], caps: Mapping[str, int] | None = None) -> Sharing:
    """
    Share the `cost` of the published plan, in whole cents, among the producers it carried.

    `alone` is what each would pay door to door on her own. `caps` is what the plan may cost each at most: `alone` less
    what she still spends herself, such as bringing her goods to the hub; `alone` itself when not given. Everyone pays in
    proportion to her cap. The order of the mappings does not matter: cents are settled by largest remainder, ties by id.
    Raises ValueError for a negative or fractional amount, for keys that differ, and for a cap above alone.
    """
    caps = alone if caps is None else caps
    _refuse_bad_input(cost, alone, caps)
    producers = sorted(alone)
    room = sum(caps.values())
    billed = min(cost, room)
    parts = share_out(billed, [caps[producer] for producer in producers]) if room else [0] * len(producers)
    shares = dict(zip(producers, parts, strict=True))
    saving = {
        producer: (caps[producer] - shares[producer]) / alone[producer] if alone[producer] else 0.0
        for producer in producers
    }
    compared = [saving[producer] for producer in producers if alone[producer]]
    return Sharing(
        shares=shares,
        saving=saving,
        launch_gap=cost - billed,
        spread=100 * (max(compared) - min(compared)) if compared else 0.0,
    )


def _refuse_bad_input(cost: int, alone: Mapping[str, int], caps: Mapping[str, int]) -> None:
    if differing := sorted(alone.keys() ^ caps.keys()):
        raise ValueError(f"alone and caps must name the same producers; they differ in {', '.join(differing)}")
    amounts = {"cost": cost}
    amounts |= {f"alone of {producer}": amount for producer, amount in alone.items()}
    amounts |= {f"cap of {producer}": amount for producer, amount in caps.items()}
    for name, amount in amounts.items():
        if not isinstance(amount, int) or isinstance(amount, bool) or amount < 0:
            raise ValueError(f"{name} must be whole cents and not negative, but is {amount!r}")
    for producer in sorted(caps):
        if caps[producer] > alone[producer]:
            raise ValueError(f"cap of {producer} is above what going alone costs: {caps[producer]} > {alone[producer]}")
