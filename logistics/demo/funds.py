"""How the demo network of Gent began: a subsidy and shares in its start-up fund, what it costs itself, and what its members agreed."""

from datetime import time, timedelta
from decimal import Decimal
from uuid import UUID

from logistics import fund, tipping
from logistics.models import CostTerms
from network import clock
from network.models import Network, Person


def build(network: Network, *, weeks: int) -> None:
    """The Friday before the first of so many past weeks."""
    first = clock.monday_of(clock.today()) - timedelta(weeks=weeks)
    dana = Person.objects.get(network_roles__network=network, network_roles__role="coordinator")
    with clock.at(clock.moment(first - timedelta(days=3), time(10))):
        tipping.set_overhead(network=network, per_week=Decimal(1250), since=first, by=dana)
        CostTerms.objects.create(network=network, from_week=first, fund_crates=100, solidarity=Decimal("0.02"))
        for token, amount, source, note in (
            (1, 3000, fund.Source.SUBSIDY, "Provincie Oost-Vlaanderen"),
            (2, 1500, fund.Source.SHARES, "60 aandelen van 25 euro"),
        ):
            fund.deposit(
                network=network, amount=Decimal(amount), source=source, note=note, token=UUID(int=token), by=dana
            )
