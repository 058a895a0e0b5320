"""The rounds' part of what we know of a person and of her leaving (`network.privacy`)."""

from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from logistics.models import Remark, Round, Vote, WhatIf
from network import clock
from network.models import DeliveryDay, MembershipRequest, Organisation, Person
from network.privacy import Hindrance


def gather(person: Person) -> dict[str, Any]:
    """Rounds she drove, what she voted and said, and what she asked before she was a member and to become one."""
    rounds = Round.objects.filter(driver=person).order_by("pk")
    votes = Vote.objects.filter(by=person).order_by("pk")
    remarks = Remark.objects.filter(by=person).order_by("pk")
    joins = MembershipRequest.objects.filter(by=person).order_by("pk")
    asked = WhatIf.objects.filter(email=person.email).order_by("pk")
    return {
        "rounds": list(rounds.values("delivery_day__on", "number", "starts_at", "ends_at")),
        "votes": list(votes.values("proposal__title", "membership__organisation__name", "in_favour", "at")),
        "remarks": list(remarks.values("proposal__title", "text", "at")),
        "membership_requests": list(joins.values("network__name", "organisation__name", "at", "words", "status")),
        "what_ifs": list(asked.values("made_at", "inputs", "expires_on")),
    }


def hindrances(person: Person) -> list[Hindrance]:
    """Rounds she is still to drive."""
    coming = Round.objects.filter(
        driver=person, delivery_day__on__gte=clock.today(), delivery_day__status=DeliveryDay.Status.PLANNED
    )
    return [
        Hindrance(
            _("You drive round %(number)s on %(day)s. Ask the coordinator to give it to somebody else.")
            % {"number": one.number, "day": f"{one.delivery_day.on:%d/%m}"},
            reverse("logistics:round", args=[one.pk]),
        )
        for one in coming.select_related("delivery_day").order_by("pk")
    ]


def forget(person: Person, emptied: Sequence[Organisation]) -> None:
    """What she asked as an outsider is deleted; what she drove, voted and said stays under a number."""
    WhatIf.objects.filter(email=person.email).delete()
