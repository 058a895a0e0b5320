"""What the members decide together about transport: the terms, who proposed them, what was said, who voted."""

from datetime import date
from decimal import Decimal
from typing import Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from logistics.models.costs import CostRun
from network import clock
from network.models import Membership, Network, Person


class CostTermsSet(models.QuerySet["CostTerms"]):
    def in_force(self, week: date) -> Self:
        """Those of every network that count in the week of this Monday: the last that began."""
        begun = self.filter(from_week__lte=week)
        return begun.order_by("network", "-from_week").distinct("network")


class CostTerms(models.Model):
    """
    How a network shares the cost of transport, from the week of a Monday on; `from_week` is empty while they are only
    proposed. Rates are those of the standard van that going alone is priced at. With `fund_crates` the start-up fund lets
    farmers pay the price of a delivery day of so many crates; `solidarity` is the part of the savings that goes to the fund.
    """

    class Method(models.TextChoices):
        EPM = "epm", _("equal savings, and no group is better off alone")
        SHAPLEY = "shapley", _("what each adds on average (Shapley)")
        NUCLEOLUS = "nucleolus", _("the least contented group as content as can be (nucleolus)")
        PER_CAPITA_NUCLEOLUS = "per_capita_nucleolus", _("the same, per head")
        STAND_ALONE = "stand_alone", _("in proportion to going alone")
        VOLUME = "volume", _("in proportion to crates")
        VALUE = "value", _("in proportion to the value of the goods")

    network = models.ForeignKey(Network, models.CASCADE, related_name="cost_terms")
    from_week = models.DateField(null=True, blank=True)
    method = models.CharField(_("method"), max_length=24, choices=Method.choices, default=Method.EPM)
    tau = models.DecimalField(
        _("bypass threshold"),
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.1"),
        validators=[MinValueValidator(0), MaxValueValidator(1)],
    )
    per_day = models.DecimalField(_("euro per day"), max_digits=7, decimal_places=2, default=12)
    per_km = models.DecimalField(_("euro per km"), max_digits=6, decimal_places=4, default=Decimal("0.3"))
    per_hour = models.DecimalField(_("euro per hour"), max_digits=6, decimal_places=2, default=19)
    crates = models.PositiveSmallIntegerField(_("crates in the van"), default=40)
    fund_crates = models.PositiveIntegerField(_("crates of the fuller week"), null=True, blank=True)
    solidarity = models.DecimalField(_("part of the savings for the fund"), max_digits=4, decimal_places=3, default=0)

    objects = CostTermsSet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "from_week"], name="one_set_of_cost_terms_per_week"),
            models.CheckConstraint(
                condition=Q(tau__gte=0, tau__lte=1, solidarity__gte=0, solidarity__lte=1),
                name="cost_terms_are_fractions",
            ),
            models.CheckConstraint(
                condition=Q(per_day__gte=0, per_km__gte=0, per_hour__gte=0, crates__gte=1),
                name="standard_van_rates_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(from_week=None) | Q(from_week__iso_week_day=1), name="cost_terms_begin_on_monday"
            ),
        ]


class CollegeRule(models.Model):
    """What a college weighs in a vote, and which part of its members must vote."""

    network = models.ForeignKey(Network, models.CASCADE, related_name="college_rules")
    college = models.CharField(max_length=10, choices=Membership.College.choices)
    weight = models.DecimalField(max_digits=4, decimal_places=3)
    quorum = models.DecimalField(max_digits=4, decimal_places=3)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["network", "college"], name="one_rule_per_college"),
            models.CheckConstraint(
                condition=Q(weight__gt=0, weight__lte=1, quorum__gte=0, quorum__lte=1), name="college_rule_is_fractions"
            ),
        ]


class Proposal(models.Model):
    """Other terms, asked of the members: discussed, voted, and in force from `from_week` when it passed."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        PASSED = "passed", _("passed")
        REJECTED = "rejected", _("rejected")
        WITHDRAWN = "withdrawn", _("withdrawn")

    network = models.ForeignKey(Network, models.PROTECT, related_name="proposals")
    terms = models.OneToOneField(CostTerms, models.PROTECT, related_name="proposal")
    title = models.CharField(_("title"), max_length=120)
    why = models.TextField(_("why"), max_length=4000)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    closes_at = models.DateTimeField(_("vote until"))
    from_week = models.DateField(_("from the week of"))
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    decided_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict, blank=True, help_text=_("the count per college, when it was decided"))
    effects = models.JSONField(default=dict, blank=True, help_text=_("what each member would have paid"))

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            models.CheckConstraint(condition=Q(closes_at__gt=models.F("made_at")), name="vote_ends_after_it_begins"),
            models.CheckConstraint(
                condition=Q(status="open", decided_at=None) | (~Q(status="open") & Q(decided_at__isnull=False)),
                name="proposal_is_decided_once",
            ),
            models.UniqueConstraint(
                fields=["network", "from_week"],
                condition=Q(status__in=["open", "passed"]),
                name="one_proposal_per_network_and_week",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class Remark(models.Model):
    """Something said about a proposal."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="remarks")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    text = models.TextField(_("remark"), max_length=2000)

    class Meta:
        ordering = ["at"]


class Vote(models.Model):
    """One member, one vote; `by` is who cast it for the member."""

    proposal = models.ForeignKey(Proposal, models.CASCADE, related_name="votes")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    in_favour = models.BooleanField()
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["proposal", "membership"], name="one_member_one_vote")]


class Frontier(models.Model):
    """
    What the dial does on a settled day: `spread` is the largest minus the smallest saving among the farms collected, in
    points, per setting that was computed: a bypass threshold ("0.100") or another method by name; null with too few farms. Inputs never change, so it is computed once.
    """

    cost_run = models.OneToOneField(CostRun, models.CASCADE, related_name="frontier")
    spread = models.JSONField(default=dict)
    made_at = models.DateTimeField(default=clock.now)
