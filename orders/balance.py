"""What an organisation owes as a buyer, by the books: charged on its documents, less what was credited or paid."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Q, Sum

from network.models import Account, Organisation


@dataclass(frozen=True)
class Balance:
    """Of one network, in euro: what was charged, and what went off again by credit notes and payments."""

    network: str
    charged: Decimal
    settled: Decimal

    @property
    def open(self) -> Decimal:
        return self.charged - self.settled

    @property
    def back(self) -> Decimal:
        """What the network owes instead."""
        return -self.open


def balances(organisation: Organisation) -> list[Balance]:
    """One per network in which something was booked for it as a buyer; what is owed is positive."""
    accounts = (
        Account.objects.filter(organisation=organisation, kind=Account.Kind.BUYER)
        .annotate(
            charged=Sum("postings__amount", filter=Q(postings__amount__gt=0), default=Decimal(0)),
            settled=-Sum("postings__amount", filter=Q(postings__amount__lt=0), default=Decimal(0)),
        )
        .order_by("network__name")
    )
    return [Balance(*row) for row in accounts.values_list("network__name", "charged", "settled")]
