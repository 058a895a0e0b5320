"""The main menu: what this person does here, first things first. In the top app, the only one that knows all pages."""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from network.models import Network

TIES = """
    SELECT network.slug, held.role, NULL AS farm, false AS member, held.id
      FROM network_networkrole AS held JOIN network_network AS network ON network.id = held.network_id
     WHERE held.person_id = %(person)s
    UNION ALL
    SELECT network.slug, NULL, farm.slug, membership.left_on IS NULL, held.id
      FROM network_organisationrole AS held
      JOIN network_organisation AS organisation ON organisation.id = held.organisation_id
      LEFT JOIN producers_producer AS farm ON farm.organisation_id = organisation.id
      LEFT JOIN network_membership AS membership ON membership.organisation_id = organisation.id
      LEFT JOIN network_network AS network ON network.id = membership.network_id
     WHERE held.person_id = %(person)s AND organisation.archived_at IS NULL
     ORDER BY 5
"""
"""Written out, since every page asks it: by Django these were two queries, which took more to write than to answer."""


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `navigation` is the list of links, read only by pages that draw it; at most two queries."""
    return {"navigation": SimpleLazyObject(lambda: _links(request))}


def _links(request: HttpRequest) -> list[Link]:
    slug = (request.resolver_match.kwargs.get("network") if request.resolver_match else None) or None
    farms, roles, buys, member_of = _ties(request.user)
    home = slug or next(iter([*roles, *buys]), None) or _first_network()
    pages: list[tuple[str, str]] = []
    if "coordinator" in roles.get(home or "", ()):
        pages += [
            (_("Week"), reverse("logistics:week", args=[home])),
            (_("Books"), reverse("network:books", args=[home])),
        ]
    if any({"driver", "volunteer"} & held for held in roles.values()):
        pages.append((_("My rounds"), reverse("logistics:my_rounds")))
    for farm in farms:
        pages += [
            (_("My supply"), reverse("producers:desk", args=[farm])),
            (_("To deliver"), reverse("logistics:harvests", args=[farm])),
            (_("Earned"), reverse("logistics:money", args=[farm])),
        ]
    if home:
        pages += [
            (pgettext("what you do in the shop", "Order"), reverse("orders:shop", args=[home])),
            (_("Farms"), reverse("producers:farms", args=[home])),
        ]
    if home and (home in member_of or "coordinator" in roles.get(home, ())):
        pages.append((_("Decide together"), reverse("logistics:together", args=[home])))
    if buys:
        pages.append((_("My orders"), reverse("orders:mine")))
    best = max((url for _label, url in pages if request.path.startswith(url)), key=len, default=None)
    return [Link(label, url, url == best) for label, url in pages]


def _ties(person: Any) -> tuple[list[str], dict[str, set[str]], list[str], set[str]]:
    """The farms a person works for, roles by network, the networks in which an organisation of hers buys, and is a member."""
    if not person.is_authenticated:
        return [], {}, [], set()
    roles: dict[str, set[str]] = {}
    farms: dict[str, None] = {}
    buys: dict[str, None] = {}
    member_of: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(TIES, {"person": person.pk})
        ties = cursor.fetchall()
    for network, role, farm, member, _pk in ties:
        if role:
            roles.setdefault(network, set()).add(role)
            continue
        if farm:
            farms[farm] = None
        if network:
            buys[network] = None
            if member:
                member_of.add(network)
    return list(farms), roles, list(buys), member_of


def _first_network() -> str | None:
    return Network.objects.active().order_by("pk").values_list("slug", flat=True).first()
