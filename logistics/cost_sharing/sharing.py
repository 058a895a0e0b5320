"""What settling asks: a whole bill in cents, in proportion to what each would save at most, with the method stand_alone."""

from collections.abc import Mapping
from dataclasses import dataclass

from logistics.cost_sharing.allocating import allocate
from logistics.cost_sharing.game import AdditiveOracle, Game

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
    producers = tuple(sorted(alone))
    # Whoever spends something herself counts for what is left: her cap is all that the network's trip is worth to her.
    worth = AdditiveOracle([caps[producer] / 100 for producer in producers])
    bill = allocate(Game(producers, worth, cost / 100), METHOD)
    shares = bill.cents
    saving = {
        producer: (caps[producer] - shares[producer]) / alone[producer] if alone[producer] else 0.0
        for producer in producers
    }
    compared = [saving[producer] for producer in producers if alone[producer]]
    return Sharing(
        shares=shares,
        saving=saving,
        launch_gap=bill.launch_gap_cents,
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
