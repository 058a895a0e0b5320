"""Goods called back: what, why, from whom; who was told when. What was called back is never altered (migration)."""

from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import DeliveryDay, Network, Organisation, Person
from orders.models.ordering import OrderLine
from producers.models import Lot, Producer, Product


class Recalls(models.QuerySet["Recall"]):
    def open(self) -> Self:
        return self.filter(closed_at=None)

    def visible_to(self, person: Any) -> Self:
        """Recalls of farms this person works for, and those that touch a network this person coordinates."""
        if not person.is_authenticated:
            return self.none()
        networks = Network.objects.with_role(person, "coordinator")
        return self.filter(
            Q(producer__in=Producer.objects.run_by(person))
            | Q(pk__in=RecalledGoods.objects.filter(delivery_day__cycle__network__in=networks).values("recall"))
        )


class Recall(models.Model):
    """
    A farm's goods are called back from everybody who got them (Regulation (EC) 178/2002, art. 19). It is open until everybody
    was told; `closed_at` and `closed_by` are all that ever changes of it.
    """

    class Action(models.TextChoices):
        DESTROY = "destroy", _("do not eat it, throw it away")
        RETURN = "return", _("do not eat it, bring it back")
        COOK = "cook", _("eat it only when it is well cooked")

    producer = models.ForeignKey(Producer, models.PROTECT, related_name="recalls")
    action = models.CharField(max_length=8, choices=Action.choices)
    reason = models.CharField(max_length=300)
    started_at = models.DateTimeField(default=clock.now)
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    objects = Recalls.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None) | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="recall_closed_by_somebody",
            )
        ]

    def __str__(self) -> str:
        return f"{self.pk}"


class RecalledGoods(models.Model):
    """A product of a delivery day that is called back; `lot` when it was one lot of it."""

    recall = models.ForeignKey(Recall, models.PROTECT, related_name="goods")
    product = models.ForeignKey(Product, models.PROTECT, related_name="+")
    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="+")
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="recalled")

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "recalled goods"
        constraints = [
            models.UniqueConstraint(
                fields=["recall", "product", "delivery_day", "lot"],
                name="recalled_goods_once",
                nulls_distinct=False,
            )
        ]


class RecallNotice(models.Model):
    """A buyer is told of a recall, once: by mail, and by phone when somebody ticks it."""

    recall = models.ForeignKey(Recall, models.PROTECT, related_name="notices")
    buyer = models.ForeignKey(Organisation, models.PROTECT, related_name="recall_notices")
    mailed_at = models.DateTimeField(null=True, blank=True)
    reached_at = models.DateTimeField(null=True, blank=True)
    reached_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["recall", "buyer"], name="one_recall_notice_per_buyer"),
            models.CheckConstraint(
                condition=Q(reached_at=None, reached_by=None) | Q(reached_at__isnull=False, reached_by__isnull=False),
                name="recall_reached_by_somebody",
            ),
        ]


class RecalledLine(models.Model):
    """What a buyer got of it: so much of a line, as it was known when the recall started."""

    notice = models.ForeignKey(RecallNotice, models.PROTECT, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="recalled")
    quantity = models.DecimalField(max_digits=12, decimal_places=3)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["notice", "line"], name="recalled_line_once")]
