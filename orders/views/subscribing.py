"""The boxes of a network and who subscribes to them; what a household makes of its subscriptions week by week."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import clock
from network.access import public_network
from network.models import Network, Organisation, Person
from network.views.refusals import told
from orders import coming, reporting, subscriptions
from orders.models import Cause, Order, Subscription
from orders.subscription_forms import ChangeForm, ListForm, PauseForm, SubscribeForm, SwapForm
from orders.views.visiting import visit_of
from producers import boxes
from producers.access import monday_or_404
from producers.models import Box, BoxContent

SHOWN = ("network", "buyer", "size__box__producer__organisation", "pickup_point")


def box_list(request: HttpRequest, network: str) -> HttpResponse:
    found = public_network(network)
    shown = Box.objects.active().filter(network=found).select_related("producer__organisation").order_by("pk")
    return render(request, "orders/boxes.html", {"network": found, "boxes": shown.prefetch_related("sizes")})


def box(request: HttpRequest, network: str, pk: int) -> HttpResponse:
    """What is in a box this week, what it costs, and the form to subscribe to it."""
    found = public_network(network)
    shown = get_object_or_404(
        Box.objects.active().filter(network=found).select_related("network", "producer__organisation"), pk=pk
    )
    visit = visit_of(request, found, None)
    form = None
    if visit.buyer and not visit.trade:
        assert isinstance(request.user, Person)
        usual = visit.delivery and f"{visit.delivery.pickup_point_id}-{visit.delivery.delivery_day.on.weekday()}"
        form = SubscribeForm(
            found, request.POST.dict() if request.method == "POST" else None, box=shown, initial={"slot": usual}
        )
        if form.is_valid() and (made := form.save(buyer=visit.buyer, by=request.user)):
            messages.success(request, _("You are subscribed. This is what comes when."))
            return redirect("orders:subscription", made.pk)
    week_on, sizes = _composed(shown)
    return render(
        request,
        "orders/box.html",
        {"network": found, "box": shown, "form": form, "visit": visit, "week_on": week_on, "sizes": sizes},
        status=422 if form and form.errors else 200,
    )


def _composed(shown: Box) -> tuple[date | None, list[dict[str, Any]]]:
    """The latest week that is composed, and per size what is in it, what that comes to, and the price."""
    sizes = list(shown.sizes.all())
    contents = BoxContent.objects.filter(size__in=sizes, week_on__gte=clock.monday_of(clock.today()))
    latest = contents.order_by("-week_on").values_list("week_on", flat=True).first()
    lines = list(
        contents.filter(week_on=latest).select_related("product__producer__organisation") if latest else contents.none()
    )
    offers = boxes.goods_for(shown, latest) if latest else {}
    rows = []
    for size in sizes:
        inside = [line for line in lines if line.size_id == size.pk]
        value = boxes.value_of({line.product_id: line.quantity for line in inside}, offers)
        rows.append({"size": size, "lines": inside, "value": value})
    return latest, rows


@login_required
def subscribe_to_list(request: HttpRequest, pk: int) -> HttpResponse:
    """The products of an order as an own list that comes of its own accord."""
    order = get_object_or_404(
        Order.objects.confirmed()
        .filter(buyer__in=Organisation.objects.of(request.user))
        .select_related("buyer", "delivery__delivery_day__cycle__network"),
        pk=pk,
    )
    assert isinstance(request.user, Person)
    network = order.delivery.delivery_day.network
    lines = {line.product: line.confirmed for line in order.lines.select_related("product") if line.confirmed}
    age = max((product.minimum_age or 0 for product in lines), default=0)
    usual = f"{order.delivery.pickup_point_id}-{order.delivery.delivery_day.on.weekday()}"
    form = SubscribeForm(
        network, request.POST.dict() if request.method == "POST" else None, box=None, initial={"slot": usual}, age=age
    )
    if form.is_valid() and (made := form.save(buyer=order.buyer, by=request.user, lines=lines)):
        messages.success(request, _("You are subscribed. This is what comes when."))
        return redirect("orders:subscription", made.pk)
    context = {"network": network, "order": order, "lines": list(lines.items()), "form": form}
    return render(request, "orders/subscribe_to_list.html", context, status=422 if form.errors else 200)


@login_required
def subscription_list(request: HttpRequest) -> HttpResponse:
    """All subscriptions of her organisations with what comes next."""
    mine = list(Subscription.objects.running().of(request.user).select_related(*SHOWN).distinct().order_by("pk"))
    ahead = coming.of(mine)
    rows = [{"subscription": one, "weeks": ahead[one.pk]} for one in mine]
    return render(request, "orders/subscriptions.html", {"rows": rows})


def _mine(request: HttpRequest, pk: int) -> Subscription:
    return get_object_or_404(Subscription.objects.of(request.user).select_related(*SHOWN).distinct(), pk=pk)


@login_required
def subscription(request: HttpRequest, pk: int) -> HttpResponse:
    """One subscription: its next weeks with a button for each choice, and its terms."""
    one = _mine(request, pk)
    assert isinstance(request.user, Person)
    posted = request.POST.dict() if request.method == "POST" else None
    form = ChangeForm(one, posted if posted and "pause" not in posted else None)
    pause = PauseForm(one, posted if posted and "pause" in posted else None)
    for given in (form, pause):
        if given.is_valid() and given.save(request.user):
            messages.success(request, _("Saved."))
            return redirect("orders:subscription", pk)
    return render(
        request,
        "orders/subscription.html",
        {
            "network": one.network,
            "subscription": one,
            "weekday": clock.monday_of(clock.today()) + timedelta(days=one.weekday),
            "weeks": coming.of([one])[one.pk] if one.stopped_at is None else [],
            "lines": one.lines.filter(week=None).select_related("product__producer__organisation"),
            "causes": one.network.causes.filter(archived_at=None).order_by("name"),
            "form": form,
            "pause": pause,
        },
        status=422 if form.errors or pause.errors else 200,
    )


@login_required
@require_POST
def subscription_stop(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, _("Stopped. Orders that were made already stay."), subscriptions.stop)


@login_required
@require_POST
def subscription_resume(request: HttpRequest, pk: int) -> HttpResponse:
    return _done(request, pk, _("The pause is over."), subscriptions.pause, first=None, last=None)


@login_required
@require_POST
def week_skip(request: HttpRequest, pk: int, week_on: str) -> HttpResponse:
    return _done(request, pk, _("Skipped."), subscriptions.skip, week_on=monday_or_404(week_on))


@login_required
@require_POST
def week_give(request: HttpRequest, pk: int, week_on: str) -> HttpResponse:
    chosen = request.POST.get("cause", "")
    cause = get_object_or_404(Cause, pk=chosen if chosen.isdecimal() else 0)
    said = _("Given to %(cause)s. Thank you.") % {"cause": cause}
    return _done(request, pk, said, subscriptions.give, week_on=monday_or_404(week_on), cause=cause)


@login_required
@require_POST
def week_as_usual(request: HttpRequest, pk: int, week_on: str) -> HttpResponse:
    return _done(request, pk, _("It comes as usual."), subscriptions.as_usual, week_on=monday_or_404(week_on))


def _done(request: HttpRequest, pk: int, said: str, what: Callable[..., Any], **asked: Any) -> HttpResponse:
    """One of the buttons beside a subscription; what was refused is said on its page."""
    one = _mine(request, pk)
    with told(request, said):
        what(subscription=one, by=request.user, **asked)
    return redirect("orders:subscription", pk)


@login_required
def week_swap(request: HttpRequest, pk: int, week_on: str) -> HttpResponse:
    """Other things in that week's box, up to its value."""
    one = _mine(request, pk)
    assert isinstance(request.user, Person)
    week = coming.week_of(one, monday_or_404(week_on))
    if week is None:
        raise Http404
    if not week.can_be_swapped:
        messages.error(
            request, _("What comes that week cannot be swapped: it is not known yet, or ordering has closed.")
        )
        return redirect("orders:subscription", pk)
    form = SwapForm(week, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Swapped. You can change it until ordering closes."))
        return redirect("orders:subscription", pk)
    value = reporting.value_of(form.rows)
    return render(
        request,
        "orders/swap.html",
        {"network": one.network, "subscription": one, "week": week, "form": form, "value": value},
        status=422 if form.errors else 200,
    )


@login_required
def subscription_lines(request: HttpRequest, pk: int) -> HttpResponse:
    """What is on an own list."""
    one = get_object_or_404(
        Subscription.objects.running().of(request.user).filter(size=None).select_related("network").distinct(), pk=pk
    )
    assert isinstance(request.user, Person)
    form = ListForm(one, _goods(one.network), request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.save(request.user):
        messages.success(request, _("Saved."))
        return redirect("orders:subscription", pk)
    context = {"network": one.network, "subscription": one, "form": form}
    return render(request, "orders/subscription_lines.html", context, status=422 if form.errors else 200)


def _goods(network: Network) -> dict[int, Any]:
    """What is for sale in the first week that still takes orders."""
    cycle = network.cycles.open().order_by("-week_on").first()
    return boxes.dearest(network, cycle.week_on) if cycle else {}
