from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from logistics import loading
from logistics.models import Crate
from logistics.routing import Load
from orders import shortages
from orders.models import PurchaseOrderLine
from tests.conftest import make_household, make_product
from tests.logistics.conftest import freeze, make_order


def letters(crates):
    return [crate.letter for crate in crates]


def collected(day):
    return loading.pack(loading.goods_of(day)).collected


def delivered(day):
    return loading.pack(loading.goods_of(day)).delivered


def inside(crate):
    return [(content["name"]["nl"], content["quantity"]) for content in crate.contents]


def test_a_farm_fills_whole_crates_and_packs_the_remainders_together(day, delivery, household, farm, leek):
    kale = make_product(farm, "kale", units_per_crate=10)
    flour = make_product(farm, "flour", storage_class="ambient", units_per_crate=8, unit_kg=Decimal(1))
    make_order(delivery, household, {leek: 23, kale: 14, flour: 2})
    crates = collected(freeze(day))[farm.pk]
    assert letters(crates) == ["A1", "B1", "B2", "B3", "B4"]
    assert [[(content["name"]["nl"], content["quantity"]) for content in crate.contents] for crate in crates] == [
        [("Flour", "2.000")],
        [("Leek", "10")],
        [("Leek", "10")],
        [("Kale", "10")],
        [("Kale", "4.000"), ("Leek", "3.000")],
    ]
    assert [crate.purchase_order_line_id is None for crate in crates] == [False, False, False, False, True]
    assert loading.load_of(crates) == Load(crates=(1, 4, 0, 0), kg=39)


def test_what_is_known_to_be_missing_is_not_packed(closed_day, farm, dana):
    line = PurchaseOrderLine.objects.get(purchase_order__producer=farm)
    shortages.record_missing(line=line, missing=Decimal(30), by=dana)
    (crate,) = collected(closed_day)[farm.pk]
    assert crate.contents[0]["quantity"] == "7.000"


def test_the_hub_keeps_a_buyers_goods_in_one_crate_as_long_as_they_fit(day, delivery, network, household, leek):
    make_order(delivery, make_household(network, "Gezin Ann"), {leek: 6})
    make_order(delivery, household, {leek: 5})
    make_order(delivery, make_household(network, "Gezin Cas"), {leek: 4})
    crates = delivered(freeze(day))[delivery.pk]
    assert [[content["buyer"] for content in crate.contents] for crate in crates] == [
        ["Gezin Ann", "Gezin Cas"],
        ["Gezin Bob"],
    ]
    assert letters(crates) == ["B1", "B2"]


def test_a_large_order_fills_crates_of_its_own_and_shares_the_last(day, delivery, network, household, leek):
    make_order(delivery, household, {leek: 26})
    make_order(delivery, make_household(network, "Gezin Cas"), {leek: 3})
    crates = delivered(freeze(day))[delivery.pk]
    found = [[(part["buyer"], part["lines"][0]["quantity"]) for part in crate.contents] for crate in crates]
    assert found == [
        [("Gezin Bob", "10.000")],
        [("Gezin Bob", "10.000")],
        [("Gezin Bob", "6.000"), ("Gezin Cas", "3.000")],
    ]


def test_storage_classes_never_share_a_crate(closed_day, delivery):
    crates = delivered(closed_day)[delivery.pk]
    assert [(crate.letter, crate.storage_class) for crate in crates] == [("B1", "cool"), ("B2", "cool"), ("C1", "cold")]
    assert [crate.kg for crate in crates] == [Decimal(10), Decimal(2), Decimal("6.3")]


def test_raw_meat_and_what_lies_on_ice_have_crates_of_their_own(day, delivery, network, household, second_farm, milk):
    mince = make_product(
        second_farm, "mince", category="meat", storage_class="cold", units_per_crate=20, max_temperature=2
    )
    ham = make_product(second_farm, "ham", category="meat", storage_class="cold", units_per_crate=20, max_temperature=7)
    make_order(delivery, household, {milk: 3, mince: 4, ham: 2})
    freeze(day)
    for crates in (collected(day)[second_farm.pk], delivered(day)[delivery.pk]):
        assert letters(crates) == ["C1", "C2", "C3"]
        assert [crate.max_temperature for crate in crates] == [Decimal(8), Decimal(7), Decimal(2)]
    assert [inside(crate) for crate in collected(day)[second_farm.pk]] == [
        [("Milk", "3.000")],
        [("Ham", "2.000")],
        [("Mince", "4.000")],
    ]


def test_a_mixed_crate_is_kept_as_cold_as_its_coldest_product(day, delivery, household, farm, leek):
    mushrooms = make_product(farm, "mushrooms", max_temperature=5)
    make_order(delivery, household, {leek: 3, mushrooms: 2})
    freeze(day)
    assert [crate.max_temperature for crate in collected(day)[farm.pk]] == [Decimal(5)]
    assert [crate.max_temperature for crate in delivered(day)[delivery.pk]] == [Decimal(5)]


def test_what_goes_straight_is_packed_apart_and_is_not_packed_twice(day, delivery, shop, household, farm, leek, milk):
    make_order(delivery, household, {leek: 14})
    at_shop = day.deliveries.get(outlet=shop)
    order = make_order(at_shop, shop.organisation, {leek: 23, milk: 12})
    goods = loading.goods_of(freeze(day))
    whole = loading.pack(goods)
    packed = loading.pack(goods, [(farm.pk, at_shop.pk)], like=whole)
    assert [(crate.letter, inside(crate)) for crate in packed.collected[farm.pk]] == [
        ("B1", [("Leek", "10")]),
        ("B2", [("Leek", "4.000")]),
    ]
    straight = packed.straight[farm.pk, at_shop.pk]
    assert [(crate.letter, inside(crate)) for crate in straight] == [
        ("B3", [("Leek", "10")]),
        ("B4", [("Leek", "10")]),
        ("B5", [("Leek", "3.000")]),
    ]
    line = order.lines.get(product=leek)
    assert {(crate.leg, crate.producer_id, crate.delivery_id) for crate in straight} == {
        ("direct", farm.pk, at_shop.pk)
    }
    assert {(part["order"], part["order_line"]) for crate in straight for part in crate.contents} == {
        (order.pk, line.pk)
    }
    assert letters(packed.delivered[at_shop.pk]) == ["C1"]
    assert packed.delivered[delivery.pk] is whole.delivered[delivery.pk]


def test_a_farm_whose_goods_all_go_straight_sends_nothing_to_the_hub(day, shop, farm, leek):
    at_shop = day.deliveries.get(outlet=shop)
    make_order(at_shop, shop.organisation, {leek: 20})
    packed = loading.pack(loading.goods_of(freeze(day)), [(farm.pk, at_shop.pk)])
    assert (packed.collected, packed.delivered) == ({}, {})
    assert letters(packed.straight[farm.pk, at_shop.pk]) == ["B1", "B2"]


def test_the_number_of_queries_does_not_grow_with_the_orders(
    day, delivery, network, leek, milk, django_assert_num_queries
):
    for number in range(5):
        make_order(delivery, make_household(network, f"Gezin {number}"), {leek: 3, milk: 2})
    freeze(day)
    with django_assert_num_queries(2):
        loading.pack(loading.goods_of(day))


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.lists(
            st.tuples(st.integers(1, 60), st.integers(1, 24), st.sampled_from(["ambient", "cool"])),
            min_size=1,
            max_size=4,
        ),
        min_size=1,
        max_size=12,
    )
)
def test_everything_ordered_is_in_a_crate_once_and_no_crate_is_overfull(orders):
    lines = [
        {
            "order_id": number,
            "buyer": f"Gezin {number}",
            "pk": 100 * number + position,
            "name": {"nl": "Prei"},
            "unit": "kg",
            "step": Decimal(1),
            "storage_class": storage_class,
            "category": "vegetables",
            "max_temperature": Decimal(8),
            "crate_share": (1 / Decimal(per_crate)).quantize(Decimal("0.000001")),
            "unit_kg": Decimal(1),
            "left": Decimal(quantity),
        }
        for number, order in enumerate(orders)
        for position, (quantity, per_crate, storage_class) in enumerate(order)
    ]
    boxes = loading._delivery_boxes(lines)
    packed: dict[int, Decimal] = {}
    for (storage_class, _company), own in boxes.items():
        for box in own:
            assert 0 < box.full <= 1 + loading.NEARLY
            for part in box.contents:
                for line in part["lines"]:
                    packed[line["line"]] = packed.get(line["line"], Decimal(0)) + Decimal(line["quantity"])
                    assert next(one for one in lines if one["pk"] == line["line"])["storage_class"] == storage_class
    assert packed == {line["pk"]: line["left"] for line in lines}


def test_no_two_crates_have_one_code(closed_day, farm):
    kept = Crate.objects.create(
        delivery_day=closed_day, leg="collection", producer=farm, storage_class="cool", letter="Z1", code="AAAAAAAA"
    )
    fresh = [Crate(code=code) for code in ("AAAAAAAA", "BBBBBBBB", "BBBBBBBB", "CCCCCCCC")]
    loading.label_anew(fresh)
    assert len({kept.code, *(crate.code for crate in fresh)}) == 5
    assert [fresh[1].code, fresh[3].code] == ["BBBBBBBB", "CCCCCCCC"]
