"""A farmer who has less than was ordered, before the cut-off; and a coordinator who changes an order after it."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from network import numbers
from network.access import COORDINATOR, require_role
from network.models import DeliveryDay, Person
from orders.amending import BEFORE_IT_LEAVES
from orders.amending_forms import AmendForm
from orders.cutting_forms import CutForm
from orders.models import Order
from producers import access


@login_required
def cut(request: HttpRequest, pk: int) -> HttpResponse:
    """Looking is a GET with a quantity and a rule; cutting is a POST with the mark of what was looked at."""
    supply = access.supply_for(request.user, pk)
    farm = access.farm_for(request.user, supply.product.producer.slug)
    assert isinstance(request.user, Person)
    back = reverse("producers:week", args=[farm.slug, supply.week_on])
    if supply.carries_over:
        back = reverse("orders:stock", args=[farm.slug, supply.product_id])
    if request.method == "POST":
        form = CutForm(supply, request.POST.dict())
        if form.cut(request.user):
            messages.success(request, _("Done. Everybody who gets less has been sent a mail."))
            return redirect(back)
    else:
        form = CutForm(supply, {"quantity": numbers.written(supply.reserved)} | request.GET.dict())
        if "quantity" in request.GET:
            form.look()
    return render(
        request,
        "orders/cut.html",
        {"form": form, "plan": form.plan, "supply": supply, "product": supply.product, "farm": farm, "back": back},
        status=422 if request.method == "POST" else 200,
    )


@login_required
def amend(request: HttpRequest, pk: int) -> HttpResponse:
    """Less, more, nothing any more, or a product that was not in the order; `q` looks for one."""
    order = get_object_or_404(
        Order.objects.select_related(
            "buyer",
            "delivery__delivery_day__cycle__network",
            "delivery__pickup_point",
            "delivery__outlet__organisation",
        ),
        pk=pk,
    )
    day = order.delivery.delivery_day
    require_role(request.user, day.network, COORDINATOR)
    assert isinstance(request.user, Person)
    if order.status != Order.Status.CLOSED or day.status not in BEFORE_IT_LEAVES:
        messages.info(request, _("This can be done between the cut-off and the moment the goods leave."))
        return redirect("orders:detail", pk)
    sought = request.GET.get("q", "").strip()
    form = AmendForm(order, sought, request.POST.dict() if request.method == "POST" else None)
    if form.is_valid() and form.save(request.user):
        done = _("Changed. The farm and the buyer are sent a mail.")
        if day.status == DeliveryDay.Status.PLANNED:
            done += " " + _("The rounds were planned before this: plan them again.")
        messages.success(request, done)
        return redirect("orders:detail", pk)
    context = {"form": form, "order": order, "network": day.network, "sought": sought}
    return render(request, "orders/amend.html", context, status=422 if form.errors else 200)
