"""Filling the basket from any page that shows goods, and putting back what lapsed."""

from dataclasses import replace
from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network.access import public_network
from network.models import Person
from network.views.refusals import told
from orders import basket, finding, shelf
from orders.forms import BasketForm, number_of
from orders.models import Order
from orders.views.shop import shop_page
from orders.views.visiting import Visit, basket_of, orders_of, shop_url, visit_of
from producers.models import Offer


@require_POST
def fill(request: HttpRequest, network: str, delivery: int) -> HttpResponse:
    """
    Take over what the shop page says, for the buyer it was made for. To a script (HX-Request) the answer is the basket,
    and beside which product something is wrong; 401 asks to sign in, 409 says why nothing will go in. Else back to the
    page.
    """
    alone = request.htmx  # type: ignore[attr-defined]
    found = public_network(network)
    choice = finding.Choice.read(QueryDict(request.POST.get("back", "")[:500]))
    page = shop_url(network, delivery, choice.query())
    if not request.user.is_authenticated:
        return HttpResponse(status=401) if alone else redirect_to_login(page)
    assert isinstance(request.user, Person)
    visit = visit_of(request, found, str(delivery), buyer=request.POST.get("buyer"))
    if visit.buyer is None or visit.delivery is None or visit.delivery.pk != delivery:
        refusal = _("This delivery no longer takes orders. Choose another.")
        if visit.buyer is None and request.POST.get("buyer"):
            refusal = _("You cannot order here for this household. Load the page again.")
        if alone:
            return HttpResponse(refusal, status=409, content_type="text/plain; charset=utf-8")
        return shop_page(request, visit, choice, refusal=refusal, status=422)
    named = [one for name in ("plus", "minus") if (one := number_of(request.POST.get(name, ""))) is not None]
    steps = dict(Offer.objects.filter(pk__in=named).values_list("pk", "supply__product__step")) if named else {}
    form = BasketForm(request.POST.dict(), steps=steps)
    order = form.save(buyer=visit.buyer, delivery=visit.delivery, by=request.user, order=visit.order)
    refused = bool(form.refusal or form.errors)
    if not alone and not refused:
        if request.session.get("buyer") != visit.buyer.pk:
            request.session["buyer"] = visit.buyer.pk
        if form.back is not None:
            messages.info(request, _put_back(form.back))
        return redirect(page)
    wanted = {pk: form.wanted[pk] for pk in form.errors if pk in form.wanted}
    if not alone:
        visit = replace(visit, order=orders_of(visit.buyer).filter(delivery=delivery).first())
        return shop_page(request, visit, choice, errors=form.errors, wanted=wanted, refusal=form.refusal, status=422)
    visit = replace(visit, order=order or visit.order)
    shown = basket_of(visit, error=form.refusal or _named(form.errors))
    if form.back is not None:
        shown["back"] = _put_back(form.back)
    context = {"basket": shown, "wrong": _wrong(visit, form.errors, wanted)}
    return render(request, "parts/basket.html", context, status=422 if refused or order is None else 200)


@login_required
@require_POST
def refill(request: HttpRequest, pk: int) -> HttpResponse:
    """Put back what lapsed in a basket, or leave it; then on where she was: the shop or the summary."""
    order = get_object_or_404(Order.objects.editable_by(request.user).with_delivery(), pk=pk)
    assert isinstance(request.user, Person)
    with told(request):
        if "leave" in request.POST:
            basket.leave(order=order)
        else:
            _order, missed = basket.refill(order=order, by=request.user)
            messages.info(request, _put_back(missed))
    if "summary" in request.POST:
        return redirect("orders:confirm", order.pk)
    return redirect(shop_url(order.delivery.delivery_day.network.slug, order.delivery_id))


def _put_back(missed: dict[int, str]) -> str:
    """What happened to a basket that had lapsed."""
    if not missed:
        return _("Your basket had been let go after an hour. Everything is back in it.")
    return _("Your basket had been let go after an hour. It is back in, except: %(missed)s") % {
        "missed": _named(missed)
    }


def _named(errors: dict[int, str]) -> str:
    """Each refusal with the name of what it is about."""
    if not errors:
        return ""
    offers = Offer.objects.filter(pk__in=errors).select_related("supply__product").in_bulk()
    return " ".join(
        f"{offers[pk].supply.product}: {message}" if pk in offers else message for pk, message in errors.items()
    )


def _wrong(visit: Visit, errors: dict[int, str], wanted: dict[int, Decimal]) -> list[shelf.Row]:
    """The rows beside which something is said, with what there is instead."""
    if not errors:
        return []
    assert visit.delivery
    categories = Offer.objects.filter(pk__in=errors).values("supply__product__category")
    rows = shelf.rows_of(
        shelf.offers_for(visit.delivery, visit.group).filter(supply__product__category__in=categories),
        network=visit.network,
        delivery=visit.delivery,
        lines=visit.lines,
        editable=True,
        errors=errors,
        wanted=wanted,
    )
    return [row for row in rows if row.error]
