"""The methods against published games, a second opinion, all rows at once, and what each of them promises."""

import ast
import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import coopgame
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logistics.cost_sharing import METHODS, AdditiveOracle, Game, TableOracle, allocate, frontier, verify, verifying
from logistics.cost_sharing.programmes import INFINITE, Programme

GAMES = {game["name"]: game for game in json.loads(Path(__file__).with_name("cost_games.json").read_text())}
"""Published games, each with its source; tables by bitmask."""
PRINTED = [
    ("talmud_bankruptcy_E100", "nucleolus", 1e-6),
    ("talmud_bankruptcy_E300", "nucleolus", 1e-6),
    ("mattugames_bankruptcy_6", "shapley", 5e-5),
    ("mattugames_bankruptcy_6", "nucleolus", 1e-6),
    ("ferguson_3p", "nucleolus", 1e-6),
    ("coopgame_r_4p", "nucleolus", 1e-6),
    ("ibn_ezra_inheritance", "shapley", 1e-6),
    ("airport_runways_3", "shapley", 1e-6),
    ("epm_three_companies", "epm", 5e-5),
]
GROUP_METHODS = ("shapley", "nucleolus", "per_capita_nucleolus")


def published(name):
    game = GAMES[name]
    table = game.get("values") or game["costs"]
    oracle = TableOracle.from_values(table) if "values" in game else TableOracle(table)
    return Game(tuple("123456"[: len(table).bit_length() - 1]), oracle, table[-1])


def game_of(costs, grand=None, **more):
    n = len(costs).bit_length() - 1
    return Game(tuple("abcdefgh"[:n]), TableOracle(costs), costs[-1] if grand is None else grand, **more)


@st.composite
def costs(draw, most=5):
    """Whole cents; never dearer together than in parts, never cheaper with one more: as when vans are hired."""
    n = draw(st.integers(1, most))
    table = [0] + draw(st.lists(st.integers(0, 10_000), min_size=2**n - 1, max_size=2**n - 1))
    for mask in range(2**n - 1, 0, -1):
        for bit in range(n):
            if mask >> bit & 1:
                table[mask ^ 1 << bit] = min(table[mask ^ 1 << bit], table[mask])
    for mask in range(1, 2**n):
        part = (mask - 1) & mask
        while part:
            table[mask] = min(table[mask], table[part] + table[mask ^ part])
            part = (part - 1) & mask
    return [cost / 100 for cost in table]


@pytest.mark.parametrize(("name", "method", "rounding"), PRINTED)
def test_published_solutions_within_their_printed_rounding(name, method, rounding):
    shares = list(allocate(published(name), method).shares.values())
    assert shares == pytest.approx(GAMES[name]["published"][method], abs=rounding)


def test_two_games_whose_source_prints_no_solution_have_the_one_on_which_others_agree():
    lemaire = published("lemaire_1991")
    assert list(allocate(lemaire, "shapley").cents.values()) == [5_175_000, 2_587_500, 1_237_500]
    assert list(allocate(lemaire, "nucleolus").cents.values()) == [5_268_750, 2_446_875, 1_284_375]


def test_the_landing_fees_of_birmingham_airport():
    """
    The printed fees of 13,572 movements follow from Shapley's value of such games: each step in cost is shared equally by
    all movements that need it. So does ours, of as many movements as have a table.
    """
    game = GAMES["birmingham_airport_1968_69"]
    steps = np.diff([0, *game["cost_per_type"]])

    def fees(movements):
        needing = np.cumsum(movements[::-1])[::-1]
        return np.cumsum(steps / needing)

    printed = game["published"]["shapley_fee_per_movement"]
    assert fees(game["movements"]) == pytest.approx(printed, abs=0.005)
    few = [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1]
    types = np.repeat(np.arange(11), few)
    costs = np.zeros(1)
    for kind in types:
        costs = np.concatenate([costs, np.maximum(costs, game["cost_per_type"][kind])])
    bill = allocate(Game(tuple("abcdefghijkl"), TableOracle(costs), float(costs[-1])), "shapley")
    assert list(bill.shares.values()) == pytest.approx(fees(few)[types], abs=1e-6)


def test_a_second_opinion_on_random_games():
    draw = np.random.default_rng(4)
    opinions = {"nucleolus": coopgame.nucleolus, "per_capita_nucleolus": coopgame.per_capita_nucleolus}
    for _game in range(60):
        n = int(draw.integers(2, 8))
        values = np.concatenate([[0.0], draw.integers(-20, 100, 2**n - 1)])
        values[-1] = max(values[-1], values[1 << np.arange(n)].sum())
        theirs = coopgame.Game(list(values[1:]))
        game = Game(tuple("abcdefgh"[:n]), TableOracle.from_values(values), float(values[-1]))
        for method, opinion in opinions.items():
            shares = list(allocate(game, method).shares.values())
            assert shares == pytest.approx(opinion(theirs)["allocation"], abs=1e-5)
        assert list(allocate(game, "shapley").shares.values()) == pytest.approx(coopgame.shapley(theirs), abs=1e-9)


def all_rows_at_once(table, alone, total, tau):
    """The smallest eps and, at max(tau, eps), the smallest spread in points, with every group in the programme."""
    n = len(alone)
    groups = [[i for i in range(n) if mask >> i & 1] for mask in range(len(table))]
    proper = [mask for mask, group in enumerate(groups) if 1 < len(group) < n]
    least = Programme(np.array([0.0] * n + [1.0]), np.zeros(n + 1), np.append(alone, INFINITE))
    least.add(range(n), np.ones(n), total, total)
    for mask in proper:
        least.add([*groups[mask], n], [1.0] * len(groups[mask]) + [-table[mask]], -INFINITE, table[mask])
    eps = float(least.solve()[n])
    wide = np.full(2, INFINITE)
    even = Programme(
        np.array([0.0] * n + [-1.0, 1.0]), np.append(np.zeros(n), -wide), np.append(np.asarray(alone, float), wide)
    )
    even.add(range(n), np.ones(n), total, total)
    for i in range(n):
        even.add([i, n], [1 / alone[i], -1.0], 0.0, INFINITE)
        even.add([i, n + 1], [1 / alone[i], -1.0], -INFINITE, 0.0)
    for mask in proper:
        even.add(groups[mask], np.ones(len(groups[mask])), -INFINITE, (1 + max(tau, eps) + 1e-7) * table[mask])
    point = even.solve()
    return eps, 100 * float(point[n + 1] - point[n])


@settings(max_examples=60, deadline=None)
@given(costs(), st.sampled_from([0.0, 0.05, 0.1, 0.5]))
def test_eps_and_spread_are_those_of_the_programme_with_every_group(table, tau):
    game = game_of(table)
    if min(table[1:]) < 1:
        return
    eps, spread = all_rows_at_once(table, game.alone, min(game.grand_cost, game.alone.sum()), tau)
    found = allocate(game, tau=tau)
    assert found.eps_star == pytest.approx(eps, abs=1e-5)
    assert found.spread == pytest.approx(spread, abs=0.05)


@settings(max_examples=60, deadline=None)
@given(costs(), st.sampled_from(METHODS), st.integers(0, 3), st.randoms())
def test_every_method_adds_up_keeps_caps_and_ignores_the_order(table, method, dearer, random):
    n = len(table).bit_length() - 1
    weights = tuple(float(random.randint(0, 9)) for _player in range(n))
    game = game_of(table, grand=table[-1] * (1 + dearer), weights=weights)
    bill = allocate(game, method)
    assert sum(bill.cents.values()) + bill.launch_gap_cents == round(100 * game.grand_cost)
    assert all(0 <= bill.cents[p] <= bill.alone_cents[p] for p in game.players)
    assert verify(game, bill).flaws == ()
    order = list(range(n))
    random.shuffle(order)
    listed = Game(
        tuple(game.players[i] for i in order),
        TableOracle(table).reordered(order),
        game.grand_cost,
        weights=tuple(weights[i] for i in order),
    )
    again = allocate(listed, method)
    assert again.cents == bill.cents
    assert again.inputs_hash == bill.inputs_hash
    assert list(again.cents) == list(listed.players)


@settings(max_examples=40, deadline=None)
@given(costs(most=4), st.sampled_from(["epm", *GROUP_METHODS]))
def test_the_unit_of_money_does_not_matter(table, method):
    euro, dollars = allocate(game_of(table), method), allocate(game_of([3 * cost for cost in table]), method)
    for player, share in euro.shares.items():
        assert dollars.shares[player] == pytest.approx(3 * share, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(costs(most=4), st.sampled_from(["epm", "stand_alone", *GROUP_METHODS]))
def test_identical_players_pay_the_same_within_a_cent(table, method):
    n = len(table).bit_length() - 1
    # The least over all exchanges of the first two makes them alike.
    if n < 2:
        return
    swap = TableOracle(table).reordered([1, 0, *range(2, n)]).costs
    bill = allocate(game_of(list(np.minimum(table, swap))), method)
    assert abs(bill.cents["a"] - bill.cents["b"]) <= 1


@settings(max_examples=40, deadline=None)
@given(costs(most=4), st.sampled_from(["shapley", "nucleolus", "epm"]))
def test_a_player_who_only_adds_her_own_cost_pays_just_that(table, method):
    """Shapley and nucleolus always; equal savings when nobody may lose anything by staying (tau 0, a core)."""
    with_her = [*table, *(cost + 12.5 for cost in table)]
    bill = allocate(game_of(with_her), method, tau=0.0)
    if method == "epm" and bill.eps_star > 0:
        return
    assert bill.shares[max(bill.shares)] == pytest.approx(12.5, abs=1e-3)


def test_equal_savings_above_a_threshold_of_zero_promise_nothing_for_a_player_who_only_adds_her_own_cost():
    """Cas saves nobody anything, and yet saves as much as An and Bo: that is what equal savings mean."""
    game = game_of([0, 40, 40, 40, 2, 42, 42, 42])
    assert allocate(game, tau=0.05).shares["c"] < 2.0
    assert allocate(game, "shapley").shares["c"] == pytest.approx(2.0)


@settings(max_examples=60, deadline=None)
@given(costs(), st.sampled_from([0.0, 0.1, 0.3]))
def test_equal_savings_keep_every_group_within_the_threshold(table, tau):
    bill = allocate(game_of(table), tau=tau)
    if bill.eps_star == INFINITE:
        return
    assert bill.tau == max(tau, bill.eps_star)
    shares = list(bill.shares.values())
    for mask in range(1, len(table)):
        group = [i for i in range(len(shares)) if mask >> i & 1]
        if 1 < len(group) < len(shares):
            assert sum(shares[i] for i in group) <= (1 + bill.tau) * table[mask] + 0.001


@settings(max_examples=40, deadline=None)
@given(costs())
def test_the_nucleolus_is_in_the_core_when_there_is_one(table):
    bill = allocate(game_of(table), "nucleolus", tau=0.0)
    if bill.eps_star == 0:
        assert bill.max_violation_cents == 0


@settings(max_examples=40, deadline=None)
@given(costs(most=4))
def test_shapley_is_the_mean_over_all_orders_of_joining(table):
    n = len(table).bit_length() - 1
    added = np.zeros(n)
    orders = list(permutations(range(n)))
    for order in orders:
        group = 0
        for i in order:
            added[i] += table[group | 1 << i] - table[group]
            group |= 1 << i
    assert list(allocate(game_of(table), "shapley").shares.values()) == pytest.approx(added / len(orders), abs=1e-9)


def test_a_larger_threshold_lets_savings_be_more_equal():
    """Bo and Cas live next door to each other and far from An: together they drive for 40, alone for 40 each."""
    game = game_of([0, 30, 40, 55, 40, 55, 40, 60])
    points = frontier(game, [0.0, 0.1, 0.2])
    assert [tau for tau, _spread in points] == [0.0, 0.1, 0.2]
    # At 0 they pay 20 of 40 each and An 20 of 30: two thirds and a half.
    assert [spread for _tau, spread in points] == pytest.approx([100 / 6, 0.0, 0.0], abs=0.001)


@settings(max_examples=40, deadline=None)
@given(costs(), st.lists(st.sampled_from([0.0, 0.02, 0.1, 0.2, 0.5]), max_size=3))
def test_the_frontier_is_made_of_bills(table, taus):
    game = game_of(table)
    bills = [allocate(game, tau=tau) for tau in taus]
    assert frontier(game, taus) == [(bill.tau, pytest.approx(bill.spread, abs=1e-3)) for bill in bills]


def test_nobody_one_player_and_players_without_goods():
    nobody = allocate(Game((), TableOracle([0.0]), 7.0))
    assert (nobody.cents, nobody.launch_gap_cents) == ({}, 700)
    assert allocate(game_of([0.0, 5.0], grand=3.0)).cents == {"a": 300}
    dearer = game_of([0.0, 5.0], grand=9.0)
    assert (allocate(dearer).cents, allocate(dearer).launch_gap_cents) == ({"a": 500}, 400)
    assert allocate(game_of([0.0, 0.0, 8.0, 8.0])).cents == {"a": 0, "b": 800}
    for method in METHODS:
        assert allocate(game_of([0.0, 0.0, 0.0, 0.0], weights=(0.0, 0.0)), method).cents == {"a": 0, "b": 0}


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: TableOracle([0, 5, float("nan"), 9]), r"the cost of group \[1\] is missing"),
        (lambda: TableOracle([0, 5, -1, 9]), r"the cost of group \[1\] is negative"),
        (lambda: TableOracle([0, 5, 9]), "not 3 costs"),
        (lambda: Game(("a", "a"), TableOracle([0, 5, 6, 9]), 9), "a name of her own"),
        (lambda: Game(("a",), TableOracle([0, 5, 6, 9]), 9), "1 players have 2 groups, not 4"),
        (lambda: game_of([0, 5], grand=-1), "not negative, but is -1"),
        (lambda: game_of([0, 5], caps=(-1.0,)), "the cap of a must be a number"),
        (lambda: allocate(game_of([0, 5]), "fair"), "there is no method 'fair'"),
        (lambda: allocate(game_of([0, 5]), "volume"), "needs the weights"),
        (lambda: allocate(game_of([0, 5]), tau=-0.1), "tau must be a number"),
        (lambda: allocate(published("ferguson_3p"), "epm"), "is for costs"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(make, sentence):
    with pytest.raises(ValueError, match=sentence):
        make()


def test_odd_costs_are_said_and_not_hidden():
    def notes(game):
        return " / ".join(verify(game, allocate(game)).notes)

    assert "becomes cheaper with a" in notes(game_of([0, 5, 9, 7]))
    assert "are cheaper apart than together" in notes(game_of([0, 5, 6, 12], grand=10))
    assert "own vans would be cheaper" in notes(game_of([0, 5, 6, 11], grand=12))
    raised = game_of([0, 10, 10, 11, 10, 11, 11, 20])
    assert "the threshold was raised" in notes(raised)
    # Three times 5.50 is what no two of them would leave for; 3.50 from outside would do it.
    assert allocate(raised).subsidy_cents == 350
    stopped = game_of([0, 30, 40, 55, 40, 55, 40, 60])
    bill = allocate(stopped, tau=0.0, time_limit=0)
    assert bill.stopped and not bill.proven and not bill.exact
    assert sum(bill.cents.values()) == 6000
    assert "stopped by its time limit" in " / ".join(verify(stopped, bill).notes)


THREE = [0, 30, 40, 55, 40, 55, 44, 60]


@pytest.mark.parametrize(
    ("error", "flaw"),
    [
        (lambda bill: replace(bill, cents=bill.cents | {"a": bill.cents["a"] + 1}), "add up to 6001 cents"),
        (lambda bill: replace(bill, cents={"a": 6000, "b": 0, "c": 0}), "a is billed 6000 cents, and may be billed"),
        (lambda bill: replace(bill, cents=bill.cents | {"a": bill.cents["a"] + 5, "b": bill.cents["b"] - 5}), "but her saving"),
        (lambda bill: replace(bill, cents={"a": 6000}), "the players of cents are not"),
        (lambda bill: replace(bill, alone_cents=bill.alone_cents | {"a": 3100}), "a would pay 3000 cents alone"),
        (lambda bill: replace(bill, saving=bill.saving | {"a": 0.9}), "the share of a is"),
        (lambda bill: replace(bill, shares=bill.shares | {"a": 1.0}), "the shares add up to"),
        (lambda bill: replace(bill, spread=bill.spread + 1), "the spread of savings is"),
        (lambda bill: replace(bill, tau=0.3), "the threshold kept is"),
        (lambda bill: replace(bill, launch_gap_cents=500), "the launch gap is"),
        (lambda bill: replace(bill, tau_asked=0.2), "the inputs are not those"),
        (lambda bill: replace(bill, inputs_hash="0" * 64), "the inputs are not those"),
    ],
)  # fmt: skip
def test_planted_errors_are_found(error, flaw):
    game = game_of(THREE)
    bill = allocate(game, tau=0.0)
    assert verify(game, bill).flaws == ()
    assert any(flaw in found for found in verify(game, error(bill)).flaws), verify(game, error(bill)).flaws


def test_a_bill_passed_off_as_another_method_is_found():
    game = game_of([0, 30, 40, 55, 40, 55, 44, 70])
    for method, word in (
        ("shapley", "by shapley"),
        ("nucleolus", "not the nucleolus"),
        ("stand_alone", "by stand_alone"),
    ):
        true = allocate(game, method)
        other = allocate(game, "nucleolus" if method == "shapley" else "shapley")
        false = replace(other, method=method, inputs_hash=true.inputs_hash)
        assert any(word in flaw for flaw in verify(game, false).flaws)


def test_a_violation_that_is_hidden_is_found_with_the_group_that_gains():
    game = game_of(THREE)
    bill = allocate(game, "stand_alone", tau=0.0)
    report = verify(game, bill)
    assert report.leaver == ("a", "b") or report.gain_cents > 0 or bill.max_violation_cents == 0
    hidden = replace(bill, max_violation_cents=0)
    assert verify(game, hidden).right == (bill.max_violation_cents <= 1)


def test_three_thousand_players():
    draw = np.random.default_rng(0)
    alone = draw.integers(500, 20_000, 3000) / 100
    players = tuple(f"farm {i:04}" for i in range(3000))
    bill = allocate(Game(players, AdditiveOracle(list(alone)), 60_000.0))
    assert sum(bill.cents.values()) == 6_000_000
    assert bill.spread == pytest.approx(0.0, abs=1e-6) and bill.proven
    for method in GROUP_METHODS:
        with pytest.raises(ValueError, match="of 240 players at most, not 3000"):
            allocate(Game(players, AdditiveOracle(list(alone)), 60_000.0), method)


def test_the_fingerprint_is_of_numbers_and_not_of_their_kind():
    plain, other = game_of(THREE, caps=(30.0, 40.0, 40.0)), game_of(THREE, caps=tuple(np.array([30.0, 40.0, 40.0])))
    assert allocate(plain).inputs_hash == allocate(other).inputs_hash
    assert allocate(plain).inputs_hash != allocate(game_of(THREE, caps=(30.0, 40.0, 39.0))).inputs_hash


def test_random_tables_of_any_shape_have_an_answer_that_counts():
    """Neither growing nor subadditive: once the quadratic programme gave up on these, or never came back."""
    draw = np.random.default_rng(1)
    for _game in range(120):
        n = int(draw.integers(2, 7))
        table = draw.integers(0, 100, 2**n).astype(float)
        table[0] = 0.0
        caps = tuple(draw.integers(0, 100, n).astype(float)) if draw.random() < 0.3 else None
        game = game_of(table, grand=float(table[-1]), caps=caps)
        for method in ("epm", *GROUP_METHODS):
            bill = allocate(game, method, time_limit=20)
            assert not bill.stopped
            assert verify(game, bill).flaws == ()


def test_who_counts_again_knows_nothing_of_how_it_was_counted():
    tree = ast.parse(Path(verifying.__file__).read_text())
    names = {
        name.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and "cost_sharing" in node.module
        for name in node.names
    }
    assert names == {"Allocation", "Binding", "Floats", "Game", "hash_of"}
