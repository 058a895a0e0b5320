"""A change of the plan on the coordinator's desk: a demo day of one network, as the domain function and as a page."""

import time
from datetime import timedelta
from typing import Any

from django.test import Client
from django.urls import reverse

from logistics import drafts, edits, rounds, versions
from logistics.demo import build, weeks
from network import clock
from network.models import DeliveryDay, Network, Person
from tests.benchmarks.measure import say, spread


def test_moving_a_stop_of_the_demo_week(transactional_db: None) -> None:
    build.build(2026)
    network = Network.objects.get(slug="gent")
    week_on = clock.monday_of(clock.today())
    with clock.at(clock.moment(week_on - timedelta(days=1), clock.datetime.max.time().replace(microsecond=0))):
        weeks._let_order(network, week_on, 2026)
    day = DeliveryDay.objects.filter(cycle__network=network, cycle__week_on=week_on).order_by("on").first()
    assert day
    from orders import closing

    closing.close_day(day=day)
    rounds.plan_rounds(day=day, iterations=200)
    dana = Person.objects.filter(network_roles__network=network, network_roles__role="coordinator").first()
    assert dana
    versions.publish(day=day, by=dana, accept_flaws=True)
    draft = drafts.load(day)
    say(
        "A demo day",
        f"{len(draft.trips)} rounds, {len(draft.stops)} stops, {day.crates.count()} crates",
    )
    busy = max(draft.trips, key=lambda trip: len(trip.visits))
    stop = busy.visits[0].stop.pk
    moving: list[float] = []
    for number in range(40):
        version = versions.latest(day)
        assert version
        started = time.perf_counter()
        edits.move_stop(
            day=day, version=version.number, by=dana, stop=stop, position=len(busy.visits) if number % 2 == 0 else 1
        )
        moving.append(time.perf_counter() - started)
    say("Moving a stop and timing its round anew", spread(moving))
    undoing: list[float] = []
    for _ in range(10):
        version = versions.latest(day)
        assert version
        started = time.perf_counter()
        edits.undo(day=day, version=version.number, by=dana)
        undoing.append(time.perf_counter() - started)
    say("Undo", spread(undoing))
    client: Any = Client()
    client.force_login(dana)
    whole: list[float] = []
    here: list[float] = []
    for number in range(12):
        version = versions.latest(day)
        assert version
        values = {"version": version.number, "do": f"{'down' if number % 2 == 0 else 'up'} {stop}"}
        started, began = time.perf_counter(), time.process_time()
        answer = client.post(reverse("logistics:edit", args=[day.pk]), values, headers={"HX-Request": "true"})
        whole.append(time.perf_counter() - started)
        here.append(time.process_time() - began)
        assert answer.status_code == 200
    say(
        "The same as a request, with the plan drawn anew",
        spread(whole),
        f"of the processor here {spread(here)}",
        f"{len(answer.content) / 1024:.0f} KB",
    )
