"""How farms of the demo network sell besides week by week: stock that carries over, and packages that need enough orders."""

from datetime import timedelta
from decimal import Decimal

from network import clock
from network.models import Cycle, Network
from orders import carrying
from producers import pooling, standing, stock
from producers.models import Pool, Product, Supply

STANDING = (("p002", "gr20", False), ("p018", "br03", False), ("p021", "vw02", True))
NOTED = {
    "gr20": [("loss", 6, "Aangevreten in de kuil"), ("harvest", 40, "Laatste rij gerooid")],
    "br03": [("harvest", 60, "Gemalen")],
    "vw02": [("loss", 2, "Potjes gesprongen")],
}
POOLED = (("p009", "vl03", 12),)


def prepare(network: Network, cycle: Cycle) -> None:
    """Before a present week opens, and after its supply was announced."""
    for code, sku, until_gone in STANDING:
        if product := _sold_in(network, code, sku):
            _carry_over(product, cycle, until_gone=until_gone)
    for code, sku, threshold in POOLED:
        if product := _sold_in(network, code, sku):
            _gather(product, cycle, Decimal(threshold))


def _sold_in(network: Network, code: str, sku: str) -> Product | None:
    products = Product.objects.filter(
        producer__code=code, sku=sku, producer__organisation__memberships__network=network
    )
    return products.select_related("producer__organisation").first()


def _carry_over(product: Product, cycle: Cycle, *, until_gone: bool) -> None:
    if there := Supply.objects.standing().filter(product=product).first():
        there.product = product
        standing.offer_coming(there)
        return
    announced = Supply.objects.of_week(cycle.week_on).filter(product=product).first()
    farmer = product.producer.organisation.people.first()
    if announced is None or farmer is None:
        return
    supply = carrying.begin(
        product=product, quantity=announced.quantity, price=announced.price, until_gone=until_gone, by=farmer
    )
    for hours, (reason, quantity, note) in enumerate(NOTED[product.sku], 1):
        with clock.at(clock.now() + timedelta(hours=hours)):
            standing.move(supply=supply, reason=reason, quantity=Decimal(quantity), note=note, by=farmer)


def _gather(product: Product, cycle: Cycle, threshold: Decimal) -> None:
    """It is decided when the first day of the week closes."""
    supply = Supply.objects.filter(product=product, week_on=cycle.week_on).select_related("product__producer").first()
    days = [day for day in cycle.days.order_by("closes_at") if stock.is_to_come(day)]
    farmer = product.producer.organisation.people.first()
    if supply and days and farmer and not supply.reserved and not Pool.objects.filter(supply=supply).exists():
        pooling.gather(supply=supply, threshold=threshold, decides_at=days[0].closes_at, by=farmer)
