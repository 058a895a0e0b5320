"""What producers are asked to bring, and the documents that follow."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import DeliveryDay, Network, Organisation, Person
from network.quantities import Unit
from network.texts import Texts
from orders.models.ordering import Order
from producers.models import Producer, Product, ShortageRule, Supply


class PurchaseOrders(models.QuerySet["PurchaseOrder"]):
    def visible_to(self, person: Any) -> Self:
        if not person.is_authenticated:
            return self.none()
        return self.filter(
            Q(producer__organisation__in=Organisation.objects.of(person))
            | Q(delivery_day__cycle__network__in=Network.objects.with_role(person, "coordinator"))
        )


class PurchaseOrder(models.Model):
    """What one producer is asked to bring for one delivery day; frozen at the cut-off, and changed by `PurchaseChange` only."""

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
    """Per product and price: `quantity` as asked, `missing` as recorded since the cut-off (never more than was asked)."""

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
                condition=Q(quantity__gte=0, missing__gte=0, missing__lte=F("quantity")),
                name="purchase_order_misses_at_most_what_was_asked",
            ),
        ]

    @property
    def left(self) -> Decimal:
        """What is to be brought."""
        return self.quantity - self.missing


class PurchaseChanges(models.QuerySet["PurchaseChange"]):
    def unseen(self) -> Self:
        """What others changed since somebody of the farm last said that she saw it."""
        later = PurchaseRead.objects.filter(
            purchase_order=OuterRef("purchase_order"), kind=PurchaseRead.Kind.SEEN, version__gte=OuterRef("version")
        )
        return self.filter(~Exists(later), by_farm=False)


class PurchaseChange(models.Model):
    """
    What became more or less of a purchase order after it was frozen: `difference` is added to what was to be brought of a
    line, `after` is what is to be brought now. The frozen order is version 1, each change makes the next; with the changes
    any version can be told. The database refuses to alter one, and refuses a line that changes without one (`docs/harvest.md`).
    """

    class Kind(models.TextChoices):
        MISSING = "missing", _("cannot be delivered")
        FOUND = "found", _("can be delivered after all")
        MORE = "more", _("ordered after the cut-off")
        LESS = "less", _("taken off after the cut-off")
        CREDITED = "credited", _("not delivered, and credited")

    class Why(models.TextChoices):
        HAIL = "hail", _("hail, frost or drought")
        SICK = "sick", _("sick plants or animals")
        LOST = "lost", _("the harvest is lost or too small")
        OTHER = "other", _("something else")

    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="changes")
    line = models.ForeignKey(PurchaseOrderLine, models.PROTECT, related_name="changes")
    version = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    difference = models.DecimalField(max_digits=12, decimal_places=3)
    after = models.DecimalField(max_digits=12, decimal_places=3)
    why = models.CharField(max_length=5, choices=Why.choices, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    rule = models.CharField(max_length=10, choices=ShortageRule.choices, blank=True)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    by_farm = models.BooleanField()
    at = models.DateTimeField(default=clock.now)

    objects = PurchaseChanges.as_manager()

    class Meta:
        ordering = ["purchase_order", "version"]
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "version"], name="purchase_change_version_once"),
            models.CheckConstraint(
                condition=~Q(difference=0) & Q(after__gte=0, version__gte=2), name="purchase_change_changes_something"
            ),
        ]

    @property
    def before(self) -> Decimal:
        return self.after - self.difference


class PurchaseRead(models.Model):
    """That somebody of the farm has a version of a purchase order on paper, or says that she saw it. Append-only."""

    class Kind(models.TextChoices):
        PRINTED = "printed", _("printed")
        SEEN = "seen", _("seen")

    purchase_order = models.ForeignKey(PurchaseOrder, models.PROTECT, related_name="reads")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    version = models.PositiveSmallIntegerField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["purchase_order", "kind", "version"], name="purchase_version_read_once")
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
    and kind. `lines` and `totals` hold what is printed, as strings. Deposits stand outside VAT: `deposit` is what is charged
    for them less what is given back for `empties`; on a credit note, what is given back.
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
    empties = models.JSONField(default=list)
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

    @property
    def due(self) -> Decimal:
        """What is to be paid, or on a credit note is given back."""
        return self.gross + self.deposit

    @property
    def returned(self) -> list[dict[str, Any]]:
        """The empties, each with the amount as it stands on this paper: less to pay, or on a credit note given back."""
        sign = 1 if self.kind == self.Kind.CREDIT_NOTE else -1
        return [row | {"amount": sign * Decimal(row["amount"])} for row in self.empties]

    @property
    def charged(self) -> Decimal:
        """Deposits on the goods of this paper."""
        return self.deposit - sum((row["amount"] for row in self.returned), Decimal(0))


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
