"""Why this amount: sums that a farmer can redo, in her language, and the group that holds her bill."""

import pytest

from logistics.cost_sharing import METHODS, Game, TableOracle, allocate, explain

NBSP = "\N{NO-BREAK SPACE}"
NAMES = {"an": "An", "bo": "Bo", "cas": "Cas"}


def game(grand=60.0, **more):
    """Bo and Cas live next door to each other: together they drive for 40, as each of them alone."""
    return Game(("an", "bo", "cas"), TableOracle([0, 30, 40, 55, 40, 55, 40, 60]), grand, **more)


def said(bill_of, player, language="nl", method="epm", tau=0.1):
    bill = allocate(bill_of, method, tau=tau)
    explained = explain(bill_of, bill, player, language, names=NAMES)
    return explained, " ".join(explained.sentences).replace(NBSP, " ")


def test_equal_savings_are_a_sum_to_redo():
    explained, text = said(game(), "an")
    assert (explained.reason, explained.cents, explained.wish_cents, explained.saved_cents) == (
        "equal",
        1636,
        1636,
        1364,
    )
    assert explained.overall_saving == pytest.approx(50 / 110)
    assert text == (
        "Alleen rijden zou je € 30,00 kosten. Iedereen samen betaalt € 60,00 in plaats van € 110,00: dat is 45,5 % minder. "
        "Bespaarde iedereen evenveel, dan betaalde je € 30,00 × € 60,00 / € 110,00 = € 16,36. "
        "Dat kan, en dat betaal je: € 16,36. Je houdt € 13,64 over, 45,5 % van wat alleen rijden je zou kosten."
    )


def test_a_group_that_holds_a_bill_is_named_with_its_numbers():
    explained, text = said(game(), "bo", tau=0.05)
    # Bo and Cas together pay 42 at most, 21 each; An carries what they do not.
    assert (explained.reason, explained.cents, explained.difference_cents) == ("held", 2100, -82)
    held = explained.held_by[0]
    assert (held.group, held.cost_cents, held.limit_cents, held.share_cents) == (("bo", "cas"), 4000, 4200, 4200)
    assert (
        "Samen met Cas kan je voor € 40,00 rijden. Een groep betaalt hoogstens 5 % meer dan ze zelf zou kosten: € 42,00"
        in text
    )
    assert "Daarom betaal je € 0,82 minder: € 21,00." in text
    explained, text = said(game(), "an", tau=0.05)
    assert (explained.reason, explained.cents, explained.difference_cents) == ("carries", 1800, 164)
    assert "jij € 1,64. Je betaalt € 18,00." in text


def test_without_a_threshold_a_group_pays_no_more_than_by_itself():
    _explained, text = said(game(), "bo", "en", tau=0.0)
    assert "A group never pays more than it would cost by itself. That is why you pay € 1.82 less: € 20.00." in text


def test_the_three_languages_write_numbers_as_they_do():
    thousand = Game(("an", "bo"), TableOracle([0, 1234.5, 2000, 2500]), 2500.0)
    for language, amount, part in (
        ("nl", "€ 1.234,50", "22,7 %"),
        ("fr", "€ 1 234,50", "22,7 %"),
        ("en", "€ 1,234.50", "22.7%"),
    ):
        _explained, text = said(thousand, "an", language)
        assert amount in text and part in text


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
@pytest.mark.parametrize("method", METHODS)
def test_every_method_has_sentences_in_every_language(method, language):
    of = game(weights=(3.0, 4.5, 5.0))
    for player in of.players:
        explained, text = said(of, player, language, method)
        assert explained.cents == allocate(of, method).cents[player]
        assert len(explained.sentences) >= 4 and "{" not in text


def test_what_is_odd_is_said():
    free = Game(("an", "bo"), TableOracle([0, 0, 40, 40]), 40.0)
    assert said(free, "an")[1] == "Alleen rijden kost je niets, dus je betaalt niets."
    capped, text = said(game(caps=(30.0, 10.0, 40.0)), "bo")
    assert capped.reason == "capped" and "Je betaalt nooit meer dan € 10,00. Je betaalt dus € 10,00." in text
    dear, text = said(game(grand=150.0), "an")
    assert (
        dear.launch_gap_cents == 4000 and "€ 40,00 meer dan iedereen samen hoeft te betalen. Dat is aanloopkost" in text
    )
    raised = Game(("an", "bo", "cas"), TableOracle([0, 10, 10, 11, 10, 11, 11, 20]), 20.0)
    assert "de grens van 10 % niet voor elke groep gelden; ze is 21,2 % geworden" in said(raised, "an")[1]
    assert "gestopt" in " ".join(explain(game(), allocate(game(), tau=0.0, time_limit=0), "an").sentences)
    alone = Game(("an",), TableOracle([0, 20.0]), 15.0)
    assert said(alone, "an")[0].reason == "equal"


def test_who_or_what_is_unknown_is_refused():
    bill = allocate(game())
    with pytest.raises(ValueError, match="'de'"):
        explain(game(), bill, "an", "de")
    with pytest.raises(ValueError, match="'dirk' has no bill"):
        explain(game(), bill, "dirk")
