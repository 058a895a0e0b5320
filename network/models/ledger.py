"""Double entry, append-only: the database refuses a transaction that does not sum to zero, and any change to a posting."""

from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models.people import Network, Organisation


class Accounts(models.QuerySet["Account"]):
    def with_balance(self) -> Self:
        """Adds `balance`: euro, debit positive."""
        return self.annotate(balance=Coalesce(Sum("postings__amount"), Decimal(0), output_field=models.DecimalField()))


class Account(models.Model):
    class Kind(models.TextChoices):
        BUYER = "buyer", _("buyer")
        PRODUCER = "producer", _("producer")
        SALES = "sales", _("sales")
        PURCHASES = "purchases", _("purchases")
        CONTRIBUTION = "contribution", _("network contribution")
        TARIFF = "tariff", _("logistics tariff")
        HOME = "home", _("home delivery")
        TRANSPORT = "transport", _("transport cost")
        CARRIER = "carrier", _("carrier")
        LAUNCH_GAP = "launch_gap", _("launch gap")
        VARIANCE = "variance", _("driven otherwise than planned")
        EXPENSES = "expenses", _("volunteers' expenses")
        DEPOSITS = "deposits", _("deposits")
        VAT = "vat", _("VAT")
        COMPENSATION = "compensation", _("agricultural compensation")
        ROUNDING = "rounding", _("rounding")
        BANK = "bank", _("bank")
        FUND = "fund", _("start-up fund")
        REFUND = "refund", _("refund to members")

    network = models.ForeignKey(Network, models.PROTECT, related_name="accounts")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, related_name="accounts")
    currency = models.CharField(max_length=3, default="EUR")

    objects = Accounts.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "kind", "organisation", "currency"], name="account_once", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.organisation}" if self.organisation else self.get_kind_display()


class Transaction(models.Model):
    """Why money moved. `key` makes posting it twice impossible; `subject` is the path of the page that explains it."""

    network = models.ForeignKey(Network, models.PROTECT, related_name="transactions")
    key = models.CharField(max_length=120, unique=True)
    description = models.CharField(max_length=200)
    booked_at = models.DateTimeField(default=clock.now)
    on = models.DateField()
    delivery_day = models.ForeignKey(
        "network.DeliveryDay", models.PROTECT, null=True, blank=True, related_name="transactions"
    )

    class Meta:
        ordering = ["-on", "-pk"]

    def __str__(self) -> str:
        return self.description


class Posting(models.Model):
    """Euro on an account: debit positive, credit negative."""

    transaction = models.ForeignKey(Transaction, models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, models.PROTECT, related_name="postings")
    amount = models.DecimalField(max_digits=14, decimal_places=2)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="posting_moves_something")]

    @property
    def size(self) -> Decimal:
        return abs(self.amount)
