"""What is asked and grown by nobody, and when what is ordered: for a farmer who plans."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from network.models import Network
from orders import asked, crops
from producers import access
from producers.prices import FEWEST


@login_required
def asking(request: HttpRequest, slug: str) -> HttpResponse:
    """`?kind=` chooses what the picture shows; the first there is, when it is not one of those."""
    farm = access.farm_for(request.user, slug)
    networks = list(Network.objects.active().selling_from(farm.organisation))
    choices = crops.kinds_of(networks)
    names = dict(choices)
    key = request.GET.get("kind", "")
    key = key if key in names else next(iter(names), "")
    crop = crops.crop_of(farm, networks, key, names[key]) if key else None
    return render(
        request,
        "orders/asked.html",
        {
            "farm": farm,
            "found": asked.asked_of(farm, networks),
            "weeks": asked.WEEKS,
            "least": asked.LEAST,
            "choices": choices,
            "crop": crop if crop and crop.is_shown else None,
            "fewest": FEWEST,
            **(_picture(crop) if crop else {}),
        },
    )


def _picture(crop: crops.Crop) -> dict[str, Any]:
    """The rows and series of the columns: kilos by week of the year."""
    return {
        "rows": [{"label": str(week.number), "values": [week.together, week.own]} for week in crop.weeks],
        "series": [{"kind": "rest", "label": _("all farms together")}, {"kind": "farm", "label": _("your farm")}],
    }
