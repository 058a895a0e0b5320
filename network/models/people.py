"""Who takes part: people, organisations, networks, and what each may do where."""

from typing import Any, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from network import clock

RESERVED_SLUGS = "accounts|admin|api|books|documents|farm|health|language|mail|me|media|n|orders|purchase-orders|rounds|static|styleguide"
network_slug = RegexValidator(rf"^(?!(?:{RESERVED_SLUGS})$)[a-z][a-z0-9-]*$", _("Choose another short name."))


class People(BaseUserManager["Person"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        person = self.model(email=email.strip().lower(), **fields)
        person.set_password(password)
        person.save()
        return person

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "Person":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class Person(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(_("e-mail"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=2, default="nl")
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    mail_choices = models.JSONField(default=dict, blank=True, help_text=_("kinds of mail, and whether they are wanted"))
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    joined_at = models.DateTimeField(default=clock.now)
    leaving_at = models.DateTimeField(null=True, blank=True, help_text=_("when this account ends, as asked"))
    left_at = models.DateTimeField(null=True, blank=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS = ["name"]
    objects = People()

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="person_email_once_whatever_its_case")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]


class Organisations(models.QuerySet["Organisation"]):
    def of(self, person: Any) -> Self:
        return self.filter(roles__person_id=person.pk) if person.is_authenticated else self.none()

    def active(self) -> Self:
        return self.filter(archived_at=None)


class Organisation(models.Model):
    """
    Anyone who buys or sells: a household, a farm, a shop, a kitchen, the co-operative itself. `substitution` is what a
    household wants when something cannot be brought; blank until it was asked, and then it is left out.
    """

    class Kind(models.TextChoices):
        HOUSEHOLD = "household", _("household")
        BUSINESS = "business", _("business")
        PUBLIC = "public", _("public body")
        COOPERATIVE = "cooperative", _("co-operative")

    class Substitution(models.TextChoices):
        REPLACE = "replace", _("put something alike in its place")
        REFUND = "refund", _("leave it out, I pay less")
        ASK = "ask", _("call me first")

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.HOUSEHOLD)
    place = models.ForeignKey("network.Place", models.PROTECT, null=True, blank=True, related_name="organisations")
    enterprise_number = models.CharField(max_length=10, blank=True)
    language = models.CharField(max_length=2, default="nl")
    substitution = models.CharField(max_length=8, choices=Substitution.choices, blank=True)
    people = models.ManyToManyField(Person, through="OrganisationRole", related_name="organisations")
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = Organisations.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def when_missing(self) -> str:
        """What to do when something it ordered is not there, in the reader's language."""
        return str(self.Substitution(self.substitution or self.Substitution.REFUND).label)


class OrganisationRole(models.Model):
    """What a person may do for an organisation."""

    class Role(models.TextChoices):
        OWNER = "owner", _("owner")
        MEMBER = "member", _("member")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="roles")
    person = models.ForeignKey(Person, models.CASCADE, related_name="organisation_roles")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.OWNER)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "person"], name="one_role_per_person_and_organisation")
        ]


class Networks(models.QuerySet["Network"]):
    def active(self) -> Self:
        return self.filter(archived_at=None)

    def with_role(self, person: Any, *roles: str) -> Self:
        """Networks in which this person has one of these roles (any role when none is named)."""
        if not person.is_authenticated:
            return self.none()
        wanted = Q(roles__person_id=person.pk)
        return self.filter(wanted & Q(roles__role__in=roles) if roles else wanted).distinct()

    def selling_from(self, farm: Organisation) -> Self:
        """Networks through which this farm sells."""
        selling = Membership.objects.current().filter(organisation=farm, college=Membership.College.PRODUCERS)
        return self.filter(memberships__in=selling).order_by("name")


class Network(models.Model):
    """A regional short-food-chain network: its own week, members, hub and books."""

    class Flow(models.TextChoices):
        RETAIL = "retail", _("the hub buys and resells")
        FACILITATION = "facilitation", _("the farmer sells, the hub serves")

    slug = models.SlugField(max_length=40, unique=True, validators=[network_slug])
    name = models.CharField(max_length=80)
    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="network")
    hub = models.ForeignKey("network.Place", models.PROTECT, related_name="hub_of")
    flow = models.CharField(max_length=12, choices=Flow.choices, default=Flow.RETAIL)
    email = models.EmailField()
    opens_weekday = models.PositiveSmallIntegerField(default=5)
    opens_time = models.TimeField()
    minimum_order = models.DecimalField(max_digits=8, decimal_places=2, default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = Networks.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(opens_weekday__lte=6), name="network_opens_on_a_weekday"),
            models.CheckConstraint(condition=Q(minimum_order__gte=0), name="network_minimum_order_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class NetworkRole(models.Model):
    """What a person does for a network."""

    class Role(models.TextChoices):
        COORDINATOR = "coordinator", _("coordinator")
        DRIVER = "driver", _("driver")
        VOLUNTEER = "volunteer", _("volunteer")
        AMBASSADOR = "ambassador", _("ambassador")

    network = models.ForeignKey(Network, models.CASCADE, related_name="roles")
    person = models.ForeignKey(Person, models.CASCADE, related_name="network_roles")
    role = models.CharField(max_length=12, choices=Role.choices)
    pickup_point = models.ForeignKey(
        "network.PickupPoint", models.CASCADE, null=True, blank=True, related_name="volunteers"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "person", "role", "pickup_point"], name="network_role_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(pickup_point=None) | Q(role="volunteer"), name="only_volunteers_man_a_pickup_point"
            ),
        ]


class Memberships(models.QuerySet["Membership"]):
    def current(self) -> Self:
        return self.filter(left_on=None)


class Membership(models.Model):
    """
    An organisation's place in a network, and the college in which it votes. `leaves_on`: the Monday of the first week without
    it, as it asked; then `left_on`. `withdrawn` are its offers (pk) that were taken off the shelf for that, put back when it stays.
    """

    class College(models.TextChoices):
        PRODUCERS = "producers", _("producers")
        CONSUMERS = "consumers", _("consumers")
        OUTLETS = "outlets", _("outlets")
        WORKERS = "workers", _("workers")

    network = models.ForeignKey(Network, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    college = models.CharField(max_length=10, choices=College.choices)
    joined_on = models.DateField(default=clock.today)
    leaves_on = models.DateField(null=True, blank=True)
    left_on = models.DateField(null=True, blank=True)
    withdrawn = models.JSONField(default=list, blank=True)

    objects = Memberships.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["network", "organisation", "college"],
                condition=Q(left_on=None),
                name="one_current_membership_per_college",
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=models.F("joined_on")),
                name="membership_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(leaves_on=None) | Q(leaves_on__gte=models.F("joined_on"), leaves_on__iso_week_day=1),
                name="membership_leaves_on_a_monday_after_it_begins",
            ),
        ]


class MembershipRequests(models.QuerySet["MembershipRequest"]):
    def waiting(self) -> Self:
        return self.filter(status=MembershipRequest.Status.WAITING)


class MembershipRequest(models.Model):
    """A farm asks to sell through a network; a coordinator of it answers."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting for an answer")
        ACCEPTED = "accepted", _("accepted")
        DECLINED = "declined", _("declined")
        WITHDRAWN = "withdrawn", _("taken back")

    network = models.ForeignKey(Network, models.PROTECT, related_name="membership_requests")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="membership_requests")
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    words = models.TextField(_("something about your farm"), max_length=1000, blank=True)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    answer = models.TextField(_("answer"), max_length=1000, blank=True)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    answered_at = models.DateTimeField(null=True, blank=True)

    objects = MembershipRequests.as_manager()

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["network", "organisation"],
                condition=Q(status="waiting"),
                name="one_waiting_request_per_organisation_and_network",
            )
        ]


class VatStatus(models.Model):
    """Under which VAT regime an organisation sells or buys, and since when. Periods of one organisation never overlap."""

    class Regime(models.TextChoices):
        NORMAL = "normal", _("normal")
        EXEMPT = "exempt", _("small-business exemption")
        AGRICULTURAL = "agricultural", _("special agricultural scheme")
        PUBLIC = "public", _("public body")
        ARTICLE_44 = "article_44", _("exempt activity (article 44)")

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="vat_statuses")
    regime = models.CharField(max_length=12, choices=Regime.choices)
    number = models.CharField(max_length=14, blank=True)
    period = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_vat_regime_at_a_time",
                expressions=[("organisation", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            )
        ]


class BankAccount(models.Model):
    """Where an organisation is paid, and since when."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="bank_accounts")
    iban = models.CharField(max_length=34)
    period = DateRangeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_bank_account_at_a_time",
                expressions=[("organisation", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            )
        ]
