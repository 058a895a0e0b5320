"""
Planning as a job: it takes seconds, so the page asks for it, watches its progress, and may be closed meanwhile.

One job per delivery day, which is one network on one day, so that workers plan side by side. What a job says of itself is
in the cache; what it found is stored at once at its end, so that one that is killed leaves nothing.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery import shared_task
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.db.models import Max
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_noop, override

from logistics import assembly, bill_jobs, consequences, outsiders, rounds, scenarios, terms, versions, whatif
from logistics.models import BillJob, Proposal, Scenario, WhatIf
from logistics.models.outlook import Works
from logistics.waves import Cancelled, Watch
from network import clock
from network.errors import Refused
from network.models import DeliveryDay, Network, Person

STEPS = {
    "waiting": gettext_noop("Waiting for the planner"),
    "loading": gettext_noop("Packing orders into crates"),
    "comparing": gettext_noop("Comparing what may go straight from farm to customer"),
    "collection": gettext_noop("Planning the collection at the farms"),
    "distribution": gettext_noop("Planning the distribution from the hub"),
    "straight": gettext_noop("Planning what goes straight from farm to customer"),
    "storing": gettext_noop("Checking and keeping the plan"),
}
PATIENCE = 300
"""Seconds after which a job that says nothing counts as lost and may be asked for again."""
ITERATIONS, SECONDS = 3_000, 60
"""How far each search of a day goes, and what all may take together; then the best so far is kept."""
THOROUGH_ITERATIONS, THOROUGH_SECONDS = 60_000, 300
"""The same for a coordinator who has the patience."""
PLANNING = 0x706C616E
"""The first key of the locks that planners hold, each on its day."""


def _key(day: int) -> str:
    return f"planning-{day}"


def _wish(day: int) -> str:
    return f"planning-{day}-wish"


def ask_for_plan(day: DeliveryDay, by: Person | None = None, *, version: int = 0, thorough: bool = False) -> bool:
    """
    Start planning a day, for a minute at most or for five (`thorough`), unless that is being done; False then. `version`
    is the plan that may be replaced (0: none yet).
    """
    if not cache.add(_key(day.pk), {"step": "waiting"}, PATIENCE):
        if "failed" not in progress_of(day):
            return False
        cache.set(_key(day.pk), {"step": "waiting"}, PATIENCE)
    cache.delete(_wish(day.pk))
    try:
        plan_day.delay(day.pk, by.pk if by else None, thorough, version)
    except plan_day.OperationalError:
        cache.delete(_key(day.pk))
        raise
    return True


def progress_of(day: DeliveryDay) -> dict[str, Any]:
    """
    Nothing; `{"step": key of STEPS, "percent": of the step, "cost": euro of the best plan so far or None}` while it runs
    (and `"wish"` once somebody asked to end it); or `{"failed": what went wrong}`.
    """
    state = cache.get_many([_key(day.pk), _wish(day.pk)])
    found = state.get(_key(day.pk)) or {}
    return found | {"wish": state[_wish(day.pk)]} if "step" in found and _wish(day.pk) in state else found


def end_planning(day: DeliveryDay, *, keep: bool) -> bool:
    """
    Ask the planner to end: with the best plan so far (`keep`), or leaving everything as it was. It does so within a
    second; a job that still waits for a worker when it is cancelled never begins. False when nothing is being planned.
    """
    if "step" not in progress_of(day):
        return False
    cache.set(_wish(day.pk), "keep" if keep else "cancel", PATIENCE)
    return True


def forget(day: DeliveryDay) -> None:
    """What was last said about planning a day is no longer of interest."""
    cache.delete_many([_key(day.pk), _wish(day.pk)])


@shared_task
def plan_all_due() -> int:
    """A job for every closed day still to come that has no plan, in all networks; how many were started."""
    due = (
        DeliveryDay.objects.filter(status=DeliveryDay.Status.CLOSED, on__gte=clock.today())
        .annotate(version=Coalesce(Max("plan_versions__number"), 0))
        .order_by("closes_at", "pk")
    )
    return sum(ask_for_plan(day, version=day.version) for day in due if "failed" not in progress_of(day))


@shared_task
def plan_day(day_pk: int, by_pk: int | None = None, thorough: bool = False, version: int = 0) -> None:
    """
    Plan a day, unless another worker is at it, or its plan is not `version` any more: a job that is handed out twice, or
    late, replaces nothing that was made since. Refusals and failures are told to the page.
    """
    day = DeliveryDay.objects.select_related("cycle__network").get(pk=day_pk)
    by = Person.objects.filter(pk=by_pk).first() if by_pk else None

    def tell(step: str, percent: int, euro: float | None) -> None:
        cost = None if euro is None else round(euro, 2)
        cache.set(_key(day_pk), {"step": step, "percent": percent, "cost": cost}, PATIENCE)

    iterations, seconds = (THOROUGH_ITERATIONS, THOROUGH_SECONDS) if thorough else (ITERATIONS, SECONDS)
    watch = Watch(tell, lambda: cache.get(_wish(day_pk)) or "", seconds)
    with override(by.language if by else settings.LANGUAGE_CODE), _alone_at(day_pk) as mine:
        if not mine:
            return
        try:
            versions.still(day, version)
            rounds.plan_rounds(day=day, by=by, iterations=iterations, watch=watch)
        except Cancelled:
            forget(day)
        except Refused as refused:
            if progress_of(day):  # else nobody waits for it any more
                cache.set(_key(day_pk), {"failed": refused.message}, PATIENCE)
        except Exception:
            cache.set(_key(day_pk), {"failed": ""}, PATIENCE)
            raise
        else:
            forget(day)


@contextmanager
def _alone_at(day: int) -> Iterator[bool]:
    """
    Whether this is the only planner of a day. The database holds the lock for as long as this worker is connected, so that
    a worker that is killed lets go of it, and a job that is handed out twice runs once.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s, %s)", [PLANNING, day])
        mine = cursor.fetchone()[0]
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s, %s)", [PLANNING, day])


FRONTIER, EFFECTS = "frontier", "effects"
"""What members look at before they vote, computed as a job: of a network, and of a proposal."""


@shared_task
def decide_due() -> None:
    """Every minute: count the votes that have ended, and compute what running ones still lack."""
    running = Proposal.objects.filter(status=Proposal.Status.OPEN).select_related("network", "terms")
    for proposal in running.order_by("closes_at", "pk"):
        if proposal.closes_at <= clock.now():
            assembly.decide(proposal=proposal)
        elif not consequences.effects_of(proposal).is_whole:
            ask_to_compute(EFFECTS, proposal.pk)


def ask_to_compute(what: str, pk: int) -> bool:
    """Start computing the frontier of a network or the effects of a proposal, unless that is being done; False then."""
    if not cache.add(f"{what}-{pk}", {"done": 0, "of": 0}, PATIENCE):
        return False
    try:
        (trace_frontier if what == FRONTIER else assess_proposal).delay(pk)
    except Exception:
        cache.delete(f"{what}-{pk}")
        raise
    return True


def computed_so_far(what: str, pk: int) -> dict[str, Any]:
    """Nothing; `{"done": days, "of": days}` while it runs (0 of 0 while it waits for a worker); or `{"failed": True}`."""
    found: dict[str, Any] = cache.get(f"{what}-{pk}") or {}
    return found


def begin_frontier(network: int) -> None:
    """From the outbox: a week is settled, so the frontier moves on. A job that runs already may not know of that week."""
    trace_frontier.delay(network)


@shared_task
def trace_frontier(network_pk: int) -> None:
    """Compute what the frontier of a network lacks. Killed half-way, the next job goes on where it stopped."""
    network = Network.objects.get(pk=network_pk)
    present = terms.of(network, clock.monday_of(clock.today()))
    with _telling(FRONTIER, network_pk) as tell:
        consequences.trace(network=network, chosen=present, tell=tell)


@shared_task
def assess_proposal(proposal_pk: int) -> None:
    """Compute what everybody would have paid under a proposal; killed half-way like the frontier."""
    proposal = Proposal.objects.select_related("network", "terms").get(pk=proposal_pk)
    with _telling(EFFECTS, proposal_pk) as tell:
        consequences.assess(proposal=proposal, tell=tell)


@contextmanager
def _telling(what: str, pk: int) -> Iterator[consequences.Tell]:
    """Tells the page how far a job is, and that it failed."""

    def tell(done: int, of: int) -> None:
        cache.set(f"{what}-{pk}", {"done": done, "of": of}, PATIENCE)

    try:
        yield tell
    except Exception:
        cache.set(f"{what}-{pk}", {"failed": True}, PATIENCE)
        raise
    cache.delete(f"{what}-{pk}")


# What if, and bills of many farms

OVERDUE = timedelta(minutes=1)
"""After which what was asked and not begun is begun by the clock."""


def begin_what_if(what_if: int) -> None:
    """From the outbox: a worker computes what an outsider asked."""
    compute_what_if.delay(what_if)


def begin_scenario(scenario: int) -> None:
    """From the outbox: a worker computes what a coordinator or a farmer asked."""
    compute_scenario.delay(scenario)


def begin_bill_job(job: int) -> None:
    """From the outbox: a worker makes the bills of a large day."""
    make_bills.delay(job)


@shared_task
def make_bills(pk: int) -> bool:
    """Settle, share again or check a large day, unless another worker is at it."""
    if not BillJob.objects.claim(pk):
        return False
    job = BillJob.objects.select_related("delivery_day__cycle__network", "by").get(pk=pk)
    with override(job.by.language), _worked_at(BillJob.objects.all(), pk):
        return bill_jobs.compute(job=job, heard=_heard(BillJob.objects.all(), pk, bill_jobs.steps_of(job)))


@shared_task
def compute_what_if(pk: int) -> bool:
    """The exact figure of an outsider's what-if, unless another worker is at it or she wants it no longer."""
    if not WhatIf.objects.kept().claim(pk):
        return False
    asked = WhatIf.objects.select_related("network__hub").get(pk=pk)
    days = len(asked.estimate["days"])
    with override(asked.inputs["language"]), _worked_at(WhatIf.objects.all(), pk):
        return outsiders.compute(what_if=asked, heard=_heard(WhatIf.objects.all(), pk, whatif.steps(2 * days)))


@shared_task
def compute_scenario(pk: int) -> bool:
    """Both sides of a scenario, unless another worker is at it."""
    if not Scenario.objects.claim(pk):
        return False
    asked = Scenario.objects.select_related("delivery_day__cycle__network__hub", "by").get(pk=pk)
    with override(asked.by.language), _worked_at(Scenario.objects.all(), pk):
        return scenarios.compute(scenario=asked, heard=_heard(Scenario.objects.all(), pk, scenarios.steps_of(asked)))


@shared_task
def take_up_what_ifs() -> int:
    """Every minute: begin what was asked and lies about, what-ifs and bills, or whose worker is lost; how many."""
    since = clock.now() - OVERDUE
    left = [(compute_what_if, pk) for pk in WhatIf.objects.kept().left_lying(since).values_list("pk", flat=True)]
    left += [(make_bills, pk) for pk in BillJob.objects.left_lying(since).values_list("pk", flat=True)]
    left += [(compute_scenario, pk) for pk in Scenario.objects.left_lying(since).values_list("pk", flat=True)]
    for task, pk in left:
        task.delay(pk)
    return len(left)


@shared_task
def forget_expired_what_ifs() -> int:
    """Every hour: what outsiders let us keep until yesterday is deleted; how many."""
    return outsiders.forget_expired()


def percent_of(work: WhatIf | Scenario | BillJob) -> int:
    """How far the computing is."""
    return int(cache.get(f"{work._meta.model_name}-{work.pk}-percent") or 0)


def _heard(rows: Works, pk: int, steps: int) -> Callable[[], None]:
    done = 0

    def heard() -> None:
        nonlocal done
        done += 1
        rows.hold(pk)
        cache.set(f"{rows.model._meta.model_name}-{pk}-percent", min(99, 100 * done // max(1, steps)), PATIENCE)

    return heard


@contextmanager
def _worked_at(rows: Works, pk: int) -> Iterator[None]:
    """What fails is said on the row, and to who watches the workers."""
    try:
        yield
    except Exception:
        rows.fail(pk)
        raise
