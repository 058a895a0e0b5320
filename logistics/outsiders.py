"""
What an outsider asked and let us keep (`docs/what-if.md`): kept for KEPT days with her consent and no longer, made exact by a job,
and mailed to her once. Forgotten at once when she says so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from django.db import transaction

from logistics import lived, terms, whatif
from logistics.alone import Rates, standard_van
from logistics.estimating import Estimate, Wish
from logistics.models import WhatIf
from logistics.whatif import NEW, Heard
from network import clock, outbox
from network.models import DeliveryDay, Network

KEPT = timedelta(days=30)


@transaction.atomic
def keep(
    *,
    network: Network,
    wish: Wish,
    where: str,
    estimates: Sequence[Estimate],
    names: Mapping[str, str],
    email: str,
    language: str,
) -> WhatIf:
    """Keep what she asked, with her consent, and have the exact figure computed. `names` are those of destinations, by key."""
    kept = WhatIf.objects.create(
        network=network,
        email=email,
        expires_on=clock.today() + KEPT,
        inputs={
            "point": list(wish.point),
            "crates": dict(wish.crates),
            "to": list(wish.to),
            "where": where,
            "names": {key: names[key] for key in wish.to if key in names},
            "language": language,
        },
        estimate={"days": [asdict(one) for one in estimates]},
    )
    outbox.add(kind="what_if", key=f"what_if:{kept.pk}", what_if=kept.pk)
    return kept


def forget(*, what_if: WhatIf) -> None:
    """She does not want it kept any longer."""
    WhatIf.objects.filter(pk=what_if.pk).delete()


def forget_expired() -> int:
    """Delete those whose time has passed; how many."""
    return WhatIf.objects.filter(expires_on__lt=clock.today()).delete()[0]


def compute(*, what_if: WhatIf, heard: Heard = lambda: None) -> bool:
    """
    The exact figure of a claimed one, on the last settled day of each weekday of her estimate; she is then mailed. False when
    it was computed or forgotten meanwhile.
    """
    wish = Wish(
        tuple(what_if.inputs["point"]),  # type: ignore[arg-type]
        what_if.inputs["crates"],
        tuple(what_if.inputs["to"]),
    )
    estimates = [Estimate(**one) for one in what_if.estimate["days"]]
    days = [exact_on(day, wish, heard) for one in estimates if (day := _day(what_if.network, one))]
    found = {"days": [one for one in days if one]}
    with transaction.atomic():
        done = WhatIf.objects.kept().finish(what_if.pk, exact=found)
        if done:
            outbox.add(kind="what_if_ready", key=f"what_if_ready:{what_if.pk}", what_if=what_if.pk)
    return done


def _day(network: Network, estimate: Estimate) -> DeliveryDay | None:
    return DeliveryDay.objects.filter(
        cycle__network=network, on=date.fromisoformat(estimate.days[0]), status=DeliveryDay.Status.SETTLED
    ).first()


def exact_on(day: DeliveryDay, wish: Wish, heard: Heard = lambda: None) -> dict[str, Any] | None:
    """
    A day planned and shared without and with her, in cents: what she pays alone and together, what is gained in all, by the
    other farms and by a smaller launch gap, and the noise of the search. `left_out`: no round had room for her. None when it goes nowhere she goes.
    """
    was = whatif.known(day)
    would_be = whatif.with_farm(was, name="", point=wish.point, crates=wish.crates, to=wish.to)
    if NEW not in would_be.farms:
        return None
    before, after = whatif.outcome(was, heard), whatif.outcome(would_be, heard)
    hers = after.shared.bills[NEW]
    others = sum(before.paid().values()) - sum(paid for pk, paid in after.paid().items() if pk != NEW)
    gap = before.shared.launch_gap - after.shared.launch_gap
    together = hers.share + hers.own
    reached = {lived.key_of(one) for one in would_be.deliveries.values()}
    return {
        "on": day.on.isoformat(),
        "alone": hers.alone,
        "together": together,
        "gain": hers.alone - together + others + gap,
        "others": others,
        "gap": gap,
        "noise": max(before.noise, after.noise),
        "left_out": after.left_out > before.left_out,
        "missed": sorted(set(wish.to) - reached),
    }


def best_of(days: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """The day to join, by the rule of the estimate."""
    return min(
        (one for one in days if not one["left_out"]),
        key=lambda one: (len(one["missed"]), one["gain"] <= 0, one["together"], one["on"]),
        default=None,
    )


def van_of(network: Network) -> Rates:
    """What driving alone is priced at in this network, this week."""
    return standard_van(terms.of(network, clock.monday_of(clock.today())))
