"""From a box in the shop to an order that comes by itself, with plain forms; and what farmer and coordinator see of it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from orders import subscriptions
from orders.models import Cause, Order, Subscription, SubscriptionRun
from producers import boxes
from producers.models import Supply
from tests.conftest import make_household
from tests.orders.conftest import NEXT
from tests.producers.test_desk import text

D = Decimal
pytestmark = pytest.mark.django_db


def page(name, *args):
    return reverse(f"orders:{name}", args=args)


def test_a_visitor_sees_what_is_in_a_box_and_a_household_subscribes(
    network, size, point, household, bob, visit, django_assert_num_queries
):
    url = page("box", network.slug, size.box_id)
    seen = text(visit().get(url))
    assert "What is in it, in the week of 9 March" in seen and "3 kg leek" in seen and "Together € 13.01" in seen
    assert "Sign in to subscribe." in seen
    client = visit(bob)
    client.get(url)
    with django_assert_num_queries(19):
        client.get(url)
    asked = {"size": size.pk, "slot": f"{point.pk}-3", "rhythm": "weekly", "starts_on": str(NEXT)}
    wrong = client.post(url, asked | {"starts_on": "2026-01-05"})
    assert wrong.status_code == 422 and not Subscription.objects.exists()
    answer = client.post(url, asked)
    made = Subscription.objects.get()
    assert answer.headers["Location"] == page("subscription", made.pk)
    assert (made.buyer, made.size, made.starts_on, made.made_by) == (household, size, NEXT, bob)
    again = client.post(url, asked)
    assert again.status_code == 422 and "You have this subscription already." in text(again)


def test_the_weeks_are_skipped_given_and_taken_as_usual_by_buttons(
    subscription, network, point, shop, bob, charlie, visit, django_assert_num_queries
):
    cause = Cause.objects.create(network=network, name="Food bank", organisation=shop.organisation, pickup_point=point)
    client = visit(bob)
    url = page("subscription", subscription.pk)
    client.get(url)
    with django_assert_num_queries(12):
        seen = text(client.get(url))
    assert "Thursday 12 March Comes" in seen
    for name, data, said in (
        ("week_skip", {}, "Thursday 12 March Skipped"),
        ("week_as_usual", {}, "Thursday 12 March Comes"),
        ("week_give", {"cause": cause.pk}, "For Food bank, who collects it. You pay it."),
    ):
        shown = client.post(page(name, subscription.pk, str(NEXT)), data, follow=True)
        assert said in text(shown)
    assert client.post(page("week_give", subscription.pk, str(NEXT)), {"cause": "x"}).status_code == 404
    assert client.post(page("week_skip", subscription.pk, "2026-03-10")).status_code == 404
    refused = client.post(page("week_skip", subscription.pk, str(NEXT - timedelta(weeks=1))), follow=True)
    assert "Nothing comes in that week." in text(refused)
    make_household(network, "Gezin Charlie", charlie)
    for name in ("week_skip", "week_as_usual", "week_give"):
        assert visit(charlie).post(page(name, subscription.pk, str(NEXT)), {"cause": cause.pk}).status_code == 404


def test_it_is_changed_paused_and_stopped(subscription, point, bob, size, visit):
    client = visit(bob)
    url = page("subscription", subscription.pk)
    client.post(url, {"size": size.pk, "slot": f"{point.pk}-3", "rhythm": "fortnightly"})
    paused = client.post(url, {"pause": "1", "paused_from": "2026-03-20", "paused_until": "2026-03-10"})
    assert paused.status_code == 422 and "The last day lies before the first." in text(paused)
    client.post(url, {"pause": "1", "paused_from": "2026-03-10", "paused_until": "2026-03-30"})
    subscription.refresh_from_db()
    assert (subscription.rhythm, f"{subscription.paused_until}") == ("fortnightly", "2026-03-30")
    assert "Paused from Tuesday 10 March to Monday 30 March." in text(client.get(url))
    assert "Paused from" not in text(client.post(page("subscription_resume", subscription.pk), follow=True))
    assert "Nothing more comes of it." in text(client.post(page("subscription_stop", subscription.pk), follow=True))
    assert "No subscriptions" in text(client.get(page("subscriptions")))


def test_swapping_says_what_is_wrong_beside_the_product_and_keeps_what_was_typed(
    subscription, leek, chard, bob, visit, opened
):
    client = visit(bob)
    url = page("week_swap", subscription.pk, str(NEXT))
    assert "Now € 13.01 at most, of € 14.00." in text(client.get(url))
    wrong = client.post(url, {f"q{leek.pk}": "9", f"q{chard.pk}": "0"})
    assert wrong.status_code == 422 and "This comes to € 21.51, and the box to € 14.00." in text(wrong)
    assert 'value="9"' in wrong.content.decode()
    wrong = client.post(url, {f"q{leek.pk}": "1,5", f"q{chard.pk}": "0"})
    assert "This is sold per 1." in text(wrong)
    client.post(url, {f"q{leek.pk}": "5", f"q{chard.pk}": "0"})
    opened()
    assert list(Order.objects.get().lines.values_list("product", "confirmed")) == [(leek.pk, 5)]
    client.post(url, {f"q{leek.pk}": "1", "add1": str(chard.pk), "n1": "3"})
    assert sorted(Order.objects.get().lines.values_list("product", "confirmed")) == [(leek.pk, 1), (chard.pk, 3)]


def test_an_order_becomes_a_list_that_comes_by_itself(
    supply, ordered, goods, leek, chard, household, bob, point, visit, opened
):
    order = ordered(household, bob, 4)
    client = visit(bob)
    assert "Have this come every week" in text(client.get(page("detail", order.pk)))
    url = page("subscribe_to_list", order.pk)
    assert "4 kg leek" in text(client.get(url))
    client.post(url, {"slot": f"{point.pk}-3", "rhythm": "weekly", "starts_on": str(NEXT)})
    one = Subscription.objects.get()
    assert (one.size, list(one.lines.values_list("product", "quantity"))) == (None, [(leek.pk, 4)])
    assert client.get(page("subscription_lines", one.pk)).status_code == 200
    opened()
    assert Order.objects.get(delivery__delivery_day__cycle__week_on=NEXT).lines.get().confirmed == 4


def test_only_the_farmer_composes_her_box_and_sees_how_many_wait(
    subscription, size, farm, leek, chard, alice, dana, visit, django_assert_num_queries
):
    client = visit(alice)
    listed = text(client.get(page("farm_boxes", farm.slug)))
    assert "Week 11, 9 March klein 1 0 Composed" in listed
    url = page("compose", size.pk, str(NEXT))
    client.get(url)
    with django_assert_num_queries(9):
        seen = text(client.get(url))
    assert "Households that wait 1" in seen and "€ 13.01" in seen
    wrong = client.post(url, {f"q{leek.pk}": "9", f"q{chard.pk}": "2"})
    assert wrong.status_code == 422 and "Take out" in text(wrong)
    assert client.post(url, {f"q{leek.pk}": "4", f"q{chard.pk}": "1"}).status_code == 302
    assert boxes.content_of(size, NEXT) == {leek.pk: D(4), chard.pk: D(1)}
    assert visit(dana).get(url).status_code == 404, "nobody composes in her name"
    size.box.producer = None
    size.box.save()
    assert visit(dana).get(url).status_code == 200, "the network's own box is the coordinator's"


def test_the_coordinator_reads_what_was_not_filled_and_keeps_the_causes(
    subscription, network, goods, shop, point, dana, visit, opened, django_assert_num_queries
):
    Supply.objects.filter(pk=goods["leek"].pk).update(quantity=1)
    opened()
    client = visit(dana)
    url = page("subscription_report", network.slug)
    client.get(url)
    with django_assert_num_queries(19):
        seen = text(client.get(url))
    assert "Filled in part 1" in seen and "Gezin Bob" in seen and "leek: 1 of 3" in seen
    client.post(url, {"name": "Food bank", "organisation": shop.organisation_id, "pickup_point": point.pk})
    cause = Cause.objects.get()
    assert (
        client.post(
            url, {"name": "Food bank", "organisation": shop.organisation_id, "pickup_point": point.pk}
        ).status_code
        == 422
    )
    assert (cause.network, cause.name) == (network, "Food bank")
    client.post(page("cause_archive", network.slug, cause.pk))
    assert "To whom can households give a box?" in text(client.get(url))
    assert SubscriptionRun.objects.get().outcome == "partly"
    assert subscriptions.slots_of(network)[0].pickup_point == point
