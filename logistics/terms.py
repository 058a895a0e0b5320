"""The terms on which a network shares the cost of transport in a week."""

from datetime import date

from logistics.models import CostTerms
from network.models import Network


def of(network: Network, week: date) -> CostTerms:
    """What is in force in the week of this Monday; the unsaved defaults for a network that never decided anything."""
    return CostTerms.objects.in_force(week).filter(network=network).first() or CostTerms(network=network)
