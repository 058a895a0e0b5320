"""What groups pay on their own, from a routing problem: against published optima, all groups at once, and brute force."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from logistics.cost_sharing import Game, RoutingOracle, allocate, routing, sampling, verify
from logistics.cost_sharing.game import sums
from logistics.cost_sharing.nucleolus import nucleolus, nucleolus_of_groups
from logistics.cost_sharing.sampling import estimated_shapley
from logistics.cost_sharing.shapley import shapley
from logistics.distances import Matrix
from logistics.routing import Load, Pair, Problem, Site, Van
from tests.logistics.regions import region


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("kind", ["plain", "cold", "windows"])
def test_the_search_for_groups_finds_none_only_when_no_group_gains(seed, kind):
    """The tables of ways and labels against the cost of every group of 12 farms."""
    oracle = RoutingOracle(region(12, seed, cold=kind == "cold", windows=kind == "windows"))
    table = oracle.table()
    draw = np.random.default_rng(seed)
    level = table[-1] / oracle.alone.sum()
    for scale in (0.6, 0.8, 1.0, 1.2):
        shares = scale * level * oracle.alone * draw.uniform(0.9, 1.1, 12)
        above = sums(shares) - table
        above[[0, *(1 << np.arange(12))]] = -np.inf
        found, proven = oracle._search(shares, 0.0)
        gains = above.max() > oracle.tolerance
        assert not (proven and gains) and not (found and proven)
        if kind == "plain":
            assert bool(found) == gains and proven != gains
        for row in found:
            assert row.cost >= oracle.of(row.group) - 1e-6
            assert shares[sorted(row.group)].sum() > row.cost


GAMES = {game["name"]: game for game in json.loads(Path(__file__).with_name("cost_games.json").read_text())}


def geographical(places):
    """Distances as TSPLIB counts them: degrees and minutes on a sphere, cut to whole km."""
    degrees = np.trunc(places)
    radians = 3.141592 * (degrees + 5 * (places - degrees) / 3) / 180
    latitude, longitude = radians[:, 0], radians[:, 1]
    q1 = np.cos(longitude[:, None] - longitude)
    q2, q3 = np.cos(latitude[:, None] - latitude), np.cos(latitude[:, None] + latitude)
    km = np.floor(6378.388 * np.arccos(np.clip(0.5 * ((1 + q1) * q2 - (1 - q1) * q3), -1, 1)) + 1)
    return np.where(np.eye(len(places)), 0.0, km)


@pytest.mark.parametrize("name", ["tsg_burma14", "vrg_P-n16-k8", "vrg_P-n20-k2"])
def test_everybody_together_costs_the_published_optimum(name):
    """TSPLIB burma14 (3323), CVRPLIB P-n16-k8 (450, eight vans) and P-n20-k2 (216)."""
    game = GAMES[name]
    places = np.array(game["coordinates"])
    km = np.rint(np.linalg.norm(places[:, None] - places, axis=2)) if "demand" in game else geographical(places)
    crates = [int(crates) for crates in game.get("demand", [1] * len(places))]
    sites = tuple(farm(str(i), i, crates[i]) for i in range(1, len(places)))
    oracle = RoutingOracle(Problem(Matrix(km, 0 * km), sites, (van(room=game.get("capacity", 100)),)))
    assert oracle.of(frozenset(range(len(sites)))) == game["published"]["grand_cost"]


def direct(places):
    """A matrix of straight lines, a km taking a minute."""
    km = np.linalg.norm(np.array(places, float)[:, None] - np.array(places, float), axis=2)
    return Matrix(km, km)


def farm(key, at, crates=1, **more):
    return Site(key, at, collect=Load((crates, 0, 0, 0)), **more)


def van(key="van", room=10, **more):
    return Van(key, 0, (room, room, room, room), room, 1000, **({"per_km": 1.0} | more))


LINE = direct([(0, 0), (10, 0), (20, 0), (0, 15)])
THREE = (farm("an", 1), farm("bo", 2), farm("cas", 3))


def test_a_group_pays_the_cheapest_plan_with_as_many_vans_as_it_needs():
    oracle = RoutingOracle(Problem(LINE, THREE, (van(fixed=5.0),)))
    # Along the line An is on the way to Bo; Cas is the other way, so one van more or 5 less of hiring.
    assert oracle.table().tolist() == pytest.approx([0, 25, 45, 45, 35, 5 + 10 + 325**0.5 + 15, 5 + 60, 5 + 60])
    assert oracle.of(frozenset([0, 1])) == pytest.approx(45)


def test_every_rate_of_a_van_counts():
    rates = van(per_km=0.5, per_hour=60.0, per_stop=2.0, fixed=7.0)
    problem = Problem(LINE, (farm("an", 1, service=4), farm("bo", 2, service=6)), (rates,))
    # 20 or 40 km there and back, as many minutes at 1 euro, and 4 or 6 minutes of calling.
    assert RoutingOracle(problem).table().tolist() == pytest.approx(
        [0, 7 + 10 + 20 + 4 + 2, 7 + 20 + 40 + 6 + 2, 7 + 20 + 40 + 10 + 4]
    )


def test_a_van_that_another_is_as_good_as_is_not_looked_at():
    """Each worse van differs from the plain one in one thing; each other one is better in something and stays."""
    problem = region(8, 1)
    plain = replace(problem.vans[0], fixed=5.0, available_from=60, available_to=1300, longest=600, pause=30)
    worse = [
        {"fixed": 5.01}, {"per_km": 0.36}, {"per_hour": 22.01}, {"per_stop": 0.1}, {"pause": 31}, {"kg": 8999},
        {"available_from": 61}, {"available_to": 1299}, {"longest": 599}, {"total_crates": 39}, {"capacity": (40, 40, 39, 40)},
    ]  # fmt: skip
    other = [
        replace(plain, ends_at=1), replace(plain, fixed=9.0, kg=9001), replace(plain, per_km=0.5, skills=frozenset({"cold"})),
        replace(plain, fixed=9.0, longest=700), replace(plain, fixed=9.0, available_from=0), replace(plain, per_km=0.3, per_hour=30.0),
    ]  # fmt: skip
    for change in worse:
        bad = replace(plain, key="bad", **change)
        assert len(RoutingOracle(replace(problem, vans=(bad, plain))).kinds) == 1, change
        assert len(RoutingOracle(replace(problem, vans=(bad,))).kinds) == 1
    other = [replace(good, key=f"good {i}") for i, good in enumerate(other)]
    for good in other:
        assert len(RoutingOracle(replace(problem, vans=(good, plain))).kinds) == 2, good
    useful = (plain, *other)
    every = (*(replace(plain, key=f"bad {i}", **change) for i, change in enumerate(worse)), *useful)
    few, many = (RoutingOracle(replace(problem, vans=vans)) for vans in (useful, every))
    assert len(few.kinds) == len(many.kinds) < len(every)
    assert (
        np.array_equal(few.table(), many.table())
        and few.table()[-1] < RoutingOracle(replace(problem, vans=(plain,))).table()[-1]
    )


def test_a_van_that_ends_elsewhere_drives_to_there():
    problem = Problem(LINE, THREE[:1], (van(ends_at=2),))
    assert RoutingOracle(problem).table().tolist() == pytest.approx([0, 20])


def test_goods_that_fit_no_van_and_needs_that_no_van_meets_are_said():
    with pytest.raises(ValueError, match="the goods of an fit in no van"):
        RoutingOracle(Problem(LINE, (farm("an", 1, needs=frozenset(["tail lift"])),), (van(),))).table()
    lifting = RoutingOracle(
        Problem(
            LINE,
            (farm("an", 1, needs=frozenset(["lift"])), farm("bo", 2)),
            (van(), van("b", per_km=2.0, skills=frozenset(["lift"]))),
        )
    )
    # Bo alone takes the cheap van; An needs the dear one, and both together are dearer in it than apart.
    assert lifting.table().tolist() == pytest.approx([0, 40, 40, 80])
    with pytest.raises(ValueError, match="each a game of their own"):
        RoutingOracle(Problem(LINE, THREE[:1], (van(),), pairs=(Pair("p", 1, 2),)))


def test_more_than_a_van_holds_goes_in_full_loads():
    oracle = RoutingOracle(Problem(LINE, (farm("an", 1, crates=25),), (van(room=10),)))
    assert oracle.alone.tolist() == [60.0]


def test_hours_make_a_group_dearer_and_a_pause_is_paid():
    late = (farm("an", 1, opens=100), farm("bo", 2, closes=25))
    hourly = RoutingOracle(Problem(LINE, late, (van(per_hour=60.0),)))
    # Bo first (from 0 to 20), then An at 30 who opens at 100: 70 minutes of waiting; apart costs 40 and 80.
    assert hourly.table().tolist() == pytest.approx([0, 40, 80, 120])
    resting = RoutingOracle(Problem(direct([(0, 0), (200, 0)]), (farm("an", 1),), (van(per_hour=60.0, pause=45),)))
    assert resting.table().tolist() == pytest.approx([0, 400 + 445])
    short = Problem(LINE, THREE[:2], (van(longest=50),))
    assert RoutingOracle(short).table().tolist() == pytest.approx([0, 20, 40, 40])
    with pytest.raises(ValueError, match="at any hour"):
        RoutingOracle(Problem(LINE, THREE[:2], (van(longest=30),))).table()


def test_costs_are_certain_where_hours_change_nothing():
    free = Problem(LINE, THREE, (van(available_from=6 * 60, available_to=20 * 60, longest=600),))
    assert allocate(Game(("an", "bo", "cas"), RoutingOracle(free), 70.0)).proven
    tight = Problem(LINE, (farm("an", 1, opens=100), *THREE[1:]), (van(per_hour=10.0, available_to=130),))
    bill = allocate(Game(("an", "bo", "cas"), RoutingOracle(tight), 70.0))
    assert not bill.proven
    assert "not proven" in " ".join(verify(Game(("an", "bo", "cas"), RoutingOracle(tight), 70.0), bill).notes)


def test_direct_legs_are_a_game_of_pairs():
    pairs = (Pair("an", 1, 2, load=Load((3, 0, 0, 0))), Pair("bo", 2, 1, load=Load((4, 0, 0, 0))))
    oracle = RoutingOracle(Problem(LINE, (), (van(),), pairs=pairs))
    # From 1 to 2 and back to the hub: 10 + 10 + 20; both pairs, one after the other: 10 + 10 + 10 + 10.
    assert oracle.table().tolist() == pytest.approx([0, 40, 40, 40])
    assert not allocate(Game(("an", "bo"), oracle, 40.0)).proven


def test_who_has_no_goods_costs_nothing_and_changes_nothing():
    oracle = RoutingOracle(Problem(LINE, (THREE[0], Site("bo", 2), THREE[2]), (van(),)))
    assert oracle.table().tolist() == pytest.approx([0, 20, 0, 20, 30, 10 + 325**0.5 + 15, 30, 10 + 325**0.5 + 15])


@pytest.mark.parametrize("kind", ["plain", "windows"])
def test_a_bill_of_twenty_farms_counts_again(kind):
    problem = region(20, 3, windows=kind == "windows")
    oracle = RoutingOracle(problem)
    game = Game(tuple(site.key for site in problem.sites), oracle, 0.45 * float(oracle.alone.sum()))
    bill = allocate(game)
    assert bill.proven == (kind == "plain")
    assert bill.max_violation_cents <= 1
    assert verify(game, bill).flaws == ()
    order = np.random.default_rng(0).permutation(20)
    listed = RoutingOracle(Problem(problem.matrix, tuple(problem.sites[i] for i in order), problem.vans))
    again = allocate(Game(tuple(problem.sites[i].key for i in order), listed, game.grand_cost))
    assert again.cents == bill.cents and again.inputs_hash == bill.inputs_hash


def test_a_hidden_violation_among_twenty_farms_is_found_by_other_means():
    problem = region(20, 3)
    oracle = RoutingOracle(problem)
    game = Game(tuple(site.key for site in problem.sites), oracle, 0.45 * float(oracle.alone.sum()))
    bill = allocate(game)
    assert bill.proven
    # Five euro more for a farm that a group holds and less for one outside it, everywhere it is written.
    group = bill.binding[0].group
    held = min(group, key=lambda player: bill.saving[player] * -oracle.alone[game.players.index(player)])
    other = max((player for player in game.players if player not in group), key=lambda player: bill.shares[player])
    alone = dict(zip(game.players, oracle.alone, strict=True))
    moved = {held: 5.0, other: -5.0}
    shares = bill.shares | {player: bill.shares[player] + euro for player, euro in moved.items()}
    saving = bill.saving | {player: 1 - shares[player] / alone[player] for player in moved}
    spread = 100 * (max(saving.values()) - min(saving.values()))
    cents = bill.cents | {player: bill.cents[player] + round(100 * euro) for player, euro in moved.items()}
    wrong = replace(bill, shares=shares, saving=saving, spread=spread, cents=cents, binding=())
    flaws = verify(game, wrong).flaws
    assert len(flaws) == 1 and "cents above its limit, not" in flaws[0]
    report = verify(game, allocate(game, "stand_alone", tau=0.0))
    assert report.flaws == () and report.gain_cents > 100 and not report.proven


@pytest.mark.parametrize("windows", [False, True])
def test_a_group_that_holds_a_bill_names_the_tour_it_would_drive(windows):
    problem = region(20, 3, windows=windows)
    oracle = RoutingOracle(problem)
    game = Game(tuple(site.key for site in problem.sites), oracle, 0.45 * float(oracle.alone.sum()))
    bill = allocate(game)
    assert bill.binding
    for held in bill.binding:
        assert tuple(sorted(held.tour)) == held.group
        assert round(100 * oracle.along([game.players.index(player) for player in held.tour])) == held.cost_cents
    held = bill.binding[0]
    crossed = replace(held, tour=tuple(reversed(bill.binding[-1].tour)))
    assert verify(game, replace(bill, binding=(crossed,))).flaws == ()
    cheaper = replace(held, cost_cents=held.cost_cents - 100)
    sentence = f"the group {', '.join(held.group)} cannot drive for {held.cost_cents - 100} cents"
    assert sentence in verify(game, replace(bill, binding=(cheaper,))).flaws


def test_no_van_drives_a_tour_that_is_too_much_for_it_or_too_late():
    oracle = RoutingOracle(region(20, 3, windows=True))
    assert oracle.along(range(20)) == float("inf")


def test_shapley_of_twenty_farms_is_an_estimate_that_says_so(monkeypatch):
    monkeypatch.setattr(sampling, "GROUPS", 400)
    problem = region(20, 5)
    oracle = RoutingOracle(problem)
    game = Game(tuple(site.key for site in problem.sites), oracle, 0.5 * float(oracle.alone.sum()))
    bill = allocate(game, "shapley")
    assert not bill.exact and not bill.proven
    assert sum(bill.shares.values()) == pytest.approx(game.grand_cost)
    assert 0 < max(bill.standard_error.values()) < 5.0
    assert allocate(game, "shapley").cents == bill.cents
    report = verify(game, bill)
    assert report.flaws == () and "an estimate, with a standard error" in " ".join(report.notes)


@pytest.mark.parametrize("method", ["nucleolus", "per_capita_nucleolus"])
def test_the_nucleolus_of_twenty_farms_follows_from_the_groups_found(method):
    problem = region(20, 5)
    game = Game(tuple(site.key for site in problem.sites), RoutingOracle(problem), 250.0)
    bill = allocate(game, method)
    assert not bill.exact and sum(bill.shares.values()) == pytest.approx(250.0)
    report = verify(game, bill)
    assert report.flaws == () and "follow from the groups found" in " ".join(report.notes)


def test_the_nucleolus_of_all_groups_is_the_nucleolus():
    oracle = RoutingOracle(region(6, 1))
    table = oracle.table()
    groups = [[i for i in range(6) if mask >> i & 1] for mask in range(1, 63)]
    for per_capita in (False, True):
        of_groups = nucleolus_of_groups(groups, table[1:63], oracle.alone, float(table[-1]), per_capita=per_capita)
        assert of_groups == pytest.approx(nucleolus(table, float(table[-1]), per_capita=per_capita), abs=1e-6)


def test_the_estimate_of_shapley_is_near_the_value_itself():
    oracle = RoutingOracle(region(10, 2))
    table = oracle.table()
    estimate, error = estimated_shapley(oracle.of, 10, float(table[-1]), 0)
    assert np.abs(estimate - shapley(table)).max() < max(1.0, 4 * error.max())


def test_rough_costs_are_of_tours_that_exist():
    oracle = RoutingOracle(region(12, 4))
    for seed in range(30):
        group = frozenset(np.random.default_rng(seed).choice(12, 7, replace=False).tolist())
        assert oracle.of(group) - 1e-6 <= oracle.roughly(group) <= oracle.alone[sorted(group)].sum() + 1e-6


def test_more_farms_than_are_searched_together_are_searched_by_neighbourhood(monkeypatch):
    """As three thousand would be, which are a network each 120."""
    monkeypatch.setattr(routing, "SEARCHED_WHOLE", 20)
    problem = region(30, 6)
    oracle = RoutingOracle(problem)
    game = Game(tuple(site.key for site in problem.sites), oracle, 0.45 * float(oracle.alone.sum()))
    bill = allocate(game)
    assert not bill.proven and bill.binding
    report = verify(game, bill)
    assert report.flaws == () and "not proven" in " ".join(report.notes)
