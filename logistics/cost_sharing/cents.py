"""From exact shares to the bill: nobody above her cap, whole cents, and what the caps leave uncovered set apart."""

from collections.abc import Sequence

import numpy as np

from logistics.cost_sharing.game import Floats


def in_cents(euro: float) -> int:
    """Whole cents, half up; a hair below half is half, for amounts that come from arithmetic."""
    return int(np.floor(100 * euro + 0.5 + 1e-6))


def capped(shares: Floats, room: Floats) -> Floats:
    """
    Shares within 0 and `room` with the same sum. What is above the caps goes to the others in proportion to the room they
    have left; what is below 0 is taken from them in proportion to what they pay. The sum must fit in the room.
    """
    above = np.maximum(shares - room, 0.0)
    below = np.maximum(-shares, 0.0)
    if not above.any() and not below.any():
        return shares
    inside = np.clip(shares, 0.0, room)
    excess = float(above.sum() - below.sum())
    give = room - inside if excess > 0 else inside
    return np.clip(inside + (excess / give.sum() * give if give.sum() else 0.0), 0.0, room)


def rounded(shares: Floats, total: int, most: Sequence[int] | None, players: Sequence[str]) -> dict[str, int]:
    """
    Whole cents that add up to `total`, by largest remainder, ties by name, none above `most`. Shares are in euro and add
    up to the total within a cent or so per player; `most` has room for the total.
    """
    # A ten-millionth of a cent is noise, and noise may settle neither a cent nor a tie.
    exact = np.round(100 * np.asarray(shares, dtype=float), 7)
    parts = [int(np.floor(amount)) for amount in exact]
    if most is not None:
        parts = [min(part, limit) for part, limit in zip(parts, most, strict=True)]
    left = total - sum(parts)
    while left:
        step = 1 if left > 0 else -1
        by_remainder = sorted(range(len(parts)), key=lambda i: (step * (parts[i] - exact[i]), players[i]))
        able = [i for i in by_remainder if most is None or (parts[i] < most[i] if step > 0 else parts[i] > 0)]
        if not able:
            raise ValueError("the caps have no room for the total")
        for i in able[: abs(left)]:
            parts[i] += step
        left = total - sum(parts)
    return dict(zip(players, parts, strict=True))
