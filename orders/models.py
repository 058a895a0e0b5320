"""What people order, what producers are asked to bring, and the documents that follow."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Q
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

    objects = Orders.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["buyer", "delivery"], name="one_order_per_buyer_and_delivery"),
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


class PurchaseOrders(models.QuerySet["PurchaseOrder"]):
    def visible_to(self, person: Any) -> Self:
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(producer__organisation__in=Organisation.objects.of(person))
            | Q(delivery_day__cycle__network__in=Network.objects.with_role(person, "coordinator"))
        )


class PurchaseOrder(models.Model):
    """What one producer is asked to bring for one delivery day; frozen at the cut-off."""

    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="purchase_orders")
    producer = models.ForeignKey(Producer, models.PROTECT, related_name="purchase_orders")
    made_at = models.DateTimeField(default=clock.now)
    below_minimum = models.BooleanField(default=False)
    total = models.DecimalField(max_digits=12, decimal_places=2)

    objects = PurchaseOrders.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery_day", "producer"], name="one_purchase_order_per_day_and_producer")
        ]

    def __str__(self) -> str:
        return f"{self.producer} {self.delivery_day.on}"


class PurchaseOrderLine(models.Model):
    """Per product and price: `quantity` as frozen, `missing` as recorded since (never more than was asked)."""

    purchase_order = models.ForeignKey(PurchaseOrder, models.CASCADE, related_name="lines")
    supply = models.ForeignKey(Supply, models.PROTECT, related_name="purchase_order_lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    name = Texts()
    unit = models.CharField(max_length=8, choices=Unit.choices)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    missing = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    price = models.DecimalField(max_digits=10, decimal_places=4)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "supply", "price"], name="purchase_order_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, missing__gte=0, missing__lte=F("quantity")),
                name="purchase_order_misses_at_most_what_was_asked",
            ),
        ]


class Documents(models.QuerySet["Document"]):
    def visible_to(self, person: Any) -> Self:
        """Documents of organisations this person belongs to, and those of networks this person coordinates."""
        if not person.is_authenticated:
            return self.none()
        own = Organisation.objects.of(person)
        return self.filter(
            Q(issuer__in=own) | Q(recipient__in=own) | Q(network__in=Network.objects.with_role(person, "coordinator"))
        )


class Document(models.Model):
    """
    An issued paper; the database refuses to change it. Corrections are credit notes. Numbers are gapless per issuer, year
    and kind. `lines` and `totals` hold what is printed, as strings; deposits stand outside VAT.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("invoice")
        RECEIPT = "receipt", _("receipt")
        CREDIT_NOTE = "credit_note", _("credit note")
        PURCHASE_SLIP = "purchase_slip", _("purchase slip")
        SELF_BILL = "self_bill", _("self-billed invoice")
        SERVICE_INVOICE = "service_invoice", _("invoice for services")

    kind = models.CharField(max_length=16, choices=Kind.choices)
    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="issued_documents")
    recipient = models.ForeignKey(Organisation, models.PROTECT, related_name="received_documents")
    year = models.PositiveSmallIntegerField()
    number = models.PositiveIntegerField()
    issued_on = models.DateField()
    network = models.ForeignKey(Network, models.PROTECT, related_name="documents")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="documents")
    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, null=True, blank=True, related_name="documents")
    net = models.DecimalField(max_digits=12, decimal_places=2)
    vat = models.DecimalField(max_digits=12, decimal_places=2)
    gross = models.DecimalField(max_digits=12, decimal_places=2)
    deposit = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    lines = models.JSONField(default=list)
    totals = models.JSONField(default=list)
    communication = models.CharField(max_length=20, blank=True)

    objects = Documents.as_manager()

    class Meta:
        ordering = ["-issued_on", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["issuer", "kind", "year", "number"], name="document_number_once"),
            models.CheckConstraint(
                condition=Exact(F("gross"), F("net") + F("vat")), name="document_net_and_vat_are_gross"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.year}-{self.number:05d}"


class DocumentSequence(models.Model):
    """The last number given, locked while the next is."""

    issuer = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Document.Kind.choices)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "kind", "year"], name="one_sequence_per_issuer_kind_and_year")
        ]


class Withdrawals(models.QuerySet["Withdrawal"]):
    def visible_to(self, person: Any) -> Self:
        """Withdrawals of households this person belongs to."""
        return self.filter(order__buyer__in=Organisation.objects.of(person))


class Withdrawal(models.Model):
    """
    A consumer goes back on (part of) a contract within 14 days, which needs no reason (art. VI.47 and VI.53 Code of
    Economic Law). What was declared, when, is never changed; the coordinator notes that the goods are back.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="withdrawals")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    received_at = models.DateTimeField(null=True, blank=True)
    received_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Withdrawals.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(received_at=None, received_by=None)
                | Q(received_at__isnull=False, received_by__isnull=False),
                name="withdrawal_received_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class WithdrawalLine(models.Model):
    """Units of a line that are given back: declared, and what really came (None: not yet)."""

    withdrawal = models.ForeignKey(Withdrawal, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="withdrawals")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    received = models.DecimalField(max_digits=12, decimal_places=3, null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["withdrawal", "line"], name="withdrawal_line_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & (Q(received=None) | Q(received__gte=0, received__lte=F("quantity"))),
                name="withdrawal_receives_at_most_what_was_declared",
            ),
        ]
