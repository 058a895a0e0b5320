"""What a buyer owes in empties: deposit charged on what was billed, less what came back."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import F, Sum
from django.db.models.functions import Round

from network.models import Organisation
from orders.models import EmptiesReturn, OrderLine


@dataclass(frozen=True)
class Empties:
    """Euro of deposit, and the pieces it was charged on."""

    pieces: Decimal
    charged: Decimal
    returned: Decimal

    @property
    def owed(self) -> Decimal:
        return self.charged - self.returned


def owed(buyer: Organisation) -> Empties:
    """Each line's deposit rounded once, as on its document; goods that were given back took theirs along."""
    kept = F("billed") - F("returned")
    found = OrderLine.objects.filter(order__buyer=buyer, deposit__gt=0, billed__gt=F("returned")).aggregate(
        pieces=Sum(kept), charged=Sum(Round(F("deposit") * kept, precision=2))
    )
    back = EmptiesReturn.objects.filter(buyer=buyer).aggregate(value=Sum(F("value") * F("count")))["value"]
    return Empties(found["pieces"] or Decimal(0), found["charged"] or Decimal(0), back or Decimal(0))
