"""
Making a bill again from what was kept with it, and comparing to the cent (`docs/bills.md`). What is compared is what is in the
tables now: whoever changed an amount, a game or its inputs afterwards is found out.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from logistics import fund, games
from logistics.certificates import hash_of
from logistics.games import Heard, Played, Shared
from logistics.models import CostGame, CostRun
from network.money import cents, from_cents


@dataclass(frozen=True)
class Recomputed:
    """A cost run made again: `differences` are sentences, none when everything is equal."""

    run: CostRun
    games: int
    bills: int
    differences: tuple[str, ...]

    @property
    def equal(self) -> bool:
        return not self.differences


def recompute(run: CostRun, *, time_limit: float = 60.0, heard: Heard = lambda: None) -> Recomputed:
    """Make all games and bills of a run again from its inputs, and compare them and the hashes with what is stored."""
    if "crates" not in run.inputs:
        return Recomputed(run, 0, 0, (_("This day was settled before all that its bills were made from was kept."),))
    stored = {game.kind: game for game in run.games.all()}
    shared = games.share(run.inputs, time_limit=time_limit, heard=heard)
    stopped = any(game.stopped for game in stored.values()) or any(one.allocation.stopped for one in shared.games)
    differences = list(_terms(run))
    differences += _games(stored, {played.kind: played for played in shared.games})
    if not stopped:
        differences += _bills(run, shared)
        if cents(run.launch_gap) != shared.launch_gap:
            differences.append(_differs(_("The launch gap"), cents(run.launch_gap), shared.launch_gap))
    if cents(run.cost) != shared.cost:
        differences.append(_differs(_("The cost"), cents(run.cost), shared.cost))
    return Recomputed(run, len(stored), len(shared.bills), tuple(differences))


def _terms(run: CostRun) -> Iterator[str]:
    agreed = run.inputs["terms"]
    if run.method != agreed["method"] or float(run.tau) != agreed["tau"]:
        yield _("The method or the threshold that is kept is not that of the inputs.")


def _games(stored: dict[str, CostGame], made: dict[str, Played]) -> Iterator[str]:
    """A game that its time limit stopped is compared by its inputs only: a faster computer may get further."""
    for kind in sorted(stored.keys() | made.keys()):
        name = {"game": CostGame.Kind(kind).label}
        if kind not in stored or kind not in made:
            yield _("The game %(game)s is missing, or should not be there.") % name
            continue
        game, again = stored[kind], made[kind]
        if not game.inputs_hash == hash_of(game.inputs) == hash_of(again.inputs):
            yield _("The game %(game)s was not made from the inputs that are kept: their hash differs.") % name
        elif again.allocation.stopped and not game.stopped:
            yield _("The game %(game)s could not be made again in time. Try it when the computer is less busy.") % name
        elif not game.stopped and game.result["cents"] != again.allocation.cents:
            yield _("The game %(game)s gives other shares than those that are kept.") % name


def _bills(run: CostRun, shared: Shared) -> Iterator[str]:
    made, carried = shared.bills, fund.carried_of(shared, fund.rule_of(run))
    stored = {share.producer_id: share for share in run.shares.select_related("producer__organisation")}
    if stored.keys() != made.keys():
        yield _("There are bills for other farms than those that were carried.")
    for pk in sorted(stored.keys() & made.keys()):
        share, bill = stored[pk], made[pk]
        for name, kept, again in (
            (_("alone"), share.alone, bill.alone),
            (_("own trip"), share.own, bill.own),
            (_("distribution"), share.distribution, bill.distribution),
            (_("collection"), share.collection, bill.collection),
            (_("carried by the fund"), share.fund, carried[pk]),
        ):
            if cents(kept) != again:
                yield _differs(f"{share.producer}, {name}", cents(kept), again)


def _differs(what: str, kept: int, made: int) -> str:
    return _("%(what)s: %(kept)s euro is kept, %(made)s euro comes out.") % {
        "what": what,
        "kept": from_cents(kept),
        "made": from_cents(made),
    }
