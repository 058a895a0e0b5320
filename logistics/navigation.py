"""The main menu: what this person does here, first things first. In the top app, the only one that knows all pages."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from network.models import Network, NetworkRole, OrganisationRole


@dataclass(frozen=True)
class Link:
    label: str
    url: str
    current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `navigation` is the list of links, read only by pages that draw it; at most three queries."""
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
    for slug, role in NetworkRole.objects.filter(person=person).order_by("pk").values_list("network__slug", "role"):
        roles.setdefault(slug, set()).add(role)
    farms: dict[str, None] = {}
    buys: dict[str, None] = {}
    member_of: set[str] = set()
    ties = (
        OrganisationRole.objects.filter(person=person, organisation__archived_at=None)
        .order_by("pk")
        .values_list(
            "organisation__producer__slug",
            "organisation__memberships__network__slug",
            "organisation__memberships__left_on",
        )
    )
    for farm, network, left_on in ties:
        if farm:
            farms[farm] = None
        if network:
            buys[network] = None
            if left_on is None:
                member_of.add(network)
    return list(farms), roles, list(buys), member_of


def _first_network() -> str | None:
    return Network.objects.active().order_by("pk").values_list("slug", flat=True).first()
