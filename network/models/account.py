"""What people keep in their account: who was invited, where a household lived and lives, and the data they asked for."""

from datetime import datetime, timedelta
from typing import Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.core.files.storage import Storage, storages
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models.people import Organisation, OrganisationRole, Person
from network.models.places import Place

INVITED_FOR = timedelta(days=14)
EXPORT_KEPT_FOR = timedelta(days=7)


def private_files() -> Storage:
    return storages["private"]


class Invitations(models.QuerySet["Invitation"]):
    def open(self) -> Self:
        """Neither accepted nor withdrawn nor too old."""
        return self.filter(accepted_at=None, withdrawn_at=None, made_at__gt=clock.now() - INVITED_FOR)


class Invitation(models.Model):
    """Somebody asked to join an organisation, by mail. Used once, by the person it was sent to."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"))
    role = models.CharField(max_length=10, choices=OrganisationRole.Role.choices, default=OrganisationRole.Role.MEMBER)
    by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    accepted_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    objects = Invitations.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                "organisation",
                Lower("email"),
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invited_once_at_a_time",
            )
        ]

    @property
    def expires_at(self) -> datetime:
        return self.made_at + INVITED_FOR


class Address(models.Model):
    """
    Where an organisation was in a period, written when it moves: `Organisation.place` is where it is now. Who never moved
    has no rows.
    """

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="addresses")
    place = models.ForeignKey(Place, models.PROTECT, related_name="+")
    period = DateRangeField()

    class Meta:
        verbose_name_plural = "addresses"
        constraints = [
            ExclusionConstraint(
                name="one_address_at_a_time",
                expressions=[("organisation", RangeOperators.EQUAL), ("period", RangeOperators.OVERLAPS)],
            )
        ]


class Exports(models.QuerySet["Export"]):
    def kept(self) -> Self:
        return self.filter(made_at__gt=clock.now() - EXPORT_KEPT_FOR)


class Export(models.Model):
    """All data of a person in one file, made by a job, for her alone; deleted after a week."""

    person = models.ForeignKey(Person, models.CASCADE, related_name="exports")
    made_at = models.DateTimeField(default=clock.now)
    file = models.FileField(storage=private_files, upload_to="exports/", blank=True)

    objects = Exports.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(file=""), name="one_export_made_at_a_time")
        ]

    @property
    def expires_at(self) -> datetime:
        return self.made_at + EXPORT_KEPT_FOR
