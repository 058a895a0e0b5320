"""Support staff look things up in the admin; what is kept cannot be touched there."""

from datetime import time
from html.parser import HTMLParser

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from network.models import Network, Organisation, Person, PickupPoint, Tariff, Transaction
from tests.conftest import make_network, make_person

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
LOOKED_AT = {
    "logistics.CostGame", "logistics.CostRun", "logistics.CostShare", "logistics.CostTerms", "logistics.Crate", "logistics.Dispute",
    "logistics.Overhead", "logistics.Pickup", "logistics.Proposal", "logistics.Refund", "logistics.Remark", "logistics.Round", "logistics.Stop",
    "logistics.Tour", "logistics.TourStop", "logistics.TransportChoice", "logistics.Unplanned", "network.Account", "network.Cycle", "network.Delivery", "network.DeliveryDay",
    "network.JournalEntry", "network.OutboxEntry", "network.Transaction", "orders.Document", "orders.Order",
    "orders.PurchaseOrder", "orders.Subscription", "producers.Supply",
}  # fmt: skip


def url(model, page, *args):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def root(db):
    return make_person("root", is_staff=True, is_superuser=True)


def test_every_list_and_every_page_opens_and_a_longer_list_asks_no_more(world, root, visit):
    """Exactly as many queries for all rows of a model as for one of them."""
    client = visit(root)
    assert client.get(reverse("admin:index")).status_code == 200
    wrong = {}
    for model in MODELS:
        name, one = model._meta.label, model._default_manager.order_by("pk").first()
        counts = []
        for query in ("", f"?pk={one.pk}" if one else ""):
            with CaptureQueriesContext(connection) as counted:
                status = client.get(url(model, "changelist") + query).status_code
            counts.append(len(counted))
            if status != 200:
                wrong[f"{name} {query}"] = status
        if counts[0] != counts[1]:
            wrong[f"{name} queries"] = counts
        if one and (status := client.get(url(model, "change", one.pk)).status_code) != 200:
            wrong[f"{name} {one.pk}"] = status
        expected = 403 if name in LOOKED_AT else 200
        if (status := client.get(url(model, "add")).status_code) != expected:
            wrong[f"{name} add"] = status
    assert wrong == {}


def test_what_is_kept_cannot_be_added_changed_or_deleted_even_by_a_superuser(world, root, visit):
    client, tried = visit(root), set()
    for model in MODELS:
        one = model._default_manager.order_by("pk").first()
        if one is None or model._meta.label not in LOOKED_AT:
            continue
        tried.add(model._meta.label)
        before = list(model._default_manager.order_by("pk").values())
        for page in (url(model, "add"), url(model, "change", one.pk), url(model, "delete", one.pk)):
            assert client.post(page, {"post": "yes"}).status_code == 403, page
        client.post(url(model, "changelist"), {"action": "delete_selected", "_selected_action": one.pk, "post": "yes"})
        assert list(model._default_manager.order_by("pk").values()) == before
    assert {"network.Transaction", "network.JournalEntry", "orders.Document", "orders.Order"} <= tried


def test_a_superuser_signs_in_with_a_password_and_others_do_not_get_in(root, bob, visit):
    client = visit()
    assert client.get(reverse("admin:index")).status_code == 302
    answer = client.post(reverse("admin:login"), {"username": root.email, "password": "secret-kouter"}, follow=True)
    assert answer.status_code == 200 and answer.wsgi_request.user == root
    assert visit(bob).get(url(Network, "changelist")).status_code == 302


def test_a_network_is_set_up_with_its_terms(root, visit):
    """As docs/operations.md says: the network, its days, price groups and tariffs, and a pickup point."""
    make_network()
    gent = Network.objects.get()
    client = visit(root)
    page = client.get(url(Network, "change", gent.pk))
    fields = form_of(page) | {"name": "Gent en omstreken"}
    fields |= {"weekly_days-TOTAL_FORMS": "3", "weekly_days-2-weekday": "1", "weekly_days-2-cutoff_days_before": "1"}
    fields |= {"weekly_days-2-cutoff_time": "12:00"}
    assert client.post(url(Network, "change", gent.pk), fields).status_code == 302
    gent.refresh_from_db()
    assert gent.name == "Gent en omstreken"
    assert sorted(gent.weekly_days.values_list("weekday", "cutoff_time")) == [
        (1, time(12)),
        (3, time(12)),
        (4, time(12)),
    ]
    assert Tariff.objects.filter(network=gent).count() == 4

    fields |= {"slug": "accounts"}
    assert "Choose another short name." in client.post(url(Network, "change", gent.pk), fields).content.decode()
    point = {"network": gent.pk, "code": "b2", "name": '{"nl": "Bij Bea"}', "cooling": "{}", "place": gent.hub_id}
    empty = {f"{rows}-{what}_FORMS": 0 for rows in ("slots", "capacities") for what in ("TOTAL", "INITIAL")}
    assert client.post(url(PickupPoint, "add"), point | empty).status_code == 302
    assert str(PickupPoint.objects.get()) == "Bij Bea"


def test_overlapping_terms_are_an_error_on_the_page(root, farm, visit):
    organisation = farm.organisation
    page = url(Organisation, "change", organisation.pk)
    client = visit(root)
    fields = form_of(client.get(page)) | {
        "vat_statuses-TOTAL_FORMS": "2",
        "vat_statuses-1-regime": "exempt",
        "vat_statuses-1-period_0": "2026-01-01",
    }
    answer = client.post(page, fields)
    assert answer.status_code == 200
    assert "one_vat_regime_at_a_time" in answer.content.decode()
    assert organisation.vat_statuses.count() == 1


def test_support_staff_correct_a_name_but_make_nobody_staff(root, bob, visit):
    helper = make_person("helper", is_staff=True)
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_person", "change_person"]))
    client = visit(helper)
    wanted = {"name": "Bobby", "language": "fr", "is_active": "on", "email": "helper2@example.org", "is_staff": "on"}
    assert client.post(url(Person, "change", bob.pk), wanted).status_code == 302
    bob.refresh_from_db()
    assert (bob.name, bob.language, bob.email, bob.is_staff) == ("Bobby", "fr", "bob@example.org", False)
    assert client.post(url(Person, "change", root.pk), wanted).status_code == 403
    assert client.get(url(Person, "add")).status_code == 403
    assert client.post(url(Person, "delete", bob.pk), {"post": "yes"}).status_code == 403
    assert client.get(url(Transaction, "changelist")).status_code == 403


class Fields(HTMLParser):
    """What the browser would send back unchanged."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sent: dict[str, str] = {}
        self.within = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        name, value = given.get("name") or "", given.get("value") or ""
        if tag in ("select", "textarea"):
            self.within = name
        elif tag == "option" and "selected" in given:
            self.sent[self.within] = value
        elif tag == "input" and name and (given.get("type") != "checkbox" or "checked" in given):
            self.sent[name] = value

    def handle_data(self, data):
        if self.within and data.strip() and self.within not in self.sent:
            self.sent[self.within] = data.strip()

    def handle_endtag(self, tag):
        if tag == "textarea":
            self.within = ""


def form_of(answer) -> dict[str, str]:
    fields = Fields(answer.content.decode()).sent
    return {name: value for name, value in fields.items() if "__prefix__" not in name}
