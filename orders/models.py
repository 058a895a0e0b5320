"""What people order, what producers are asked to bring, and the documents that follow."""

from decimal import Decimal
from typing import Any, Self

from django.db import models
from django.db.models import F, Max, Q
from django.db.models.functions import Mod
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import Cycle, Delivery, DeliveryDay, Network, Organisation, Person, PickupPoint
from network.quantities import StorageClass, Unit
from network.texts import Texts
from producers.models import BoxSize, Offer, Producer, Product, Supply


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


class Shortfall(models.Model):
    """
    What a buyer did not get of a line where it is collected, or got bad, in the line's unit; not what the farm already said
    was missing. The buyer never pays for it. The farm bears it, unless the coordinator said before the day was settled
    that the network does (`docs/pickup.md`).
    """

    class Reason(models.TextChoices):
        MISSING = "missing", _("missing")
        BAD = "bad", _("bad")
        OTHER = "other", _("something else")

    class Bearer(models.TextChoices):
        FARM = "farm", _("the farm")
        NETWORK = "network", _("the network")

    line = models.OneToOneField(OrderLine, models.CASCADE, related_name="shortfall")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    reason = models.CharField(max_length=8, choices=Reason.choices)
    note = models.CharField(max_length=200, blank=True)
    bearer = models.CharField(max_length=8, choices=Bearer.choices, default=Bearer.FARM)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="shortfall_is_more_than_nothing")]


class EmptiesReturn(models.Model):
    """
    Empties a household brought back when it collected an order, in all, per value of their deposit: `value` euro a piece,
    0 for crates that bear none. `credited` of them stand on a document already.
    """

    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="empties_returned")
    order = models.ForeignKey(Order, models.PROTECT, related_name="empties_returned")
    value = models.DecimalField(max_digits=6, decimal_places=2)
    count = models.PositiveSmallIntegerField()
    credited = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["order", "value"]
        constraints = [
            models.UniqueConstraint(fields=["order", "value"], name="empties_returned_once_per_order_and_value"),
            models.CheckConstraint(
                condition=Q(value__gte=0, credited__lte=F("count")), name="empties_credited_at_most_once"
            ),
        ]

    @property
    def amount(self) -> Decimal:
        return self.value * self.count


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


class Favourite(models.Model):
    """A product a household, or another buyer, wants to find again."""

    buyer = models.ForeignKey(Organisation, models.CASCADE, related_name="favourites")
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["buyer", "product"], name="favourite_once_per_buyer")]


class Cause(models.Model):
    """Who gets a box that its household gives away: the organisation collects it at a pickup point, the household pays."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="causes")
    name = models.CharField(_("name"), max_length=60)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    pickup_point = models.ForeignKey(PickupPoint, models.PROTECT, related_name="+")
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "name"],
                condition=Q(archived_at=None),
                name="cause_named_once_per_network",
                violation_error_message=_("This cause is on the list already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Subscriptions(models.QuerySet["Subscription"]):
    def running(self) -> Self:
        return self.filter(stopped_at=None)

    def of(self, person: Any) -> Self:
        """Subscriptions of the organisations this person belongs to."""
        return self.filter(buyer__in=Organisation.objects.of(person))


class Subscription(models.Model):
    """
    A box, or an own list (no size), that becomes an order of its own accord in the weeks that `orders.rhythm` gives.
    `starts_on` is the Monday of its first week; `changed_at` and `version` move with every change.
    """

    class Rhythm(models.TextChoices):
        WEEKLY = "weekly", _("every week")
        FORTNIGHTLY = "fortnightly", _("every two weeks")
        MONTHLY = "monthly", _("once a month")

    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="subscriptions")
    network = models.ForeignKey(Network, models.PROTECT, related_name="subscriptions")
    size = models.ForeignKey(BoxSize, models.PROTECT, null=True, blank=True, related_name="subscriptions")
    pickup_point = models.ForeignKey(PickupPoint, models.PROTECT, related_name="subscriptions")
    weekday = models.PositiveSmallIntegerField()
    rhythm = models.CharField(max_length=12, choices=Rhythm.choices, default=Rhythm.WEEKLY)
    starts_on = models.DateField()
    paused_from = models.DateField(null=True, blank=True)
    paused_until = models.DateField(null=True, blank=True)
    age_declared = models.BooleanField(default=False)
    made_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    version = models.PositiveIntegerField(default=0)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = Subscriptions.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["buyer", "network", "size", "pickup_point", "weekday", "rhythm"],
                condition=Q(stopped_at=None),
                name="one_running_subscription_alike",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=Q(weekday__lte=6), name="subscription_on_a_weekday"),
            models.CheckConstraint(condition=Q(starts_on__iso_week_day=1), name="subscription_starts_on_a_monday"),
            models.CheckConstraint(
                condition=Q(paused_from=None, paused_until=None) | Q(paused_from__lte=F("paused_until")),
                name="subscription_pause_ends_after_it_begins",
            ),
        ]
        indexes = [models.Index(fields=["network"], condition=Q(stopped_at=None), name="subscriptions_running")]

    def __str__(self) -> str:
        return str(self.size) if self.size else str(_("Own list"))


class SubscriptionWeek(models.Model):
    """
    A week in which a subscription goes otherwise: skipped, given to a cause, or with lines of its own. No row: as usual.
    """

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="weeks")
    week_on = models.DateField()
    skipped = models.BooleanField(default=False)
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "week_on"], name="one_row_per_subscription_and_week"),
            models.CheckConstraint(condition=~Q(skipped=True, cause__isnull=False), name="skipped_or_given_away"),
        ]


class SubscriptionLine(models.Model):
    """So much of a product: of the own list (no week), or what one week's box holds instead of what it would."""

    subscription = models.ForeignKey(Subscription, models.CASCADE, related_name="lines")
    week = models.ForeignKey(SubscriptionWeek, models.CASCADE, null=True, blank=True, related_name="lines")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "week", "product"], name="subscription_line_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="subscription_line_asks_for_something"),
        ]


class SubscriptionRun(models.Model):
    """
    What became of a subscription in a cycle: at most one row, made with the order in one transaction. `lines` holds per
    product what was wanted and got, as strings; `reason` says why nothing came, in the buyer's language.
    """

    class Outcome(models.TextChoices):
        FILLED = "filled", _("filled")
        PARTLY = "partly", _("filled in part")
        NO_DELIVERY = "no_delivery", _("no delivery that week")
        FAILED = "failed", _("not filled")

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="runs")
    cycle = models.ForeignKey(Cycle, models.PROTECT, related_name="subscription_runs")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="subscription_runs")
    cause = models.ForeignKey(Cause, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    lines = models.JSONField(default=list)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "cycle"], name="one_run_per_subscription_and_cycle"),
            models.CheckConstraint(
                condition=Q(outcome__in=["filled", "partly"], order__isnull=False)
                | Q(outcome__in=["no_delivery", "failed"], order=None),
                name="subscription_run_has_an_order_or_none",
            ),
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
