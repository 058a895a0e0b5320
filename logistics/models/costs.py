"""What transport cost, how it was shared, and what was said about it."""

from typing import Any, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from logistics.models.outlook import Work, Works
from network import clock
from network.models import DeliveryDay, Person
from producers.models import Producer


class CostRuns(models.QuerySet["CostRun"]):
    def current(self) -> Self:
        """The last of every day: the others were corrected by it."""
        return self.filter(corrected_at=None)


class CostRun(models.Model):
    """
    The cost of a delivery day's rounds and how it was shared: `cost = billed + launch_gap + fund`. `fund` is what the start-up
    fund carries, negative when it is paid back. When a delivery is corrected afterwards a new run follows and this one stays
    as it was. `inputs` are all that the shares were computed from, `result` what came out beside them
    (`logistics.certificates.result_of`).
    """

    delivery_day = models.ForeignKey(DeliveryDay, models.PROTECT, related_name="cost_runs")
    number = models.PositiveSmallIntegerField(default=1)
    method = models.CharField(max_length=24)
    tau = models.DecimalField(max_digits=4, decimal_places=3, default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=2)
    billed = models.DecimalField(max_digits=12, decimal_places=2)
    launch_gap = models.DecimalField(max_digits=12, decimal_places=2)
    fund = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    made_at = models.DateTimeField(default=clock.now)
    corrected_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True, help_text=_("why the day was shared again"))
    inputs = models.JSONField(default=dict)
    result = models.JSONField(default=dict)

    objects = CostRuns.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["delivery_day", "number"], name="cost_run_number_once_per_day"),
            models.UniqueConstraint(
                fields=["delivery_day"], condition=Q(corrected_at=None), name="one_current_cost_run_per_day"
            ),
            models.CheckConstraint(
                condition=Q(billed__gte=0, launch_gap__gte=0, cost=F("billed") + F("launch_gap") + F("fund")),
                name="cost_is_billed_or_launch_gap_or_fund",
            ),
        ]


class CostGame(models.Model):
    """
    One game of a cost run and its certificate. `inputs`, `rows` (the groups that were priced, with their cost) and `result` are
    enough to compute the shares again and to check them; `inputs_hash` is the SHA-256 of `inputs` in canonical JSON.
    """

    class Kind(models.TextChoices):
        DISTRIBUTION = "distribution", _("from the hub to points and outlets")
        COLLECTION = "collection", _("from the farms to the hub")
        DIRECT = "direct", _("straight from farm to customer")

    cost_run = models.ForeignKey(CostRun, models.CASCADE, related_name="games")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    cost = models.DecimalField(max_digits=12, decimal_places=2, help_text=_("what is shared, in euro"))
    tau = models.DecimalField(max_digits=7, decimal_places=5, help_text=_("the bypass threshold it was shared at"))
    eps_star = models.DecimalField(max_digits=7, decimal_places=5)
    spread = models.DecimalField(max_digits=6, decimal_places=2, help_text=_("in points"))
    max_violation = models.DecimalField(max_digits=10, decimal_places=2, help_text=_("in euro"))
    subsidy = models.DecimalField(
        max_digits=10, decimal_places=2, help_text=_("euro with which no group would do better alone")
    )
    proven = models.BooleanField()
    exact = models.BooleanField()
    stopped = models.BooleanField(default=False)
    inputs = models.JSONField()
    rows = models.JSONField(default=list)
    result = models.JSONField()
    inputs_hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["cost_run", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["cost_run", "kind"], name="one_cost_game_per_run_and_kind"),
            models.CheckConstraint(
                condition=Q(cost__gte=0, tau__gte=0, eps_star__gte=0, subsidy__gte=0), name="cost_game_not_negative"
            ),
        ]


class CostShare(models.Model):
    """
    What transport costs one producer on a delivery day: alone, door to door, and together. Euro, without VAT. What she pays,
    `share`, is her part of distribution and of collection less what the start-up fund carries (more, when it is paid back).
    """

    cost_run = models.ForeignKey(CostRun, models.CASCADE, related_name="shares")
    producer = models.ForeignKey(Producer, models.PROTECT, related_name="cost_shares")
    crates = models.DecimalField(max_digits=9, decimal_places=3)
    alone = models.DecimalField(max_digits=10, decimal_places=2)
    own = models.DecimalField(
        max_digits=10, decimal_places=2, help_text=_("what bringing to the hub costs her herself")
    )
    distribution = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    collection = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    fund = models.DecimalField(max_digits=10, decimal_places=2, default=0)
    share = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cost_run", "producer"], name="one_cost_share_per_run_and_producer"),
            models.CheckConstraint(
                condition=Q(share__gte=0, own__gte=0, distribution__gte=0, collection__gte=0),
                name="cost_share_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(share=F("distribution") + F("collection") - F("fund")), name="cost_share_is_its_parts"
            ),
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

    @property
    def saving(self) -> Any:
        """The part of alone that she keeps; None when alone costs nothing."""
        return self.saved / self.alone if self.alone else None


class Dispute(models.Model):
    """What a producer says is wrong with a bill, and the answer. Both stay."""

    share = models.ForeignKey(CostShare, models.PROTECT, related_name="disputes")
    raised_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    raised_at = models.DateTimeField(default=clock.now)
    text = models.TextField(_("what is wrong"), max_length=2000)
    answer = models.TextField(_("answer"), max_length=2000, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["raised_at"]
        constraints = [
            models.UniqueConstraint(fields=["share"], condition=Q(answered_at=None), name="one_open_dispute_per_bill"),
            models.CheckConstraint(
                condition=Q(answered_at=None, answered_by=None, answer="")
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                name="dispute_answer_is_whole",
            ),
        ]


class BillJob(models.Model):
    """
    Bills of a day of many farms that a worker makes, since that takes longer than anybody waits for a page: settling, sharing
    again after goods were credited (`reason`), or making them again to check them. `result` is described in
    `logistics.bill_jobs`; `claimed_at`: when the worker that is at it last said so.
    """

    class Kind(models.TextChoices):
        SETTLE = "settle", _("settling")
        SHARE = "share", _("sharing again")
        CHECK = "check", _("checking")

    delivery_day = models.ForeignKey(DeliveryDay, models.CASCADE, related_name="bill_jobs")
    kind = models.CharField(max_length=6, choices=Kind.choices)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField(default=clock.now)
    result = models.JSONField(default=dict, blank=True)
    status = models.CharField(max_length=8, choices=Work.choices, default=Work.WAITING)
    claimed_at = models.DateTimeField(null=True, blank=True)

    objects = Works.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["delivery_day", "kind"],
                condition=Q(status__in=[Work.WAITING, Work.RUNNING]),
                name="one_unanswered_bill_job_per_day_and_kind",
            ),
        ]

    @property
    def at_work(self) -> bool:
        return self.status in (Work.WAITING, Work.RUNNING)
