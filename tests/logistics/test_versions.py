"""Publishing a plan, what drivers see of it, what they are told afterwards, and two versions compared."""

from datetime import time, timedelta
from email import message_from_string
from typing import Any

import pytest
from django.core import mail
from django.urls import reverse

from logistics import comparing, drivers, edits, handover, rounds, versions
from logistics.models import Round, RoundChange, Stop
from network import calendars, clock, outbox
from network.errors import Refused
from network.models import DeliveryDay, JournalEntry, NetworkRole, OutboxEntry
from tests.conftest import make_person
from tests.logistics.conftest import make_vehicle, plan_in_order


@pytest.fixture
def planned(closed_day: DeliveryDay, vehicle: Any, gust: Any) -> DeliveryDay:
    return plan_in_order(closed_day, "Melkerij Bea", "Hoeve Alice", "Punt a1", "Punt b2")


@pytest.fixture
def published(planned: DeliveryDay, dana: Any) -> DeliveryDay:
    versions.publish(day=planned, by=dana)
    return planned


@pytest.fixture
def hilde(network: Any) -> Any:
    person = make_person("hilde", language="fr")
    NetworkRole.objects.create(network=network, person=person, role="driver")
    return person


def alices(day: DeliveryDay) -> Stop:
    return Stop.objects.get(producer__organisation__name="Hoeve Alice")


def told() -> list[tuple[int, str, int, bool]]:
    """Number of the round, driver, sequence, and whether it is hers."""
    rows = OutboxEntry.objects.filter(kind="round_assigned").order_by("pk").values_list("payload", flat=True)
    return [(row["number"], row["driver"], row["sequence"], bool(row["what"])) for row in rows]


def calendar(message: Any) -> dict[str, str]:
    (name, content, _kind) = message.attachments[0]
    assert name == "round.ics"
    return dict(line.split(":", 1) for line in content.replace("\r\n ", "").split("\r\n") if ":" in line)


def test_publishing_marks_the_version_and_tells_every_driver_once(planned: DeliveryDay, dana: Any, gust: Any) -> None:
    version = versions.publish(day=planned, by=dana)
    assert (version.number, version.published_at) == (1, clock.now())
    assert versions.publish(day=planned, by=dana) == version
    assert told() == [(1, gust.pk, 0, True), (2, gust.pk, 0, True)]
    assert JournalEntry.objects.get(action="published the plan").data == {"version": 1}
    assert versions.published(planned) == version


def test_drivers_see_their_rounds_once_the_plan_is_published(planned: DeliveryDay, gust: Any, client: Any) -> None:
    client.force_login(gust)
    page = reverse("logistics:round", args=[planned.rounds.get(number=1).pk])
    assert client.get(page).status_code == 403
    assert page not in client.get(reverse("logistics:my_rounds")).content.decode()
    assert not Round.objects.visible_to(gust).exists()
    versions.publish(day=planned, by=None)
    assert client.get(page).status_code == 200
    assert page in client.get(reverse("logistics:my_rounds")).content.decode()
    assert Round.objects.visible_to(gust).count() == 2


def test_nothing_is_checked_off_before_the_plan_is_published(planned: DeliveryDay, gust: Any, dana: Any) -> None:
    crate = planned.crates.first()
    for act in (
        lambda: handover.check_crates(crates=[crate.pk], by=gust),
        lambda: handover.finish_round(round=planned.rounds.first(), by=gust),
    ):
        with pytest.raises(Refused, match="not published yet"):
            act()
    handover.drive_day(day=planned, by=dana)
    version = versions.latest(planned)
    assert version and version.published_at == clock.now()


def test_planning_anew_takes_the_rounds_back_until_that_plan_is_published(
    published: DeliveryDay, gust: Any, dana: Any
) -> None:
    rounds.plan_rounds(day=published, iterations=30)
    assert versions.published(published) is None
    assert not Round.objects.visible_to(gust).exists()
    edits.undo(day=published, version=2, by=dana)
    assert versions.published(published) is None
    version = versions.publish(day=published, by=dana)
    assert (version.number, versions.published(published)) == (3, version)


def test_flaws_are_named_and_accepted_before_publishing(planned: DeliveryDay, dana: Any, farm: Any) -> None:
    farm.closes = time(6, 10)
    farm.save()
    with pytest.raises(Refused, match="Round 1, Hoeve Alice: comes 17 minutes too late") as refused:
        versions.publish(day=planned, by=dana)
    assert refused.value.field == "accept_flaws"
    assert versions.published(planned) is None
    assert versions.publish(day=planned, by=dana, accept_flaws=True).published_at


def test_what_has_no_plan_is_not_published(closed_day: DeliveryDay, planned: DeliveryDay, dana: Any) -> None:
    with pytest.raises(Refused, match="changed the plan meanwhile"):
        versions.publish(day=planned, by=dana, version=7)
    DeliveryDay.objects.update(status=DeliveryDay.Status.CLOSED)
    with pytest.raises(Refused, match="no plan to publish"):
        versions.publish(day=planned, by=dana)


def test_after_publishing_changes_are_signed_differences_the_driver_acknowledges(
    published: DeliveryDay, dana: Any, gust: Any, client: Any
) -> None:
    edits.move_stop(day=published, version=1, by=dana, stop=alices(published).pk, position=1)
    change = RoundChange.objects.get()
    assert (change.round.number, change.version.number) == (1, 2)
    assert [comparing.spelled(row) for row in change.deltas] == [
        "Hoeve Alice: −27 minutes",
        "Melkerij Bea: +28 minutes",
        "leaves 5 minutes earlier",
        "is home 5 minutes earlier",
    ]
    page = reverse("logistics:round", args=[change.round_id])
    client.force_login(gust)
    assert "Hoeve Alice: −27" in client.get(page).content.decode()
    edits.undo(day=published, version=2, by=dana)
    client.post(reverse("logistics:seen", args=[change.round_id]), {"last": change.pk})
    assert list(RoundChange.objects.values_list("acknowledged_by", flat=True)) == [gust.pk, None]
    for nonsense in ("", "x", "-1", "9" * 30):
        client.post(reverse("logistics:seen", args=[change.round_id]), {"last": nonsense})
    assert RoundChange.objects.filter(acknowledged_at=None).count() == 1
    assert drivers.acknowledge(round=change.round, last=change.pk + 1, by=gust) == 1
    assert "Hoeve Alice: +27" not in client.get(page).content.decode()


def test_stops_that_come_and_go_and_another_vehicle_are_differences_too(
    published: DeliveryDay, dana: Any, network: Any
) -> None:
    bike = make_vehicle(network, "Bakfiets")
    edits.move_stop(day=published, version=1, by=dana, stop=alices(published).pk, vehicle=bike.pk)
    assert [comparing.spelled(row) for row in RoundChange.objects.get().deltas] == [
        "− Hoeve Alice, 4 crates",
        "is home 33 minutes earlier",
    ]
    edits.merge_rounds(
        day=published,
        version=2,
        by=dana,
        round=published.rounds.get(number=3).pk,
        into=published.rounds.get(number=1).pk,
    )
    assert "+ Hoeve Alice, 4 crates" in [comparing.spelled(row) for row in RoundChange.objects.last().deltas]
    edits.swap_vehicle(day=published, version=3, by=dana, round=published.rounds.get(number=1).pk, vehicle=bike.pk)
    assert [comparing.spelled(row) for row in RoundChange.objects.last().deltas] == ["drives with Bakfiets"]


def test_nothing_is_told_before_publishing(planned: DeliveryDay, dana: Any) -> None:
    edits.move_stop(day=planned, version=1, by=dana, stop=alices(planned).pk, position=1)
    assert not RoundChange.objects.exists()
    assert told() == []


def test_the_mail_has_the_hours_for_her_calendar(published: DeliveryDay, gust: Any, network: Any) -> None:
    gust.language = "en"
    gust.save()
    assert outbox.drain() == 3  # a mail per round, and the papers
    message = mail.outbox[0]
    assert message.subject == "You drive round 1 on Thursday 5 March"
    assert message.to == ["Gust <gust@example.org>"]
    assert "6:00" in message.body or "06:00" in message.body
    assert [kind for _content, kind in message.alternatives] == ["text/html"]
    event = calendar(message)
    assert event["UID"] == f"round-{published.pk}-1-{gust.pk}@kouter"
    assert (event["METHOD"], event["SEQUENCE"], event["STATUS"]) == ("REQUEST", "0", "CONFIRMED")
    assert (event["DTSTART"], event["DTEND"]) == ("20260305T044500Z", "20260305T055400Z")
    assert (event["ORGANIZER"], event["ATTENDEE;RSVP=FALSE"]) == ("mailto:gent@example.org", "mailto:gust@example.org")
    assert "06:27 Hoeve Alice" in event["DESCRIPTION"]
    whole = message_from_string(message.message().as_string())
    assert whole.get_content_type() == "multipart/mixed"


def test_changed_hours_are_the_same_event_anew_a_while_later(published: DeliveryDay, dana: Any, gust: Any) -> None:
    outbox.drain()
    edits.move_stop(day=published, version=1, by=dana, stop=alices(published).pk, position=1)
    edits.lock_stop(day=published, version=2, by=dana, stop=alices(published).pk)
    assert told()[2:] == [(1, gust.pk, 1, True)]
    assert outbox.drain() == 0
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert outbox.drain() == 1
    event = calendar(mail.outbox[-1])
    assert event["UID"] == calendar(mail.outbox[0])["UID"]
    assert (event["SEQUENCE"], event["DTSTART"]) == ("1", "20260305T044000Z")


def test_a_round_for_another_driver_is_withdrawn_from_the_first(
    published: DeliveryDay, dana: Any, gust: Any, hilde: Any
) -> None:
    outbox.drain()
    one = published.rounds.get(number=1)
    edits.assign_drivers(day=published, version=1, by=dana, drivers={one.pk: hilde.pk})
    assert told()[2:] == [(1, hilde.pk, 0, True), (1, gust.pk, 1, False)]
    assert outbox.drain() == 2
    hers, his = mail.outbox[2:]
    assert hers.to == ["Hilde <hilde@example.org>"]
    assert calendar(hers)["SEQUENCE"] == "0"
    assert {name: calendar(his)[name] for name in ("METHOD", "SEQUENCE", "STATUS", "DTSTART")} == {
        "METHOD": "CANCEL",
        "SEQUENCE": "1",
        "STATUS": "CANCELLED",
        "DTSTART": "20260305T044500Z",
    }
    one.refresh_from_db()
    handover.assign_driver(round=one, driver=gust, by=dana)
    assert told()[4:] == [(1, gust.pk, 2, True), (1, hilde.pk, 1, False)]


def test_who_was_never_told_hears_nothing_of_what_was_taken_back(
    published: DeliveryDay, dana: Any, hilde: Any, gust: Any
) -> None:
    one = published.rounds.get(number=1)
    edits.assign_drivers(day=published, version=1, by=dana, drivers={one.pk: hilde.pk})
    edits.undo(day=published, version=2, by=dana)
    assert outbox.drain() == 4  # the papers too
    assert {address for message in mail.outbox for address in message.to} == {"Gust <gust@example.org>"}
    assert len(mail.outbox) == 2


def test_a_merged_round_is_withdrawn(published: DeliveryDay, dana: Any, gust: Any) -> None:
    edits.split_round(day=published, version=1, by=dana, round=published.rounds.get(number=1).pk, after=1)
    outbox.drain()
    edits.merge_rounds(
        day=published,
        version=2,
        by=dana,
        round=published.rounds.get(number=3).pk,
        into=published.rounds.get(number=1).pk,
    )
    assert (3, gust.pk, 1, False) in told()


def test_two_versions_side_by_side(planned: DeliveryDay, dana: Any, network: Any) -> None:
    bike = make_vehicle(network, "Bakfiets")
    one = planned.plan_versions.get()
    two = edits.move_stop(day=planned, version=1, by=dana, stop=alices(planned).pk, vehicle=bike.pk).version
    compared = comparing.side_by_side(one, two)
    assert compared["km"] == two.km - one.km > 0
    assert (compared["moved"], compared["unplanned"]) == (1, 0)
    assert [(row["number"], row["same"]) for row in compared["rounds"]] == [(1, False), (2, True), (3, False)]
    assert compared["rounds"][2]["before"] is None
    assert [stop["name"] for stop in compared["rounds"][2]["after"]["stops"]] == ["Hoeve Alice"]
    assert comparing.announced(one.plan, two.plan) == "Round 1 is home 33 minutes earlier, Round 3 is new"
    back = comparing.side_by_side(two, one)
    assert [back[name] for name in ("km", "cost", "minutes")] == [-compared[name] for name in ("km", "cost", "minutes")]


def test_one_stop_that_goes_last_is_one_stop_moved() -> None:
    def plan(*producers: int) -> dict[str, Any]:
        stops = [
            {"producer": pk, "delivery": None, "letters": [], "arrives_at": "", "leaves_at": ""} for pk in producers
        ]
        return {"rounds": [{"number": 1, "stops": stops}]}

    (found,) = comparing.differences(plan(1, 2, 3, 4), plan(2, 3, 4, 1))
    assert (found.reordered, found.added, found.removed) == (1, [], [])


def test_lines_of_a_calendar_are_folded_and_escaped() -> None:
    text = calendars.event(
        uid="u",
        sequence=3,
        starts_at=clock.now(),
        ends_at=clock.now(),
        summary="Ronde; één, twee\\drie",
        description="é" * 80 + "\nb",
        location="",
        url="https://kouter.example/",
        organizer="a@b.example",
        attendee="c@d.example",
        now=clock.now(),
    )
    lines = text.split("\r\n")
    assert max(len(line.encode()) for line in lines) <= 75
    assert "SUMMARY:Ronde\\; één\\, twee\\\\drie" in lines
    assert "DESCRIPTION:" + "é" * 80 + "\\nb" in text.replace("\r\n ", "").split("\r\n")
