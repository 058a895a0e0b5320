"""The products of a farm: what they are, for those who work for it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import journal
from network.models import Person
from network.views.refusals import told
from producers import access, desk, kinds, particulars, photos, products
from producers.models import Producer, Product
from producers.product_forms import PhotoForm, ProductForm

OTHER = "other"
"""What is asked for when no kind fits: an empty form."""


@login_required
def product_list(request: HttpRequest, slug: str) -> HttpResponse:
    """By category; `?archived=1` shows those that were archived."""
    farm = access.farm_for(request.user, slug)
    every = sorted(farm.products.all(), key=desk.by_category_and_name)
    archived = [one for one in every if one.archived_at]
    shown = archived if "archived" in request.GET else [one for one in every if not one.archived_at]
    sections = [
        (label, [(one, particulars.size_of(one), particulars.months_of(one)) for one in shown if one.category == value])
        for value, label in Product.Category.choices
    ]
    return render(
        request,
        "producers/products.html",
        {
            "farm": farm,
            "sections": [section for section in sections if section[1]],
            "shows_archived": "archived" in request.GET,
            "active": len(every) - len(archived),
            "archived": len(archived),
        },
    )


@login_required
def add(request: HttpRequest, slug: str) -> HttpResponse:
    """First a kind is chosen (`?kind=`), or one of her own products to begin with (`?like=`); then the form is filled in by it."""
    farm = access.farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    usual = _usual(farm, request)
    if usual is None:
        return render(
            request, "producers/kinds.html", {"farm": farm, "categories": kinds.by_category(), "other": OTHER}
        )
    form = ProductForm(Product(producer=farm), request.POST if request.method == "POST" else None, usual=usual)
    if form.is_valid() and (kept := form.save(by=request.user)):
        messages.success(
            request, _("Added: %(product)s. Now say how much there is, or add a photo.") % {"product": kept}
        )
        return redirect("producers:product", slug, kept.pk)
    return _page(request, farm, form)


def _usual(farm: Producer, request: HttpRequest) -> dict[str, Any] | None:
    """What the form of a new product is filled in with; None when nothing was chosen yet."""
    kind, like = request.GET.get("kind", ""), request.GET.get("like", "")
    if kind == OTHER:
        return {"category": Product.Category.VEGETABLES, "unit": "piece", "step": 1, "perishable": True}
    if kind in kinds.every():
        found = kinds.every()[kind]
        return found.usual | {"name": found.name}
    if like:
        one = get_object_or_404(farm.products, pk=like) if like.isdecimal() and len(like) < 18 else None
        if one is None:
            raise Http404
        return kinds.usual_of(one) | {"name": one.name, "description": one.description}
    return None


@login_required
def product(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    farm = access.farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    found = get_object_or_404(farm.products, pk=pk)
    found.producer = farm
    if found.archived_at:
        return _page(request, farm, None, found)
    form = ProductForm(found, request.POST if request.method == "POST" else None)
    if form.is_valid() and form.save(by=request.user):
        messages.success(request, _("Saved. What was ordered already stays as it was."))
        return redirect("producers:product", slug, pk)
    if request.method == "POST":  # the form has filled in its product; the page shows the one that is kept
        found = get_object_or_404(farm.products, pk=pk)
    return _page(request, farm, form, found)


@login_required
@require_POST
def archive(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Archive a product, or (`back`) take it back."""
    farm = access.farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    found = get_object_or_404(farm.products, pk=pk)
    act = products.take_back if "back" in request.POST else products.archive
    with told(request):
        act(product=found, by=request.user)
    return redirect("producers:product", slug, pk)


@login_required
@require_POST
def photo(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """Show another photo, or (`remove`) the drawing again."""
    farm = access.farm_for(request.user, slug)
    assert isinstance(request.user, Person)
    found = get_object_or_404(farm.products.active(), pk=pk)
    found.producer = farm
    if "remove" in request.POST:
        photos.remove(product=found, by=request.user)
        messages.success(request, _("The photo is gone; the drawing is shown again."))
        return redirect("producers:product", slug, pk)
    form = PhotoForm(found, request.POST, request.FILES)
    if form.is_valid() and form.keep(by=request.user):
        messages.success(request, _("This is how customers see it from now on."))
        return redirect("producers:product", slug, pk)
    return _page(request, farm, ProductForm(found), found, form)


def _page(
    request: HttpRequest,
    farm: Producer,
    form: ProductForm | None,
    shown: Product | None = None,
    photo_form: PhotoForm | None = None,
) -> HttpResponse:
    context = {
        "farm": farm,
        "form": form,
        "photo_form": photo_form or (PhotoForm(shown) if shown else None),
        "product": shown,
        "size": particulars.size_of(shown) if shown else "",
        "history": journal.history_of(shown)[:8] if shown else [],
    }
    wrong = (form and form.errors) or (photo_form and photo_form.errors)
    return render(request, "producers/product.html", context, status=422 if wrong else 200)
