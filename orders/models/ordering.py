"""What people order: a basket, what it holds, and what it held before it was let go."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Max, Q
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import Delivery, DeliveryDay, Network, Organisation, Person
from network.quantities import StorageClass, Unit
from network.texts import Texts
from producers.models import Offer, Producer, Product, Supply


class Orders(models.QuerySet["Order"]):
    def confirmed(self) -> Self:
        """Orders that will be, or were, delivered."""
        return self.exclude(status__in=[Order.Status.BASKET, Order.Status.CANCELLED])

    def visible_to(self, person: Any) -> Self:
        """Orders of organisations this person belongs to, and those of networks this person coordinates."""
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(buyer__in=Organisation.objects.of(person))
            | Q(delivery__delivery_day__cycle__network__in=Network.objects.with_role(person, "coordinator"))
        )

    def editable_by(self, person: Any) -> Self:
        """Orders this person may change, as a buyer, before the cut-off."""
        return self.filter(
            buyer__in=Organisation.objects.of(person),
            delivery__delivery_day__in=DeliveryDay.objects.on_sale(),
        )

    def with_expired_hold(self) -> Self:
        return self.filter(hold_expires_at__lte=clock.now())

    def with_lapsed_at(self) -> Self:
        """Each with `lapsed_at`: when what it no longer holds lapsed; None when nothing waits to be put back."""
        return self.annotate(lapsed_at=Max("lapsed__lapsed_at"))

    def with_delivery(self) -> Self:
        """
        Each with its delivery: when, where and for which network. In a query of its own: a dozen tables joined to whose order
        it is took PostgreSQL 25 ms to plan.
        """
        deliveries = Delivery.objects.select_related(
            "delivery_day__cycle__network", "pickup_point", "outlet__organisation", "place"
        )
        return self.prefetch_related(models.Prefetch("delivery", deliveries))


class Order(models.Model):
    """
    One buyer's goods at one delivery. While it is filled its lines hold stock until `hold_expires_at`; confirming makes
    it binding. Changing a confirmed order holds only the difference, until that is confirmed or expires.
    """

    class Status(models.TextChoices):
        BASKET = "basket", _("basket")
        CONFIRMED = "confirmed", _("confirmed")
        CLOSED = "closed", _("closed")
        SETTLED = "settled", _("settled")
        CANCELLED = "cancelled", _("cancelled")

    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="orders")
    delivery = models.ForeignKey(Delivery, models.PROTECT, related_name="orders")
    placed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.BASKET)
    created_at = models.DateTimeField(default=clock.now)
    hold_expires_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=0, help_text=_("grows with every change of its lines"))
    age_declared = models.BooleanField(default=False)
    reference = models.CharField(_("your reference"), max_length=60, blank=True)
    number = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text=_("said aloud where it is collected; given when it is confirmed")
    )
    code = models.CharField(
        max_length=12, null=True, blank=True, unique=True, help_text=_("in the QR code of its buyer")
    )

    objects = Orders.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["buyer", "delivery"], name="one_order_per_buyer_and_delivery"),
            models.UniqueConstraint(fields=["delivery", "number"], name="order_number_once_per_delivery"),
            models.CheckConstraint(
                condition=Q(status__in=["basket", "cancelled"]) | Q(confirmed_at__isnull=False),
                name="confirmed_order_says_when",
            ),
        ]
        indexes = [
            models.Index(fields=["hold_expires_at"], condition=Q(hold_expires_at__isnull=False), name="order_holds"),
            models.Index(fields=["delivery", "status"], name="orders_of_a_delivery"),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class OrderLine(models.Model):
    """
    A product in an order, with what was agreed: later edits of offer or product never change it. Prices per unit.

    `quantity` is what is in the basket now, `confirmed` what was last confirmed; stock is held for the larger of the two.
    After the cut-off both are equal. `packed` is what was weighed or found (None: as ordered), `billed` what is paid for,
    `returned` what of that came back and was credited after the buyer withdrew.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    offer = models.ForeignKey(Offer, models.PROTECT, related_name="lines")
    supply = models.ForeignKey(Supply, models.PROTECT, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="lines")
    producer = models.ForeignKey(Producer, models.PROTECT, related_name="lines")
    name = Texts()
    unit = models.CharField(max_length=8, choices=Unit.choices)
    step = models.DecimalField(max_digits=6, decimal_places=3)
    sold_by_weight = models.BooleanField()
    storage_class = models.CharField(max_length=8, choices=StorageClass.choices)
    crate_share = models.DecimalField(max_digits=9, decimal_places=6, help_text=_("crate equivalents per unit"))
    unit_kg = models.DecimalField(max_digits=9, decimal_places=3)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    confirmed = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    packed = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    billed = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)
    returned = models.DecimalField(max_digits=12, decimal_places=3, default=0, db_default=0)
    price = models.DecimalField(max_digits=10, decimal_places=4)
    tariff = models.DecimalField(max_digits=10, decimal_places=4)
    contribution = models.DecimalField(max_digits=10, decimal_places=4)
    net = models.DecimalField(max_digits=10, decimal_places=4)
    vat_rate = models.DecimalField(max_digits=4, decimal_places=2)
    gross = models.DecimalField(max_digits=10, decimal_places=2)
    deposit = models.DecimalField(max_digits=6, decimal_places=2, default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "offer"], name="one_line_per_order_and_offer"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, confirmed__gte=0) & (Q(quantity__gt=0) | Q(confirmed__gt=0)),
                name="order_line_asks_for_something",
            ),
            models.CheckConstraint(
                condition=Q(Exact(Mod(F("quantity"), F("step")), Decimal(0)))
                & Q(Exact(Mod(F("confirmed"), F("step")), Decimal(0))),
                name="order_line_in_whole_steps",
            ),
            models.CheckConstraint(
                condition=(Q(packed=None) | Q(packed__gte=0)) & (Q(billed=None) | Q(billed__gte=0)),
                name="order_line_delivers_no_less_than_nothing",
            ),
            models.CheckConstraint(
                condition=Q(returned=0) | Q(returned__gt=0, returned__lte=F("billed")),
                name="order_line_returned_within_billed",
            ),
        ]

    def __str__(self) -> str:
        return str(self.name)

    @property
    def held(self) -> Decimal:
        return max(self.quantity, self.confirmed)


class LapsedLine(models.Model):
    """
    What a basket asked for, as an absolute quantity, when nobody came back within the hour. Nothing is held for it; it is
    remembered until it is put back, left, or asked for anew. 0 is a product that was to leave a confirmed order.
    """

    order = models.ForeignKey(Order, models.CASCADE, related_name="lapsed")
    offer = models.ForeignKey(Offer, models.CASCADE, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    lapsed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "offer"], name="one_lapsed_line_per_order_and_offer"),
            models.CheckConstraint(condition=Q(quantity__gte=0), name="lapsed_line_asks_for_no_less_than_nothing"),
        ]
