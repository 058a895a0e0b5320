"""A random region of farms for games of cost."""

import numpy as np

from logistics.distances import Matrix
from logistics.routing import Load, Problem, Site, Van


def region(n: int, seed: int, *, windows: bool = False, cold: bool = False) -> Problem:
    """Farms around a hub, an own van of 40 crates and the network's of 110."""
    draw = np.random.default_rng(seed)
    turn, far = draw.uniform(0, 2 * np.pi, n), 30 * np.sqrt(draw.uniform(0, 1, n))
    places = np.vstack([[0, 0], np.column_stack([far * np.cos(turn), far * np.sin(turn)])])
    km = 1.07 * 1.2 * np.sqrt(((places[:, None] - places) ** 2).sum(axis=-1))
    crates = np.clip(np.round(draw.lognormal(np.log(8), 0.8, n)), 1, 40).astype(int)
    opens = draw.integers(6 * 60, 8 * 60, n) if windows else np.zeros(n, int)
    closes = draw.integers(9 * 60, 13 * 60, n) if windows else np.full(n, 24 * 60)
    sites = tuple(
        Site(
            f"farm {i:03}",
            i + 1,
            collect=Load((0, 0, int(crates[i]), 0) if cold and i % 3 == 0 else (int(crates[i]), 0, 0, 0)),
            opens=int(opens[i]),
            closes=int(closes[i]),
            service=8,
        )
        for i in range(n)
    )
    vans = (
        Van("own", 0, (40, 40, 40, 40), 40, 9000, per_km=0.35, per_hour=22.0),
        Van("shared", 0, (110, 110, 60, 110), 110, 9000, fixed=18.0, per_km=0.5, per_hour=24.0),
    )
    return Problem(Matrix(km, 1.3 * km + 1), sites, vans)
