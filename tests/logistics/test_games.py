"""The games of a day: distribution, then collection, the caps from door to door, and every cent somewhere."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics import games, leaving
from logistics.certificates import hash_of
from logistics.cost_sharing import verify
from tests.logistics.days import a_day

AN, BO, CAS = 1, 2, 3
P, Q, R = 11, 12, 13


def of(shared):
    """Distribution and collection of each, in cents."""
    return {pk: (bill.distribution, bill.collection) for pk, bill in shared.bills.items()}


def two_farms(**other):
    """An at 10 km and Bo at 20 on one side of the hub, P and Q as far on the other; An sends one crate to P, Bo to both."""
    values = {
        "farms": {AN: 10, BO: 20},
        "stops": {P: -10, Q: -20},
        "sends": {(AN, P): 1, (BO, P): 1, (BO, Q): 1},
        "costs": {"collection": 50, "distribution": 50},
    }
    return a_day(**values | other)


def test_distribution_is_shared_over_the_stops_and_then_collection_over_the_farms():
    """
    Alone P would cost 30 and Q 50: of the 50 for both they pay 18,75 and 31,25. P is split over the crates of An and Bo.
    Alone An would bring hers for 30 and Bo for 50: of those 50 they pay 18,75 and 31,25.
    """
    shared = games.share(two_farms())
    assert of(shared) == {AN: (938, 1875), BO: (937 + 3125, 3125)}
    assert {pk: bill.alone for pk, bill in shared.bills.items()} == {AN: 5000, BO: 9000}
    assert (shared.cost, shared.launch_gap) == (10000, 0)
    assert shared.parts == {P: {AN: 938, BO: 937}, Q: {BO: 3125}}
    assert [played.kind for played in shared.games] == ["distribution", "collection"]
    assert shared.bills[AN].saving == pytest.approx((5000 - 2813) / 5000)
    assert (shared.alone_km, shared.own_km) == (120, 0)


def test_a_crate_weighs_what_its_storage_class_costs():
    shared = games.share(two_farms(sends={(AN, P): {"frozen": 1.0}, (BO, P): 1, (BO, Q): 1}))
    assert shared.parts[P] == {AN: 1500, BO: 375}


def test_who_brings_her_goods_is_no_player_of_the_collection_and_is_billed_what_is_left():
    """Bo's own trip to the hub costs her 50 of the 90 that she would pay from door to door: 40 is left for the network."""
    shared = games.share(two_farms(brings=(BO,), costs={"collection": 30, "distribution": 50}))
    her = shared.bills[BO]
    assert (her.own, her.cap, her.distribution, her.collection) == (5000, 4000, 4000, 0)
    assert her.saving == 0
    # The 62 cents that Bo's cap leaves are carried by who was collected, as far as going alone to the hub costs her.
    assert of(shared)[AN] == (938, 3000)
    assert shared.launch_gap == 62
    assert shared.own_km == 40


def test_nobody_pays_for_a_stop_in_her_own_yard_and_what_her_caps_leave_is_carried_by_the_others():
    shared = games.share(two_farms(farms={AN: -10, BO: 20}, costs={"collection": 60, "distribution": 50}))
    assert shared.bills[AN].alone == shared.bills[AN].share == 0
    assert shared.bills[AN].saving is None
    assert shared.bills[BO].share == shared.bills[BO].cap == 9000
    assert shared.launch_gap == 11000 - 9000


def test_a_plan_dearer_than_everybody_alone_bills_alone_and_the_rest_is_launch_gap():
    shared = games.share(two_farms(costs={"collection": 500, "distribution": 500}))
    assert shared.dearer_than_alone
    assert all(bill.share <= bill.cap for bill in shared.bills.values())
    assert of(shared)[AN] == (1500, 3000), "30 for P, split; and 30 for her own way to the hub"
    assert sum(bill.share for bill in shared.bills.values()) + shared.launch_gap == 100000


def three_farms(**other):
    """Bo and Cas are neighbours at 30 km, An lives at 30 km on the other side: together they would do it for 70 without her."""
    values = {
        "farms": {AN: -30, BO: 30, CAS: 31},
        "stops": {P: 1},
        "sends": {(AN, P): 1, (BO, P): 1, (CAS, P): 1},
        "costs": {"collection": 142, "distribution": 12},
    }
    return a_day(**values | other)


def test_neighbours_pay_no_more_than_tau_above_what_they_would_together():
    """Equal savings ask 142 x 142/212 of the neighbours, 95,11; apart they would pay 72, so 79,20 at most with tau 10 %."""
    bill = games.share(three_farms()).games[-1].allocation
    assert bill.cents["2"] + bill.cents["3"] == 7920
    assert bill.cents["1"] == 14200 - 7920
    assert [held.group for held in bill.binding] == [("2", "3")]


def test_another_tau_or_method_is_asked_without_changing_the_day():
    inputs = three_farms(costs={"collection": 130, "distribution": 12})
    at_20 = games.share(inputs, tau=0.2).games[-1].allocation.cents
    assert at_20["2"] + at_20["3"] == 8640
    by_volume = games.share(inputs, method="volume").games[-1].allocation.cents
    assert sorted(by_volume.values()) == [4333, 4333, 4334]
    by_value = games.share(inputs, method="value").games[-1].allocation.cents
    assert by_value == {"1": 2167, "2": 4333, "3": 6500}


def test_goods_that_go_straight_are_a_game_of_their_own():
    """An's crate for Q goes straight; she still sends one to P over the hub."""
    day = two_farms(
        sends={(AN, P): 1, (AN, Q): 1, (BO, P): 1},
        straight=((AN, Q),),
        costs={"collection": 50, "distribution": 30, "direct": 60},
    )
    shared = games.share(day)
    assert [played.kind for played in shared.games] == ["direct", "distribution", "collection"]
    assert shared.games[0].allocation.cents == {"1": 6000}
    assert shared.bills[AN].alone == 7000
    assert shared.bills[AN].distribution == 7000, "60 straight, and of her 15 for P what is left below alone"
    assert shared.bills[AN].collection == 0
    assert shared.bills[BO].share + shared.launch_gap == 14000 - 7000


def test_groups_are_priced_of_farms_that_send_one_customer_each_straight():
    """An and Bo live at 30 km and send to Q and R just beyond: alone 10 + 2 or 4 km of their own, together in a van of the hub."""
    day = a_day(
        farms={AN: 30, BO: 30},
        stops={Q: 80, R: 80},
        sends={(AN, Q): 1, (BO, R): 1},
        straight=((AN, Q), (BO, R)),
        costs={"direct": 150},
    )
    (played,) = games.share(day).games
    assert played.inputs["drive"]["pairs"] and not played.allocation.proven
    assert played.allocation.alone_cents == {"1": 11000, "2": 11000}
    assert played.allocation.cents == {"1": 7500, "2": 7500}
    assert played.game.cost.of(frozenset([0, 1])) == 220, "one after the other in a van from the hub is no cheaper here"


def drives_on_the_way_back(**changes):
    """
    An, 20 km east, sends to Q and R 20 and 22 km west; Bo, 20 km west, to P beside An; Cas, at 5 km, to her neighbour. One van
    from the hub drives An to Q, Bo to P, An to R: 20 + 40 + 0 + 40 + 0 + 42 + 22 km, 174 euro. Alone An pays 94 and Bo 90.
    """
    sends = {(AN, Q): 1, (AN, R): 1, (BO, P): 1, (CAS, P + Q + R): 1}
    return a_day(
        farms={AN: 20, BO: -20, CAS: 5},
        stops={P: 20, Q: -20, R: -22, P + Q + R: 6},
        sends=sends,
        straight=tuple(sends),
        **{"costs": {"direct": 186}, "tau": 0.0} | changes,
    )


def test_farms_that_send_several_customers_straight_are_priced_together_too():
    (played,) = games.share(drives_on_the_way_back()).games
    assert played.inputs["drive"]["owners"] == [0, 0, 1, 2]
    assert played.inputs["drive"]["alone"] == [90.0, 94.0, 90.0, 12.0]
    assert list(played.game.cost.table()) == [0, 94, 90, 174, 12, 106, 92, 174]
    assert played.allocation.alone_cents == {"1": 9400, "2": 9000, "3": 1200}
    assert played.allocation.cents == {"1": 9400, "2": 8000, "3": 1200}, (
        "Bo and Cas, on her way home, could drive for 92"
    )
    assert played.allocation.exact and not played.allocation.proven, "found: another way of driving may be cheaper"
    (loose,) = games.share(drives_on_the_way_back(tau=0.5)).games
    assert loose.allocation.cents == {"1": 8920, "2": 8541, "3": 1139}, "everybody saves the same part"


def test_a_game_of_drives_is_made_again_from_what_is_kept():
    (played,) = games.share(drives_on_the_way_back()).games
    again = games.game_of(json.loads(json.dumps(played.inputs)))
    assert list(again.cost.table()) == list(played.game.cost.table())
    assert verify(again, played.allocation).flaws == ()


def test_more_drives_than_can_be_combined_are_shared_without_groups():
    farms, stops = {pk: pk for pk in range(1, 11)}, {P: 30, Q: 40}
    sends = {(pk, stop): 1 for pk in farms for stop in stops}
    (played,) = games.share(
        a_day(farms=farms, stops=stops, sends=sends, straight=tuple(sends), costs={"direct": 300})
    ).games
    assert played.inputs["drive"] is None
    savings = {round(saving, 3) for saving in played.allocation.saving.values()}
    assert len(savings) == 1


def test_groups_keep_opening_hours_only_where_no_bill_holds_without_them():
    """Three stops far out that must all be reached at the same minute: one van can only do them when hours do not count."""
    stops = {P: 100, Q: 102, R: 104}
    sends = {(AN, stop): 1 for stop in stops}
    inputs = a_day(
        farms={AN: 10},
        stops=stops,
        sends=sends,
        costs={"distribution": 600},
        opens=dict.fromkeys(stops, (200, 200)),
    )
    played, *_collection = games.share(inputs).games
    assert played.inputs["drive"]["hours"] == [[200, 200]] * 3
    assert played.allocation.eps_star == 0 and not played.allocation.proven
    inputs = a_day(farms={AN: 10}, stops=stops, sends=sends, costs={"distribution": 218})
    played, *_collection = games.share(inputs).games
    assert played.inputs["drive"]["hours"] is None and played.allocation.proven


def test_a_day_without_anything_to_share():
    nobody = a_day(farms={}, stops={}, sends={}, costs={"collection": 20})
    shared = games.share(nobody)
    assert (shared.bills, shared.games, shared.launch_gap, shared.spread) == ({}, (), 2000, 0.0)
    free = games.share(two_farms(costs={}))
    assert of(free) == {AN: (0, 0), BO: (0, 0)} and free.launch_gap == 0


def test_only_one_farm_pays_all_of_it_up_to_alone():
    shared = games.share(a_day(farms={AN: 10}, stops={P: 20}, sends={(AN, P): 2}, costs={"collection": 20}))
    assert of(shared) == {AN: (0, 2000)}


def test_identical_farms_pay_the_same_within_a_cent():
    farms = dict.fromkeys(range(1, 8), 12)
    shared = games.share(
        a_day(
            farms=farms, stops={P: -5}, sends={(pk, P): 1 for pk in farms}, costs={"collection": 40, "distribution": 20}
        )
    )
    assert max(bill.share for bill in shared.bills.values()) - min(bill.share for bill in shared.bills.values()) <= 2


def test_a_game_too_large_for_its_method_is_shared_by_equal_savings_and_says_when_time_was_up():
    farms = {pk: pk for pk in range(1, 21)}
    day = a_day(farms=farms, stops={P: -5}, sends={(pk, P): 1 for pk in farms}, costs={"collection": 60})
    (played,) = games.share(day, method="nucleolus", time_limit=0).games
    assert played.allocation.method == played.inputs["method"] == "epm"
    assert played.allocation.stopped and not played.allocation.proven
    assert sum(played.allocation.cents.values()) == 6000


def test_the_inputs_survive_being_kept_and_give_the_same_game():
    for played in games.share(two_farms()).games:
        kept = json.loads(json.dumps(played.inputs))
        assert hash_of(kept) == hash_of(played.inputs)
        assert verify(games.game_of(kept), played.allocation).flaws == ()


def test_the_order_in_which_a_day_is_listed_moves_no_bill():
    day = three_farms()
    turned = day | {"producers": day["producers"][::-1], "crates": day["crates"][::-1]}
    assert of(games.share(turned)) == of(games.share(day))


days = st.builds(
    a_day,
    farms=st.dictionaries(st.integers(1, 9), st.integers(-40, 40), max_size=6),
    stops=st.just({P: 7, Q: -12, R: 30}),
    sends=st.just({}),
    costs=st.fixed_dictionaries({leg: st.integers(0, 300) for leg in ("collection", "distribution", "direct")}),
    method=st.sampled_from(["epm", "shapley", "nucleolus", "stand_alone", "volume", "value"]),
    tau=st.sampled_from([0.0, 0.1, 0.5]),
)


@settings(max_examples=25, deadline=None)
@given(days, st.data())
def test_whatever_happened_every_cent_is_somewhere_and_nobody_is_above_alone(day, data):
    for her in day["producers"]:
        her["brings"] = data.draw(st.booleans())
        for stop in data.draw(st.sets(st.sampled_from([P, Q, R]))):
            crates = {key: data.draw(st.sampled_from([0.0, 0.4, 3.0])) for key in day["weights"]}
            row = {"producer": her["id"], "delivery": stop, "crates": crates, "kg": 1.0, "value": 5.0}
            day["crates"].append(row | {"straight": not her["brings"] and data.draw(st.booleans())})
    shared = games.share(day)
    assert sum(bill.share for bill in shared.bills.values()) + shared.launch_gap == shared.cost
    assert shared.launch_gap >= 0
    for bill in shared.bills.values():
        assert min(bill.distribution, bill.collection) >= 0
        assert bill.share <= bill.cap == max(0, bill.alone - bill.own)
    for played in shared.games:
        assert verify(played.game, played.allocation).flaws == ()


# Leaving together, from door to door


def test_farms_that_would_do_better_together_from_door_to_door_are_found():
    """Bo and Cas, at 30 and 31 km, send to R beside them: with one van 10 + 4 euro, over the hub 62 each."""
    day = a_day(
        farms={AN: -30, BO: 30, CAS: 31},
        stops={P: -1, R: 32},
        sends={(AN, P): 1, (BO, R): 1, (CAS, R): 1},
        costs={"collection": 20, "distribution": 10},
    )
    found = leaving.search(day, games.share(day))
    assert found["group"] == [BO, CAS]
    assert found["cost"] == 1400
    assert found["gain"] == found["pays"] - 1400 > 0


def test_nobody_is_found_when_the_network_is_cheaper():
    day = two_farms(costs={"collection": 5, "distribution": 5})
    assert leaving.search(day, games.share(day)) is None


def test_what_one_van_does_not_hold_is_not_looked_at():
    day = two_farms(sends={(AN, P): 30, (BO, P): 30}, costs={"collection": 500, "distribution": 500})
    assert leaving.search(day, games.share(day)) is None
