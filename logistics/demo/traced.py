"""Lots of the last weeks, and a recall of two weeks ago that was followed to its end."""

from datetime import datetime, time, timedelta

from django.db import transaction

from logistics.demo.build import LOGINS
from network import clock
from network.models import DeliveryDay, Person
from orders import recall_mail, recalls, tracing
from orders.models import PurchaseOrder, Recall
from producers import lots
from producers.models import Lot

WEEKS = 3
"""How many weeks back lots are noted."""
CALLED_BACK = 2
"""How many weeks ago something was called back."""
FIELDS = ("Kouterveld", "Achter de stal", "Serre 2", "Meersen")


def note(day: DeliveryDay, weeks_ago: int) -> None:
    """
    Every farm notes the lots of a closed day the evening before it. The farmer who shows the demo still has to note those of
    the present week.
    """
    if weeks_ago > WEEKS:
        return
    asked = PurchaseOrder.objects.filter(delivery_day=day).select_related("producer__organisation")
    for purchase in asked.prefetch_related("lines__product").order_by("pk"):
        farmer = purchase.producer.organisation.people.order_by("pk").first()
        if farmer is None or (weeks_ago <= 0 and farmer.email == LOGINS[1].email):
            continue
        products = {line.product_id: line.product for line in purchase.lines.all()}
        if Lot.objects.filter(product__in=products, days=day).exists():
            continue
        lots.note_many(
            producer=purchase.producer,
            products=products.values(),
            harvested_on=day.on - timedelta(days=1),
            days=[day],
            field=FIELDS[purchase.producer_id % len(FIELDS)],
            by=farmer,
        )


@transaction.atomic
def call_back(day: DeliveryDay, weeks_ago: int, now: datetime, by: Person) -> None:
    """One lot of the farmer who shows the demo, the day after it was delivered; two buyers were called, and then it was closed."""
    alice = Person.objects.get(email=LOGINS[1].email)
    lot = (
        Lot.objects.filter(days=day, product__producer__organisation__people=alice)
        .select_related("product__producer")
        .order_by("pk")
        .first()
    )
    morning = clock.moment(day.on + timedelta(days=1), time(8, 30))
    if weeks_ago != CALLED_BACK or lot is None or now < morning:
        return
    farm = lot.product.producer
    if Recall.objects.filter(producer=farm).exists():
        return
    with clock.at(morning):
        recall = recalls.start(
            producer=farm,
            goods=tracing.goods_of_lots([lot]),
            viewer=tracing.viewer_of(alice, farm),
            action=Recall.Action.DESTROY,
            reason="In een bak zaten stukjes plastic van een gescheurde folie. Misschien zit er bij jou ook iets tussen.",
            by=alice,
        )
        for notice in recall.notices.all():
            recall_mail.recall(notice.pk)
    with clock.at(morning + timedelta(hours=3)):
        for notice in recall.notices.order_by("pk")[:2]:
            recalls.reached(notice=notice, by=by)
    with clock.at(morning + timedelta(days=1)):
        recalls.close(recall=recall, by=alice)
