"""What transport cost and how it was shared."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models import DeliveryDay
from producers.models import Producer


class CostRun(models.Model):
    """The cost of a delivery day's rounds and how it was shared. `billed + launch_gap = cost`."""

    delivery_day = models.OneToOneField(DeliveryDay, models.PROTECT, related_name="cost_run")
    method = models.CharField(max_length=24)
    cost = models.DecimalField(max_digits=12, decimal_places=2)
    billed = models.DecimalField(max_digits=12, decimal_places=2)
    launch_gap = models.DecimalField(max_digits=12, decimal_places=2)
    made_at = models.DateTimeField(default=clock.now)
    inputs = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(billed__gte=0, launch_gap__gte=0, cost=F("billed") + F("launch_gap")),
                name="cost_is_billed_or_launch_gap",
            )
        ]


class CostShare(models.Model):
    """What transport costs one producer on a delivery day: alone, door to door, and together. Euro, without VAT."""

    cost_run = models.ForeignKey(CostRun, models.CASCADE, related_name="shares")
    producer = models.ForeignKey(Producer, models.PROTECT, related_name="cost_shares")
    crates = models.DecimalField(max_digits=9, decimal_places=3)
    alone = models.DecimalField(max_digits=10, decimal_places=2)
    own = models.DecimalField(
        max_digits=10, decimal_places=2, help_text=_("what bringing to the hub costs her herself")
    )
    share = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cost_run", "producer"], name="one_cost_share_per_run_and_producer"),
            models.CheckConstraint(condition=Q(share__gte=0, own__gte=0), name="cost_share_not_negative"),
            models.CheckConstraint(
                condition=Q(share=0) | Q(alone__gte=F("share") + F("own")), name="nobody_pays_more_than_alone"
            ),
        ]

    @property
    def together(self) -> Any:
        return self.share + self.own

    @property
    def saved(self) -> Any:
        return self.alone - self.together
