"""From the farmer's price to the shelf and back."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.models import DeliveryDay, Network, PriceGroup, Tariff, VatRate, VatStatus
from producers import pricing
from producers.models import Product
from tests.conftest import make_network, open_week

D = Decimal
TWO, SIX = D(2), D(6)
LEEK = Product(unit="kg", storage_class="cool", units_per_crate=10, vat_category="food", net_quantity=D(1))


def made_up(
    contribution: D, *, per_crate: D = TWO, vat: D = SIX, flow: str = "retail"
) -> tuple[PriceGroup, pricing.Terms]:
    network = Network(flow=flow)
    group = PriceGroup(audience="household", contribution=contribution)
    return group, pricing.Terms(network, {"cool": per_crate}, {"food": vat, "alcohol": D(21)}, (group,))


def test_a_kilo_of_leek_as_in_the_docs() -> None:
    group, terms = made_up(D("0.2"), per_crate=D("1.70"))
    price = pricing.shelf_price(price=D("1.60"), product=LEEK, group=group, terms=terms, regime="normal")
    assert price == pricing.Price(
        price=D("1.6000"),
        tariff=D("0.1700"),
        contribution=D("0.4425"),
        net=D("2.2125"),
        vat_rate=D(6),
        gross=D("2.35"),
    )
    assert pricing.farmer_price(gross=D("2.35"), product=LEEK, group=group, terms=terms, regime="normal") == D("1.6036")


@pytest.mark.parametrize(
    ("flow", "regime", "rate"),
    [
        ("retail", "normal", 6),
        ("retail", "agricultural", 6),
        ("retail", "exempt", 6),
        ("facilitation", "normal", 6),
        ("facilitation", "agricultural", 0),
        ("facilitation", "exempt", 0),
    ],
)
def test_vat_follows_the_flow_and_the_sellers_regime(flow: str, regime: str, rate: int) -> None:
    group, terms = made_up(D("0.2"), flow=flow)
    assert pricing.shelf_price(price=D(1), product=LEEK, group=group, terms=terms, regime=regime).vat_rate == rate


def test_beer_bears_21_percent() -> None:
    group, terms = made_up(D(0), per_crate=D(0))
    beer = Product(storage_class="cool", units_per_crate=24, vat_category="alcohol")
    price = pricing.shelf_price(price=D(2), product=beer, group=group, terms=terms, regime="normal")
    assert (price.net, price.vat_rate, price.gross) == (D("2.0000"), D(21), D("2.42"))


def test_a_price_per_kilo_is_shown_for_a_bag() -> None:
    assert pricing.per_measure(D("2.40"), Product(net_quantity=D("0.7"))) == D("3.43")


EURO = st.decimals(D("0.01"), D(1000), places=4)
PER_CRATE = st.decimals(D(0), D(20), places=4)
SHARE = st.decimals(D(0), D("0.95"), places=3)
RATE = st.sampled_from([D(0), D(6), D(12), D(21)])


@given(price=EURO, per_crate=PER_CRATE, contribution=SHARE, vat=RATE, units=st.integers(1, 500))
def test_the_parts_of_a_price_add_up(price: D, per_crate: D, contribution: D, vat: D, units: int) -> None:
    group, terms = made_up(contribution, per_crate=per_crate, vat=vat)
    product = Product(storage_class="cool", units_per_crate=units, vat_category="food")
    made = pricing.shelf_price(price=price, product=product, group=group, terms=terms, regime="normal")
    assert made.price == price
    assert made.price + made.tariff + made.contribution == made.net
    assert made.contribution >= 0
    assert abs(made.contribution - made.net * contribution) <= D("0.0001")
    assert abs(made.gross - made.net * (100 + vat) / 100) <= D("0.005")


@given(price=EURO, more=EURO, contribution=SHARE)
def test_who_receives_more_never_costs_less(price: D, more: D, contribution: D) -> None:
    group, terms = made_up(contribution)
    low, high = (
        pricing.shelf_price(price=p, product=LEEK, group=group, terms=terms, regime="normal")
        for p in (price, price + more)
    )
    assert high.gross >= low.gross
    assert high.contribution >= low.contribution


@given(gross=st.decimals(D("0.01"), D(1000), places=2), per_crate=PER_CRATE, contribution=SHARE, vat=RATE)
def test_from_the_shelf_to_the_farmer_and_back_is_the_same_price(
    gross: D, per_crate: D, contribution: D, vat: D
) -> None:
    group, terms = made_up(contribution, per_crate=per_crate, vat=vat)
    price = pricing.farmer_price(gross=gross, product=LEEK, group=group, terms=terms, regime="normal")
    again = pricing.shelf_price(price=price, product=LEEK, group=group, terms=terms, regime="normal")
    assert again.gross == gross


@pytest.mark.django_db
def test_each_day_has_the_terms_of_its_date(network, cycle, farm, django_assert_num_queries) -> None:
    friday = date(2026, 3, 6)
    Tariff.objects.filter(storage_class="cool").update(period=(date(2020, 1, 1), friday))
    Tariff.objects.create(network=network, storage_class="cool", per_crate=D(3), period=(friday, None))
    VatRate.objects.filter(category="food").update(period=(date(2020, 1, 1), friday))
    VatRate.objects.create(category="food", rate=D(9), period=(friday, None))
    VatStatus.objects.filter(organisation=farm.organisation).update(period=(date(2020, 1, 1), friday))
    VatStatus.objects.create(organisation=farm.organisation, regime="exempt", period=(friday, None))
    days = list(DeliveryDay.objects.filter(cycle=cycle).select_related("cycle__network").order_by("on"))
    with django_assert_num_queries(4):
        terms, regimes = pricing.terms_of(days), pricing.regimes_of(farm.organisation, days)
    assert [terms[day.pk].tariffs["cool"] for day in days] == [D(2), D(3)]
    assert [terms[day.pk].vat_rates["food"] for day in days] == [D(6), D(9)]
    assert [regimes[day.pk] for day in days] == ["normal", "exempt"]


@pytest.mark.django_db
def test_networks_do_not_mix_their_terms(network, cycle) -> None:
    other = make_network("leuven")
    Tariff.objects.filter(network=other).update(per_crate=D(9))
    PriceGroup.objects.filter(network=other).update(contribution=D("0.3"))
    days = [*cycle.days.select_related("cycle__network"), *open_week(other).days.select_related("cycle__network")]
    terms = pricing.terms_of(days)
    assert {(t.network.slug, t.tariffs["cool"], t.groups[0].contribution) for t in terms.values()} == {
        ("gent", D(2), D("0.2")),
        ("leuven", D(9), D("0.3")),
    }
    assert pricing.terms_of([]) == {}
