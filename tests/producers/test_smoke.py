from decimal import Decimal

from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY


def test_announce(cycle, leek, alice):
    supply = stock.announce(product=leek, week_on=MONDAY, quantity=Decimal(5), price=Decimal("1.60"), by=alice)
    assert Offer.objects.count() == 4
    o = Offer.objects.filter(price_group__audience="household").first()
    assert (o.net, o.gross) == (Decimal("2.2500"), Decimal("2.39"))
    stock.reserve({supply.pk: Decimal(3)})
    supply.refresh_from_db()
    assert supply.reserved == 3
