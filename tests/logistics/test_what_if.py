"""An outsider's what-if: estimated at once, kept only with consent, made exact by a job, forgotten in time."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from logistics import outsiders, tasks
from logistics.alone import Rates
from logistics.models import Vehicle, WhatIf
from logistics.models.outlook import Work
from network import clock, outbox
from network.models import OutboxEntry
from tests.conftest import forget_cached, make_network, make_point, make_vehicle
from tests.producers.test_desk import text

YARD = {"postcode": "9920", "municipality": "Lovendegem"}
VAN = Rates(per_day=12.0, per_km=0.30, per_hour=19.0, crates=40)
HUB, POINT, YONDER = (51.04, 3.73), (51.05, 3.72), (51.1, 3.6)


@pytest.fixture(autouse=True)
def nobody_asked_before():
    """The cache outlives the database of a test."""
    forget_cached()


def url(network):
    return reverse("logistics:what_if", args=[network.slug])


def ask(visit, network, **more):
    return visit().post(url(network), YARD | {"cool": "4", "anywhere": "yes"} | more)


@pytest.fixture
def kept(settled, network, visit):
    answer = ask(visit, network, keep="on", email="frans@example.org")
    assert answer.status_code == 302
    return WhatIf.objects.get()


def test_anybody_asks_and_sees_an_estimate_marked_as_one_and_nothing_is_kept(settled, network, visit):
    answer = ask(visit, network)
    shown = text(answer)
    assert answer.status_code == 200
    for words in (
        "Estimate For a farm at the middle of 9920 Lovendegem (Lievegem).",
        "Alone € 49.22",
        "Best day to join Thursday",
        "The same in a table",
    ):
        assert words in shown
    assert not WhatIf.objects.exists()
    assert not OutboxEntry.objects.filter(kind__startswith="what_if").exists()
    assert "sessionid" not in answer.cookies


def test_no_farm_shop_or_household_is_named(settled, network, visit, shop, day):
    page = ask(visit, network).content.decode()
    for secret in ("Hoeve Alice", "Melkerij", "Gezin", "Winkel Eli"):
        assert secret not in page


def test_a_spot_on_the_map_counts_before_the_address(settled, network, visit):
    answer = ask(visit, network, lat="51.1", lon="3.6", postcode="", municipality="")
    assert "the spot you tapped on the map" in text(answer)


def test_the_pages_of_the_network_lead_here(settled, network, visit):
    for name in ("network:front", "logistics:region"):
        assert url(network) in visit().get(reverse(name, args=[network.slug])).content.decode()


def test_a_network_that_settled_nothing_says_so(network, visit):
    answer = visit().get(url(network))
    assert "Nothing to compare with yet" in text(answer)
    assert "id_postcode" not in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "field", "sentence"),
    [
        ({"postcode": ""}, "postcode", "Enter a postcode, or tap the spot on the map."),
        ({"postcode": "0000"}, "postcode", "No place in Belgium has this postcode. Enter four digits, such as 9000."),
        ({"municipality": ""}, "municipality", "Enter the municipality as well."),
        (
            {"municipality": "Leuven"},
            "municipality",
            "9920 is Lovendegem (Lievegem); the postcode of Leuven is 3000, 3001, 3010. Correct one of both.",
        ),
        (
            {"postcode": "6700", "municipality": "Aarlen"},
            "postcode",
            "That is 211 km from the hub of Gent, farther than its rounds go (100 km).",
        ),
        ({"lat": "north", "lon": "3.6"}, "postcode", "The spot on the map was not understood. Tap again, or use the address."),
        ({"cool": ""}, "ambient", "Enter how many crates you would send in a week, at least one."),
        ({"cool": "-1"}, "cool", "Ensure this value is greater than or equal to 0."),
        ({"cool": "1,5"}, "cool", "Enter a whole number, such as 40."),
        ({"cool": "4000"}, "cool", "Ensure this value is less than or equal to 400."),
        ({"anywhere": "no"}, "to", "Choose at least one place, or wherever the rounds go."),
        ({"anywhere": "no", "to": ["point 0"]}, "to", "Select a valid choice. point 0 is not one of the available choices."),
        ({"keep": "on"}, "email", "Enter the address to which the exact figure may be sent."),
        ({"email": "frans@example.org"}, "keep", "Tick this box if we may keep your answer, or leave the e-mail empty."),
        ({"keep": "on", "email": "frans"}, "email", "Enter a valid email address."),
    ],
)  # fmt: skip
def test_bad_input_is_said_beside_the_field_and_nothing_is_kept(settled, network, visit, given, field, sentence):
    answer = ask(visit, network, **given)
    assert answer.status_code == 422
    assert answer.context["form"].errors[field] == [sentence]
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not WhatIf.objects.exists()


def test_what_no_vehicle_carries_is_refused(settled, network, visit):
    Vehicle.objects.update(frozen=0)
    answer = ask(visit, network, frozen="2")
    assert answer.context["form"].errors["frozen"] == [
        "No vehicle of this network carries crates of this storage class."
    ]


def test_after_ten_in_ten_minutes_one_address_waits(settled, network, visit):
    for _time in range(10):
        assert ask(visit, network, cool="").status_code == 422
    answer = ask(visit, network)
    assert (answer.status_code, answer["Retry-After"]) == (429, "600")
    assert "Wait ten minutes, then ask again." in text(answer)
    assert visit().get(url(network)).status_code == 200
    other = visit().post(url(network), YARD | {"cool": "4", "anywhere": "yes"}, REMOTE_ADDR="192.0.2.7")
    assert other.status_code == 200


def test_the_number_of_queries_does_not_grow(settled, network, visit, django_assert_num_queries):
    client = visit()
    client.get(url(network))
    with django_assert_num_queries(13):
        client.post(url(network), YARD | {"cool": "4", "anywhere": "yes"})
    for number in range(3):
        make_point(network, f"c{number}")
        make_vehicle(network, f"Van {number}")
    with django_assert_num_queries(13):
        client.post(url(network), YARD | {"cool": "4", "anywhere": "yes"})


# Kept with consent


def test_with_her_consent_it_is_kept_for_thirty_days_and_computed(kept, network):
    assert kept.expires_on == clock.today() + timedelta(days=30)
    assert (kept.email, kept.status) == ("frans@example.org", Work.WAITING)
    assert kept.inputs["crates"] == {"cool": 4}
    assert kept.inputs["where"] == "the middle of 9920 Lovendegem (Lievegem)"
    assert OutboxEntry.objects.get(kind="what_if").payload == {"what_if": kept.pk}


def test_one_mail_address_is_not_written_to_for_ever(settled, network, visit):
    for _time in range(3):
        assert ask(visit, network, keep="on", email="Frans@example.org").status_code == 302
    answer = ask(visit, network, keep="on", email="frans@example.org")
    assert answer.context["form"].errors["email"] == [
        "This address has been written to often enough today. Try again tomorrow."
    ]
    assert WhatIf.objects.count() == 3


def hers(kept):
    return reverse("logistics:what_if_kept", args=[kept.network.slug, kept.token])


def test_the_exact_figure_follows_and_is_mailed_once(kept, network, visit):
    before = text(visit().get(hers(kept)))
    assert "The exact figure is being computed" in before
    assert tasks.compute_what_if(kept.pk)
    assert not tasks.compute_what_if(kept.pk)
    kept.refresh_from_db()
    (exact,) = kept.exact["days"]
    assert kept.status == Work.DONE
    assert (exact["on"], exact["alone"], exact["left_out"], exact["missed"]) == ("2026-03-05", 4922, False, [])
    assert 0 < exact["together"] <= exact["alone"]
    assert exact["gain"] == exact["alone"] - exact["together"] + exact["others"] + exact["gap"]
    outbox.drain()
    outbox.drain()
    (message,) = mail.outbox
    assert message.to == ["frans@example.org"]
    assert "driving yourself €\u00a049.22, together" in message.body
    assert hers(kept) in message.body
    after = visit().get(hers(kept))
    assert "The exact figure Exact" in text(after)
    assert (after["X-Robots-Tag"], after["Referrer-Policy"]) == ("noindex", "same-origin")


def test_the_exact_figure_costs_no_more_than_the_whole_plan_does(kept):
    """Adding up: what she pays more than nothing is what the others and the gap pay less than before, plus what the rounds cost more."""
    tasks.compute_what_if(kept.pk)
    kept.refresh_from_db()
    (exact,) = kept.exact["days"]
    (estimate,) = kept.estimate["days"]
    assert estimate["alone"] * 100 == pytest.approx(exact["alone"], abs=1)
    assert estimate["gain"] * 100 == pytest.approx(exact["gain"], abs=100)


def test_a_worker_that_is_lost_is_followed_by_another_and_one_that_lives_is_not(kept):
    assert WhatIf.objects.claim(kept.pk)
    assert not WhatIf.objects.claim(kept.pk)
    with clock.at(clock.now() + timedelta(minutes=3)):
        WhatIf.objects.hold(kept.pk)
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert not WhatIf.objects.claim(kept.pk)
    with clock.at(clock.now() + timedelta(minutes=8)):
        assert tasks.take_up_what_ifs() == 1
        assert tasks.compute_what_if(kept.pk)
        assert tasks.take_up_what_ifs() == 0
    assert OutboxEntry.objects.filter(kind="what_if_ready").count() == 1


def test_of_two_workers_the_first_to_end_counts(kept):
    WhatIf.objects.claim(kept.pk)
    kept.refresh_from_db()
    assert outsiders.compute(what_if=kept)
    assert not outsiders.compute(what_if=kept)
    assert OutboxEntry.objects.filter(kind="what_if_ready").count() == 1


def test_what_fails_is_said_and_the_estimate_stands(kept, visit):
    kept.inputs["point"] = [200, 0]
    kept.save()
    with pytest.raises(ValueError, match="a latitude from -90 to 90"):
        tasks.compute_what_if(kept.pk)
    kept.refresh_from_db()
    assert kept.status == Work.FAILED
    assert "could not be computed. The estimate below stands." in text(visit().get(hers(kept)))


def test_deleted_at_once_when_she_says_so_and_never_mailed(kept, network, visit):
    forget = reverse("logistics:what_if_forget", args=[network.slug, kept.token])
    assert visit().get(forget).status_code == 405
    assert "Nothing of your what-if is kept any more." in text(visit().post(forget))
    assert not WhatIf.objects.exists()
    assert visit().get(hers(kept)).status_code == 404
    assert not tasks.compute_what_if(kept.pk)
    outbox.drain()
    assert mail.outbox == []


def test_after_thirty_days_it_is_gone_whoever_looks_and_then_deleted(kept, visit):
    assert tasks.forget_expired_what_ifs() == 0
    with clock.at(clock.now() + timedelta(days=30)):
        assert visit().get(hers(kept)).status_code == 200
        assert tasks.forget_expired_what_ifs() == 0
    with clock.at(clock.now() + timedelta(days=31)):
        assert visit().get(hers(kept)).status_code == 404
        assert not tasks.compute_what_if(kept.pk)
        assert tasks.forget_expired_what_ifs() == 1
        assert tasks.forget_expired_what_ifs() == 0
    assert not WhatIf.objects.exists()


def test_a_link_of_another_network_or_a_guess_leads_nowhere(kept, visit):
    make_network("leuven")
    assert visit().get(reverse("logistics:what_if_kept", args=["leuven", kept.token])).status_code == 404
    assert visit().get(reverse("logistics:what_if_kept", args=["gent", "x" * 24])).status_code == 404
