"""The shop page as a form: whatever arrives, what can go in does, the rest is said beside its product, and nothing breaks."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from network import clock, money
from network.errors import Refused
from network.models import Membership, Organisation
from orders import basket, checkout
from orders.forms import BasketForm, quantity_of
from orders.models import Order, OrderLine
from producers import stock
from producers.models import Offer
from tests.conftest import MONDAY, make_household, make_network, make_person, make_point, make_product, open_week

D = Decimal
SCRIPT = {"hx-request": "true"}


@pytest.fixture
def chard(farm, alice, day) -> Offer:
    product = make_product(farm, "chard")
    supply = stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(2), by=alice)
    return Offer.objects.get(supply=supply, delivery_day=day, price_group__audience="household")


@pytest.fixture
def post(network, delivery, household, bob, visit):
    """`post({"q7": "2"})`: what Bob's page sends by its script; `script=False` as the browser does by itself."""

    def posted(data, *, script=True, client=None):
        url = reverse("orders:fill", args=[network.slug, delivery.pk])
        client = client or visit(bob)
        return client.post(url, {"buyer": household.pk} | data, headers=SCRIPT if script else {})

    return posted


def in_basket():
    return dict(OrderLine.objects.values_list("offer", "quantity"))


def wrong(answer):
    """What is said beside products, by offer."""
    found = re.findall(r'<p class="error"[^>]*data-offer="(\d+)">.*?<span>(.*?)</span>', answer.content.decode())
    return {int(offer): re.sub(r"<[^>]+>", "", sentence) for offer, sentence in found}


@pytest.mark.parametrize(
    ("text", "quantity"),
    [("", "0"), (" 2 ", "2"), ("1,5", "1.5"), ("1.5", "1.5"), (",5", "0.5"), ("2.", "2"), ("+3", "3"), ("-0", "0"), ("-2", "-2"),
     ("−2", "-2"), ("٣", "3"), ("١٫٥", "1.5"), ("\u200f٣\u200e", "3"), ("۴", "4"), ("9" * 30, "9" * 30)],
)  # fmt: skip
def test_quantities_are_read_as_people_write_them(text, quantity):
    assert quantity_of(text) == D(quantity)


@pytest.mark.parametrize(
    "text",
    ["NaN", "sNaN", "Infinity", "-inf", "1e9", "1E2", "1_000", "2 kg", "two", "🥕", "1,2,3", "--1", "+", ".", "½", "9" * 31, "9" * 100_000, "2\x00"],
)  # fmt: skip
def test_what_is_no_number_is_refused_in_words(text):
    with pytest.raises(Refused, match="Enter a number, such as 2 or 1,5"):
        quantity_of(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-1", "A quantity cannot be negative. Enter 0 or more."),
        ("1,5", "This is sold per 1. Enter a multiple of it."),
        ("1000000", "That is more than any field yields. Enter a smaller quantity."),
        ("21", "Only 20 left. Ask for that or less."),
        ("NaN", "Enter a number, such as 2 or 1,5."),
        ("1e9", "Enter a number, such as 2 or 1,5."),
        ("🥕" * 500, "Enter a number, such as 2 or 1,5."),
        ("\u202etwee", "Enter a number, such as 2 or 1,5."),
    ],
)
@pytest.mark.parametrize("script", [True, False])
def test_a_bad_quantity_is_said_beside_its_product_and_the_others_go_in(post, offer, chard, text, sentence, script):
    answer = post({f"q{offer.pk}": text, f"q{chard.pk}": "2"}, script=script)
    assert answer.status_code == 422
    assert wrong(answer) == {offer.pk: sentence}
    assert in_basket() == {chard.pk: 2}


def test_what_a_neighbour_took_a_moment_ago_names_something_else(post, offer, chard, basket_of, network):
    neighbour = make_person("neighbour")
    basket_of(make_household(network, "Gezin Ernaast", neighbour), neighbour, 20)
    answer = post({f"q{offer.pk}": "1"})
    assert wrong(answer) == {offer.pk: "This has just sold out. Take chard"}
    assert in_basket()[offer.pk] == 20


@pytest.mark.parametrize(
    "name",
    ["q", "qx", "q-1", "q1.5", "q" + "9" * 19, "q" + "9" * 25, "q" + "9" * 600, "q٣", "q🥕", "q1' OR 1=1", "price", "__class__"],
)  # fmt: skip
def test_tampered_names_change_nothing(post, offer, chard, name):
    answer = post({name: "2", f"q{chard.pk}": "1"})
    assert answer.status_code in (200, 422)
    assert in_basket() == {chard.pk: 1}


@pytest.mark.parametrize("button", ["plus", "minus"])
@pytest.mark.parametrize("value", ["", "x", "9" * 19, "9" * 25, "9" * 5000, "٣", "-1", "0"])
def test_tampered_buttons_change_nothing(post, offer, button, value):
    assert post({button: value}, script=False).status_code in (302, 422)
    assert in_basket() == {}


def test_a_button_beside_something_unreadable_says_so(post, offer):
    answer = post({f"q{offer.pk}": "NaN", f"w{offer.pk}": "0", "plus": str(offer.pk)}, script=False)
    assert wrong(answer) == {offer.pk: "Enter a number, such as 2 or 1,5."}
    assert in_basket() == {}


def test_prices_are_never_read_from_a_page(post, offer):
    post({f"q{offer.pk}": "2", "gross": "0.01", f"c{offer.pk}": "1", "price": "0", f"p{offer.pk}": "0"})
    line = OrderLine.objects.get()
    assert (line.gross, line.price, line.deposit) == (offer.gross, D("1.60"), 0)


def test_offers_of_another_network_day_or_price_group_do_not_go_in(post, farm, alice, offer, supply, day):
    elsewhere = make_network("leuven")
    make_point(elsewhere, "b1")
    Membership.objects.create(network=elsewhere, organisation=farm.organisation, college="producers", joined_on=MONDAY)
    open_week(elsewhere)
    stock.announce(product=supply.product, week_on=MONDAY, quantity=D(20), price=D("1.60"), by=alice)
    strangers = Offer.objects.exclude(pk=offer.pk).values_list("pk", flat=True)
    assert len(strangers) == 7
    answer = post({f"q{pk}": "1" for pk in [*strangers, offer.pk, 2**62]})
    assert answer.status_code == 422
    assert answer.content.decode().count("This is not offered here for this day. Choose it again from the list.") == 8
    assert in_basket() == {offer.pk: 1}


def test_a_stale_page_undoes_nothing(post, offer, chard):
    post({f"q{chard.pk}": "3"})
    post({f"q{offer.pk}": "2", f"w{offer.pk}": "0", f"q{chard.pk}": "0", f"w{chard.pk}": "0"}, script=False)
    assert in_basket() == {offer.pk: 2, chard.pk: 3}


def test_the_same_twice_is_once(post, offer, supply):
    for _time in range(2):
        assert post({f"q{offer.pk}": "3"}).status_code == 200
    supply.refresh_from_db()
    assert (in_basket(), supply.reserved) == ({offer.pk: 3}, 3)


def test_a_page_over_night_is_told_that_the_day_has_closed(post, offer, day):
    with clock.at(day.closes_at):
        answer = post({f"q{offer.pk}": "3"})
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/plain; charset=utf-8")
    assert answer.content.decode() == "This delivery no longer takes orders. Choose another."
    with clock.at(day.closes_at):
        assert "This delivery no longer takes orders" in post({f"q{offer.pk}": "3"}, script=False).content.decode()
    assert in_basket() == {}


def test_whoever_signed_out_is_told_and_nothing_is_changed(post, offer, visit):
    assert post({f"q{offer.pk}": "3"}, client=visit(None)).status_code == 401
    answer = post({f"q{offer.pk}": "3"}, client=visit(None), script=False)
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/?next=")
    strict = Client(enforce_csrf_checks=True)
    assert post({f"q{offer.pk}": "3"}, client=strict).status_code == 403
    assert not Order.objects.exists()


def test_a_page_fills_the_basket_it_was_made_for(post, offer, network, household, bob, visit):
    """Another tab has switched to her second household meanwhile."""
    second = make_household(network, "Gezin Twee", bob)
    her = visit(bob)
    her.post(reverse("orders:buyer", args=[network.slug]), {"buyer": second.pk})
    assert post({f"q{offer.pk}": "3"}, client=her).status_code == 200
    assert Order.objects.get().buyer == household
    assert her.session["buyer"] == second.pk
    post({f"q{offer.pk}": "4"}, client=her, script=False)
    assert (her.session["buyer"], in_basket()) == (household.pk, {offer.pk: 4})


@pytest.mark.parametrize("buyer", ["x", "9" * 30, "-1", "stranger"])
def test_nobody_fills_the_basket_of_another(post, offer, network, charlie, buyer):
    stranger = make_household(network, "Gezin Charlie", charlie)
    answer = post({f"q{offer.pk}": "3", "buyer": str(stranger.pk) if buyer == "stranger" else buyer})
    assert (answer.status_code, answer.content.decode()) == (
        409,
        "You cannot order here for this household. Load the page again.",
    )
    assert not Order.objects.exists()


@pytest.mark.parametrize("delivery", ["9" * 19, "9" * 25, "9" * 5000, "٣", "x", "-1"])
def test_a_tampered_delivery_shows_the_usual_one(network, offer, bob, household, visit, delivery):
    answer = visit(bob).get(reverse("orders:shop", args=[network.slug]), {"delivery": delivery})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "back", ["&category=bread", "&q=\r\nSet-Cookie: a=b", "&" + "x" * 9000, "//evil.example", "&q=🥕"]
)
def test_back_leads_to_this_shop_only(post, network, delivery, offer, back):
    answer = post({f"q{offer.pk}": "1", "back": back}, script=False)
    assert answer.status_code == 302
    assert answer.url.startswith(f"/{network.slug}/shop/?delivery={delivery.pk}")
    assert "\n" not in answer.url


def test_what_is_refused_is_shown_on_the_page_it_was_asked_on(post, offer, chard, farm, alice, day):
    """Without a script the whole page comes back, with the choice she had made."""
    answer = post({f"q{offer.pk}": "21", "back": "&q=leek"}, script=False)
    page = answer.content.decode()
    assert wrong(answer) == {offer.pk: "Only 20 left. Ask for that or less."}
    assert f'name="q{offer.pk}" type="number" inputmode="decimal" min="0" max="20" step="1" value="21"' in page
    assert f'name="q{chard.pk}"' not in page


def test_a_basket_holds_five_hundred_products_and_says_so(post, farm, alice, day, household, bob, delivery):
    """Of 501 the first 500 cannot be told from the last: nothing goes in."""
    for number in range(501):
        make_product(farm, f"p{number}")
    rows = [stock.Announcement(product=one, quantity=D(5), price=D(2)) for one in farm.products.all()]
    stock.announce_many(producer=farm, week_on=MONDAY, rows=rows, by=alice)
    offers = Offer.objects.filter(delivery_day=day, price_group__audience="household").order_by("pk")
    pks = list(offers.values_list("pk", flat=True))
    answer = post({f"q{pk}": "1" for pk in pks})
    assert answer.status_code == 422
    assert "A basket holds at most 500 products." in answer.content.decode()
    assert in_basket() == {}
    assert post({f"q{pk}": "1" for pk in pks[:500]}).status_code == 200
    assert len(in_basket()) == 500
    assert post({f"q{pks[500]}": "1", f"q{pks[0]}": "0"}).status_code == 200


def test_the_answer_is_the_basket_with_its_hints(post, offer, chard, network, farm, alice, day):
    network.minimum_order = D(15)
    network.save()
    weighed = make_product(farm, "roast", sold_by_weight=True, step=D("0.5"), category="meat")
    jar = make_product(farm, "jam", deposit=D("0.30"), category="pantry")
    for product in (weighed, jar):
        stock.announce(product=product, week_on=MONDAY, quantity=D(9), price=D(1), by=alice)
    offers = {
        o.supply.product.sku: o for o in Offer.objects.filter(delivery_day=day, price_group__audience="household")
    }
    answer = post({f"q{offers['roast'].pk}": "1.5", f"q{offers['jam'].pk}": "2"})
    page = re.sub(r"\s+", " ", answer.content.decode().replace("\u00a0", " "))
    roast, jam = offers["roast"].gross, offers["jam"].gross
    total = money.euros(roast * D("1.5")) + jam * 2
    for sentence in (
        f"± € {money.euros(roast * D('1.5'))}",
        "Weighed when it is packed. At most:",
        'Deposits, back when you return the empties</span> <span class="e">+ € 0.60',
        f"€ {15 - total} to go",
        "All from one farm so far.",
        "Kept for you until 11:00",
        '<caption class="vh">Where your money goes</caption>',
    ):
        assert sentence in page
    shares = [D(amount) for amount in re.findall(r"<td>€ ([\d.]+)</td>", page)]
    assert sum(shares[:4]) == shares[4] == total


def test_a_change_costs_the_same_queries_for_one_product_and_for_many(
    post, offer, chard, household, bob, visit, django_assert_num_queries
):
    her = visit(bob)
    post({f"q{offer.pk}": "1"}, client=her)
    with django_assert_num_queries(17):
        post({f"q{offer.pk}": "2"}, client=her)
    with django_assert_num_queries(17):
        post({f"q{offer.pk}": "3", f"q{chard.pk}": "0"}, client=her)


def test_the_shop_asks_twelve_queries_at_most(
    network, offer, basket_of, household, bob, visit, django_assert_num_queries
):
    basket_of(household, bob, 2)
    her, url = visit(bob), reverse("orders:shop", args=[network.slug])
    her.get(url)
    with django_assert_num_queries(11):
        her.get(url)


def test_confirmed_goods_can_be_changed_from_a_page_like_any_other(post, offer, ordered, household, bob, supply):
    ordered(household, bob, 5)
    post({f"q{offer.pk}": "3"})
    line = OrderLine.objects.get()
    assert (line.quantity, line.confirmed) == (3, 5)
    checkout.place_order(order=line.order, by=bob)
    supply.refresh_from_db()
    assert supply.reserved == 3


def test_the_form_saves_nothing_for_a_buyer_who_left(offer, household, bob, delivery):
    Membership.objects.filter(organisation=household).update(left_on=MONDAY)
    form = BasketForm({f"q{offer.pk}": "1"}, steps={})
    assert form.save(buyer=Organisation.objects.get(pk=household.pk), delivery=delivery, by=bob) is None
    assert form.refusal == "You are no member of this network yet. Ask its coordinator to join."
    assert basket.MOST_LINES == 500
