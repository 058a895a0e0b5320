"""A farmer who has less than was ordered: who gets less under which rule, and the cut on her word."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from network import numbers
from network.models import Person
from orders.cutting_forms import CutForm
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
