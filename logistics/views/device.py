"""What makes the pages of the road work like an app: the service worker and the manifest. The same for everybody."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control


@cache_control(no_cache=True)
def worker(request: HttpRequest) -> HttpResponse:
    """At the root, so that it may answer for every page it keeps."""
    answer = render(request, "logistics/sw.js", content_type="text/javascript; charset=utf-8")
    answer["Service-Worker-Allowed"] = "/"
    return answer


@cache_control(max_age=3600, private=True)
def manifest(request: HttpRequest) -> HttpResponse:
    """https://www.w3.org/TR/appmanifest/"""
    icons = [
        {"src": static("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"},
        *(
            {"src": static(f"img/icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for size, purpose in ((192, "any"), (512, "any"), (512, "maskable"))
        ),
    ]
    described = {
        "id": "/rounds/",
        "name": _("Kouter on the road"),
        "short_name": "Kouter",
        "description": _("Rounds and pickup points, also without reception."),
        "lang": get_language(),
        "start_url": reverse("logistics:my_rounds"),
        "scope": "/",
        "display": "standalone",
        "theme_color": "#123f2d",
        "background_color": "#fbfcf4",
        "icons": icons,
    }
    return JsonResponse(described, content_type="application/manifest+json")
