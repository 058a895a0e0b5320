"""Brought home: near enough, on the right day, at the agreed price, and not to more doors than the driver has time for."""

from decimal import Decimal

import pytest
from django.db.models import Sum
from django.urls import reverse

from logistics import contacts, lived, rounds, tours
from logistics.models import Stop
from network import clock, homes
from network.errors import Refused
from network.models import Delivery, DeliveryDay, Posting
from orders import basket, billing, checkout, closing, moving, room
from orders.models import Document
from tests.conftest import make_home_delivery, make_household, make_outlet, make_person, make_place, make_vehicle

D = Decimal


@pytest.fixture
def terms(network):
    return make_home_delivery(network)


@pytest.fixture
def door(terms, day, household):
    return homes.bring_home(day=day, household=household)


@pytest.fixture
def at_home(door, offer, household, bob):
    """Five kilos of leek for Bob's door, confirmed."""
    order = basket.open_order(buyer=household, delivery=door, by=bob)
    basket.fill(order=order, quantities={offer.pk: D(5)}, by=bob)
    return checkout.place_order(order=order, by=bob)


def booked(key):
    rows = list(Posting.objects.filter(transaction__key=key).values_list("account__kind").annotate(Sum("amount")))
    assert sum(amount for _kind, amount in rows) == 0
    return dict(rows)


def test_a_delivery_at_the_door_is_made_once_and_keeps_its_price(door, terms, day, household, bob, charlie, network):
    terms.price = D(9)
    terms.save()
    assert homes.bring_home(day=day, household=household) == door
    assert (door.fee, door.place, door.where) == (D("6.05"), household.place, "At your door")
    assert (clock.local(door.starts_at).hour, clock.local(door.ends_at).hour) == (17, 20)
    assert door in Delivery.objects.for_buyer(household)
    other = make_household(network, "Gezin Charlie", charlie)
    assert door not in Delivery.objects.for_buyer(other)
    with pytest.raises(Refused, match="another door"):
        basket.open_order(buyer=other, delivery=door, by=charlie)


def test_who_reads_about_it_sees_a_number_and_no_name(door):
    assert str(door.destination) == f"Home delivery {door.pk}"
    assert lived.name_of(door) == f"Home delivery {door.pk}"


@pytest.mark.parametrize(
    ("change", "sentence", "field"),
    [
        ({"weekdays": [5]}, "Nothing is brought home on that day", "day"),
        ({"radius_km": 1}, "Your address is 1 km from our hub, and we bring baskets home within 1 km", "postcode"),
    ],
)
def test_not_on_every_day_and_not_everywhere(terms, day, household, change, sentence, field):
    for name, value in change.items():
        setattr(terms, name, value)
    terms.save()
    with pytest.raises(Refused, match=sentence) as refused:
        homes.bring_home(day=day, household=household)
    assert refused.value.field == field
    assert not Delivery.objects.filter(home=household).exists()


def test_a_network_that_does_not_offer_it_brings_nothing_home(day, household, visit, bob, network):
    with pytest.raises(Refused, match="Nothing is brought home"):
        homes.bring_home(day=day, household=household)
    assert visit(bob).get(reverse("orders:home", args=[network.slug])).status_code == 404


def test_a_shop_has_a_door_of_its_own_already(terms, day, shop):
    with pytest.raises(Refused, match="Only households"):
        homes.bring_home(day=day, household=shop.organisation)


def test_a_move_is_a_new_place_for_what_is_still_to_come(door, terms, household):
    was = household.place
    homes.move_house(household=household, terms=terms, street="Dorp 3", postcode="9050", municipality="Ledeberg")
    door.refresh_from_db()
    household.refresh_from_db()
    assert str(door.place) == str(household.place) == "Dorp 3, 9050 Ledeberg"
    was.refresh_from_db()
    assert str(was) == "Kouter 1, 9000 Gent"
    with pytest.raises(Refused, match="bring baskets home within 15 km"):
        homes.move_house(household=household, terms=terms, street="Bos 1", postcode="3000", municipality="Leuven")
    with pytest.raises(Refused, match="No place in Belgium"):
        homes.move_house(household=household, terms=terms, street="Bos 1", postcode="0001", municipality="X")


def test_the_doors_of_a_day_run_out(at_home, terms, day, network, offer, charlie, delivery):
    terms.doors = 1
    terms.save()
    other = make_household(network, "Gezin Charlie", charlie)
    order = basket.open_order(buyer=other, delivery=homes.bring_home(day=day, household=other), by=charlie)
    basket.fill(order=order, quantities={offer.pk: D(5)}, by=charlie)
    with pytest.raises(room.Full, match=r"no time for another door that day\. Punt a1 still has room") as full:
        checkout.place_order(order=order, by=charlie)
    assert full.value.nearest == delivery
    basket.fill(order=at_home, quantities={offer.pk: D(6)}, by=at_home.placed_by)
    assert checkout.place_order(order=at_home, by=at_home.placed_by).lines.get().confirmed == 6


@pytest.mark.parametrize("flow", ["retail", "facilitation"])
def test_the_fee_is_a_service_on_paper_and_in_the_books(at_home, day, network, flow):
    network.flow = flow
    network.save()
    closing.close_day(day=day)
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    day.refresh_from_db()
    billing.bill_day(day=day)
    sale = booked(f"sale:{at_home.pk}")
    assert (sale["buyer"], sale["home"]) == (D("18.00"), D("-5.00"))
    papers = Document.objects.filter(order=at_home).order_by("pk")
    fees = [line for paper in papers for line in paper.lines if line["name"] == "Home delivery"]
    assert fees == [
        {
            "name": "Home delivery",
            "quantity": "1",
            "unit": "piece",
            "unit_price": "6.05",
            "amount": "6.05",
            "rate": "21",
        }
    ]
    assert sum(paper.gross for paper in papers) == 18
    by_rate = {total["rate"]: total["gross"] for paper in papers for total in paper.totals}
    assert by_rate == {"6": "11.95", "21": "6.05"}
    if flow == "facilitation":
        assert [paper.issuer for paper in papers][-1] == network.organisation
    assert Posting.objects.aggregate(all=Sum("amount"))["all"] == 0


def test_nothing_brought_costs_nothing(at_home, day):
    closing.close_day(day=day)
    at_home.lines.update(packed=0)
    DeliveryDay.objects.filter(pk=day.pk).update(status="driven")
    day.refresh_from_db()
    billing.bill_day(day=day)
    assert not Document.objects.exists() and not Posting.objects.exists()


def test_a_door_is_a_stop_of_a_round_and_the_driver_knows_whom_to_call(
    at_home, door, day, network, bob, dana, household
):
    make_vehicle(network)
    bob.phone = "0470 12 34 56"
    bob.save()
    closing.close_day(day=day)
    made = rounds.plan_rounds(day=day, by=dana, iterations=50)
    stop = Stop.objects.select_related("producer", "delivery__outlet", "delivery__pickup_point").get(delivery=door)
    assert (stop.place, stop.crates.count()) == (household.place, 1)
    assert door.starts_at <= stop.arrives_at <= door.ends_at
    assert [(one.name, one.phone) for one in contacts.contacts_of([stop])[stop.pk]] == [("Bob", "0470 12 34 56")]
    assert not day.unplanned.exists()
    assert stop.crates.get().contents[0]["buyer"] == "Gezin Bob"
    with pytest.raises(Refused, match="no stops"):
        tours.make(round=next(one for one in made if one.pk == stop.round_id), name="Thuis", by=dana)


def test_asking_for_it_moves_the_basket_and_shows_the_price(
    terms, basket_of, household, bob, visit, network, day, offer
):
    order = basket_of(household, bob, 5)
    browser = visit(bob)
    url = reverse("orders:home", args=[network.slug])
    page = browser.get(url).content.decode()
    assert "€\xa06.05" in page and 'value="Kouter 1"' in page
    answer = browser.post(
        url, {"street": "Dorp 3", "postcode": "9050", "municipality": "Ledeberg", "day": day.pk}, follow=True
    )
    order.refresh_from_db()
    assert answer.redirect_chain[-1][0] == f"/gent/shop/?delivery={order.delivery_id}"
    assert (order.delivery.home, order.delivery.place.street) == (household, "Dorp 3")
    summary = browser.get(reverse("orders:confirm", args=[order.pk]))
    basket_ = summary.context["basket"]
    assert (basket_["total"], basket_["fee"], basket_["due"]) == (D("11.95"), D("6.05"), D("18.00"))
    assert sum(part["value"] for part in basket_["parts"]) == 18
    assert "Brought to your door" in summary.content.decode()


def test_a_wrong_address_is_said_beside_its_field_and_nothing_is_lost(
    terms, basket_of, household, bob, visit, network, day
):
    order = basket_of(household, bob, 5)
    url = reverse("orders:home", args=[network.slug])
    answer = visit(bob).post(url, {"street": "Bos 1", "postcode": "3000", "municipality": "Leuven", "day": day.pk})
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"postcode"}
    household.refresh_from_db()
    order.refresh_from_db()
    assert (household.place.street, order.delivery.home) == ("Kouter 1", None)


def test_a_confirmed_order_is_brought_home_only_behind_the_button_of_the_law(
    terms, ordered, supply, household, bob, visit, network, day, delivery
):
    order = ordered(household, bob, 5)
    url = reverse("orders:home", args=[network.slug])
    browser = visit(bob)
    assert "Order with obligation to pay" in browser.get(url).content.decode()
    answer = browser.post(url, {"street": "Kouter 1", "postcode": "9000", "municipality": "Gent", "day": day.pk})
    assert answer.url == reverse("orders:detail", args=[order.pk])
    order.refresh_from_db()
    assert (order.status, order.delivery.home) == ("confirmed", household)
    terms.doors = 0
    terms.save()
    moving.move_basket(order=order, to=delivery, by=bob)
    with pytest.raises(room.Full):
        moving.move_basket(order=order, to=Delivery.objects.get(home=household), by=bob)


def test_outsiders_are_not_offered_a_household_to_deliver_to(door, network):
    day = lived.Lived(
        on=door.delivery_day.on, hub=network.hub.point, paid=1.0, collection=0.0, to_hub=0.0, uncovered=0.0, inputs={},
        rides=(), destinations=(lived.Destination(lived.key_of(door), lived.name_of(door), door.place.point),),
    )  # fmt: skip
    assert lived.destinations([day]) == []


def test_an_address_without_a_street_is_asked_for(terms, day, network):
    person = make_person("ann")
    home = make_household(network, "Gezin Ann", person)
    home.place = make_place()
    home.place.street = ""
    home.place.save()
    home.save()
    with pytest.raises(Refused, match="Fill in your address first") as refused:
        homes.bring_home(day=day, household=home)
    assert refused.value.field == "street"


def test_two_trade_buyers_keep_their_own_doors(terms, network, day, shop):
    other = make_outlet(network, "Winkel Twee", make_person("twee"))
    assert list(Delivery.objects.for_buyer(other.organisation).filter(delivery_day=day, pickup_point=None)) == []
