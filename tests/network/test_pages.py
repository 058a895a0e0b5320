"""The front door, my page, the books and the journal, as people see them."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from network import clock, journal, ledger
from network.ledger import Entry
from network.models import Account, Membership, Network, NetworkRole, Person, PickupPoint, Transaction
from tests.conftest import MONDAY, NOW, make_household, make_network, make_organisation, make_point, make_producer
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db


@pytest.fixture
def same_queries(django_assert_num_queries: Any) -> Callable[..., Any]:
    """`same_queries(client, url, count, more)`: exactly `count` queries, before and after `more()` made more to show."""

    def check(client: Client, url: str, count: int, more: Callable[[], Any]) -> Any:
        client.get(url)
        with django_assert_num_queries(count):
            client.get(url)
        more()
        with django_assert_num_queries(count):
            return client.get(url)

    return check


# The front door


def test_without_networks_the_front_door_says_so(visit) -> None:
    answer = visit().get("/")
    assert answer.status_code == 200
    assert "No network yet" in text(answer)


def test_the_front_door_lists_the_networks_with_their_farms_and_points(
    network, point, farm, visit, same_queries
) -> None:
    def more() -> None:
        leuven = make_network("leuven")
        for number in range(3):
            make_point(leuven, f"p{number}")
            make_producer(leuven, f"Hoeve {number}")
        make_point(network, "gone")
        PickupPoint.objects.filter(code="gone").update(archived_at=NOW)
        left = make_producer(network, "Hoeve Weg").organisation
        Membership.objects.filter(organisation=left).update(left_on=MONDAY)
        Network.objects.filter(pk=make_network("oud").pk).update(archived_at=NOW)

    answer = same_queries(visit(), "/", 2, more)
    shown = text(answer)
    assert "Gent 1 farm · 1 pickup point Hub in Gent" in shown
    assert "Leuven 3 farms · 3 pickup points Hub in Gent" in shown
    assert "Oud" not in shown
    assert reverse("network:front", args=["leuven"]) in answer.content.decode()


def test_the_front_of_a_network_says_until_when_to_order_and_where_to_collect(
    network, cycle, point, visit, same_queries
) -> None:
    answer = same_queries(visit(), reverse("network:front", args=["gent"]), 5, lambda: make_point(network, "b2"))
    shown = text(answer)
    assert "Thursday 5 March Order until Tuesday 3 March, 12:00" in shown
    assert "Friday 6 March Order until Wednesday 4 March, 12:00" in shown
    assert "Punt a1 Gent · Thursday 5 March, 17:00–19:00" in shown
    assert "Punt b2" in shown
    assert reverse("orders:shop", args=["gent"]) in answer.content.decode()


def test_between_two_weeks_the_front_of_a_network_says_that_nothing_is_on_sale(network, point, cycle, visit) -> None:
    with clock.at(NOW + timedelta(days=4)):
        shown = text(visit().get(reverse("network:front", args=["gent"])))
    assert "Nothing to order just now" in shown
    assert "Order until" not in shown and "Thursday 5 March" not in shown
    assert visit().get(reverse("network:front", args=["leuven"])).status_code == 404


# Me


def test_my_page_says_for_whom_i_act_and_in_which_networks(network, household, point, bob, visit, same_queries) -> None:
    NetworkRole.objects.create(network=network, person=bob, role="volunteer", pickup_point=point)

    def more() -> None:
        leuven = make_network("leuven")
        for number in range(3):
            make_household(leuven, f"Huis {number}", bob)
        NetworkRole.objects.create(network=leuven, person=bob, role="driver")

    shown = text(same_queries(visit(bob), reverse("network:me"), 5, more))
    for words in ("bob@example.org", "Gezin Bob People and address Owner", "Gezin Bob votes with the consumers", "volunteer · Punt a1",
                  "Huis 2 votes with the consumers", "Leuven driver"):  # fmt: skip
        assert words in shown


def test_who_belongs_nowhere_yet_is_told_what_to_do(charlie, visit) -> None:
    shown = text(visit(charlie).get(reverse("network:me")))
    assert "You belong to no household or business yet. A coordinator of your network can add you." in shown
    assert "My networks" not in shown


def test_i_change_my_name_and_language_and_am_answered_in_it(bob, visit) -> None:
    client = visit(bob)
    sent = {"name": "Bob De Wit", "phone": "0470 12 34 56", "language": "fr"}
    answer = client.post(reverse("network:profile"), sent, follow=True)
    assert answer.redirect_chain == [(reverse("network:me"), 302)]
    bob.refresh_from_db()
    assert (bob.name, bob.phone, bob.language) == ("Bob De Wit", "0470 12 34 56", "fr")
    assert 'lang="fr-BE"' in answer.content.decode()
    assert "Enregistré" in text(answer)


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 121}, {"language": "de"}, {"language": ""}, {"phone": "1" * 31}]
)
def test_what_is_wrong_on_my_page_is_said_there_and_nothing_is_kept(bob, visit, wrong) -> None:
    sent = {"name": "Robert", "phone": "", "language": "fr"} | wrong
    answer = visit(bob).post(reverse("network:profile"), sent)
    assert answer.status_code == 422
    assert f'id="id_{next(iter(wrong))}_error"' in answer.content.decode()
    bob.refresh_from_db()
    assert (bob.name, bob.language) == ("Bob", "nl")


def test_my_page_gives_nobody_a_role(bob, visit) -> None:
    sent = {"name": "Bob", "phone": "", "language": "nl", "is_staff": "on", "is_superuser": "on", "email": "x@y.be"}
    assert visit(bob).post(reverse("network:profile"), sent).status_code == 302
    bob.refresh_from_db()
    assert (bob.is_staff, bob.is_superuser, bob.email) == (False, False, "bob@example.org")


# Language


@pytest.mark.parametrize(
    ("asked", "given"), [("fr-BE,fr;q=0.9", "fr-BE"), ("en-GB", "en"), ("de", "nl-BE"), ("", "nl-BE")]
)
def test_a_visitor_reads_in_the_language_of_the_browser_else_in_dutch(asked: str, given: str) -> None:
    assert f'<html lang="{given}">' in Client(headers={"accept-language": asked}).get("/").content.decode()


def test_the_language_is_switched_on_this_device_and_kept_with_the_person(bob, visit) -> None:
    for client, person in ((visit(), None), (visit(bob), bob)):
        answer = client.post(reverse("network:language"), {"language": "fr", "next": "/styleguide/?dark=1"})
        assert (answer.status_code, answer["location"]) == (302, "/styleguide/?dark=1")
        assert answer.cookies[settings.LANGUAGE_COOKIE_NAME]["httponly"]
        assert '<html lang="fr-BE">' in client.get("/").content.decode()
        if person:
            person.refresh_from_db()
            assert person.language == "fr"


@pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_switching_language_leads_nowhere_else(visit, away: str) -> None:
    answer = visit().post(reverse("network:language"), {"language": "fr", "next": away})
    assert answer["location"] == "/"


def test_a_language_nobody_here_speaks_changes_nothing(bob, visit) -> None:
    client = visit(bob)
    answer = client.post(reverse("network:language"), {"language": "de"})
    assert answer.status_code == 302
    assert settings.LANGUAGE_COOKIE_NAME not in answer.cookies
    bob.refresh_from_db()
    assert bob.language == "nl"
    assert client.get(reverse("network:language")).status_code == 405


# The books and the journal


def book(network: Network, numbers: range) -> None:
    buyers = [make_organisation(f"Gezin {number:03}") for number in numbers]
    entries = [
        Entry(
            f"sale:{network.slug}:{n}",
            f"Sale {n}",
            [("buyer", b.pk, D(10)), ("sales", None, D(-9)), ("vat", None, D(-1))],
        )
        for n, b in zip(numbers, buyers, strict=True)
    ]
    ledger.book(network=network, on=MONDAY, entries=entries)


def test_the_books_show_every_balance_and_that_they_sum_to_zero(network, dana, visit, same_queries) -> None:
    url = reverse("network:books", args=["gent"])
    assert "The books are empty" in text(visit(dana).get(url))
    book(network, range(2))
    book(make_network("leuven"), range(2))
    answer = same_queries(visit(dana), url, 7, lambda: book(network, range(2, 62)))
    shown = text(answer)
    assert "Buyer 62 € 620.00" in shown
    assert "Sales € −558.00" in shown and "VAT € −62.00" in shown and "Together € 0.00" in shown
    assert "Sale 61" in shown and "Sale 1 " not in shown
    page = answer.content.decode()
    assert reverse("network:accounts", args=["gent", "buyer"]) in page
    assert reverse("network:account", args=["gent", Account.objects.get(network=network, kind="vat").pk]) in page
    second = text(visit(dana).get(url, {"page": 2}))
    assert "Sale 1 " in second and "Sale 61" not in second


def test_the_accounts_of_a_kind_by_name(network, dana, visit, same_queries) -> None:
    url = reverse("network:accounts", args=["gent", "buyer"])
    assert "Nothing booked here yet." in text(visit(dana).get(url))
    book(network, range(2))
    answer = same_queries(visit(dana), url, 6, lambda: book(network, range(2, 60)))
    shown = text(answer)
    assert "Gezin 000 € 10.00" in shown and "Gezin 049 € 10.00" in shown and "Gezin 050" not in shown
    assert reverse("network:account", args=["gent", Account.objects.get(organisation__name="Gezin 007").pk]) in (
        answer.content.decode()
    )


def test_an_account_shows_its_postings(network, dana, visit, same_queries) -> None:
    book(network, range(1))
    vat = Account.objects.get(kind="vat")
    url = reverse("network:account", args=["gent", vat.pk])
    answer = same_queries(visit(dana), url, 7, lambda: book(network, range(1, 60)))
    shown = text(answer)
    assert "Balance € −60.00" in shown and "2 Mar Sale 59 € −1.00" in shown and "Sale 1 " not in shown
    sale = Transaction.objects.get(key="sale:gent:59")
    assert reverse("network:transaction", args=["gent", sale.pk]) in answer.content.decode()


def test_a_transaction_shows_both_sides(network, dana, day, visit, same_queries) -> None:
    book(network, range(1))
    sides = [("producer", make_organisation(f"Hoeve {n}").pk, D(-n)) for n in range(1, 20)]
    ledger.book(
        network=network,
        on=MONDAY,
        entries=[Entry("large", "Large", [("purchases", None, D(190)), *sides])],
        delivery_day=day,
    )
    small, large = (Transaction.objects.get(key=key) for key in ("sale:gent:0", "large"))
    client, queries = visit(dana), 6
    shown = text(same_queries(client, reverse("network:transaction", args=["gent", small.pk]), queries, lambda: None))
    assert "Sale 0 Monday 2 March · sale:gent:0" in shown
    assert "Buyer Gezin 000 € 10.00" in shown and "Sales € −9.00" in shown and "VAT € −1.00" in shown
    answer = same_queries(client, reverse("network:transaction", args=["gent", large.pk]), queries, lambda: None)
    assert "Producer Hoeve 19 € −19.00" in text(answer)
    assert reverse("logistics:day", args=[day.pk]) in answer.content.decode()


def test_the_books_of_another_network_stay_closed(network, dana, bob, household, visit) -> None:
    leuven = make_network("leuven")
    book(leuven, range(1))
    account, sale = leuven.accounts.first(), leuven.transactions.get()
    for name, kwargs in (
        ("books", {}), ("accounts", {"kind": "buyer"}), ("account", {"pk": account.pk}),
        ("transaction", {"pk": sale.pk}), ("journal", {}),
    ):  # fmt: skip
        assert visit(dana).get(reverse(f"network:{name}", kwargs={"network": "leuven"} | kwargs)).status_code == 404
        assert visit(bob).get(reverse(f"network:{name}", kwargs={"network": "gent"} | kwargs)).status_code == 403
        assert visit().get(reverse(f"network:{name}", kwargs={"network": "gent"} | kwargs)).status_code == 302
    for name, pk in (("account", account.pk), ("transaction", sale.pk)):
        assert visit(dana).get(reverse(f"network:{name}", args=["gent", pk])).status_code == 404


def test_the_journal_tells_who_did_what_and_why(network, dana: Person, gust: Person, visit, same_queries) -> None:
    url = reverse("network:journal", args=["gent"])
    assert "Nothing has happened yet" in text(visit(dana).get(url))
    journal.record(action="opened", subject=network, by=None, network=network)
    journal.record(action="opened", subject=network, by=dana, network=make_network("leuven"), reason="Elders")

    def more() -> None:
        for minute in range(60):
            with clock.at(NOW + timedelta(minutes=minute)):
                journal.record(
                    action="postponed the cut-off",
                    subject=network,
                    by=(dana, gust)[minute % 2],
                    network=network,
                    reason="<Sneeuw>",
                )

    answer = same_queries(visit(dana), url, 6, more)
    shown = text(answer)
    assert "Monday 2 March, 10:59 Gust: postponed the cut-off (&lt;Sneeuw&gt;)" in shown
    assert "Dana: postponed" in shown and "The clock" not in shown and "Elders" not in shown
    assert "The clock: opened" in text(visit(dana).get(url, {"page": 2}))
