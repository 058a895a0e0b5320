"""For support staff: vehicles and low-emission zones are set here; all else is looked at, and changed on its pages only."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from logistics.models import (
    CostGame,
    CostRun,
    CostShare,
    CostTerms,
    Crate,
    Dispute,
    LowEmissionZone,
    Overhead,
    Pickup,
    Proposal,
    Refund,
    Remark,
    Round,
    Stop,
    Tour,
    TourStop,
    TransportChoice,
    Unplanned,
    Vehicle,
)


@admin.register(Vehicle)
class VehicleAdmin(admin.ModelAdmin[Vehicle]):
    list_display = ["name", "kind", "network", "owner", "crates", "kg", "archived_at"]
    list_filter = ["kind", "network"]
    list_select_related = ["network", "owner"]
    raw_id_fields = ["owner", "depot", "returns_to"]
    search_fields = ["name", "owner__name"]


class ZoneForm(forms.ModelForm):
    def clean_boundary(self) -> Any:
        """At least three corners of latitude and longitude."""
        ring = self.cleaned_data["boundary"]
        try:
            corners = [(float(lat), float(lon)) for lat, lon in ring]
        except (TypeError, ValueError):
            raise forms.ValidationError(_("Write the corners as [[latitude, longitude], …].")) from None
        if len(corners) < 3 or any(abs(lat) > 90 or abs(lon) > 180 for lat, lon in corners):
            raise forms.ValidationError(_("A zone has at least three corners, each on earth."))
        return ring


@admin.register(LowEmissionZone)
class LowEmissionZoneAdmin(admin.ModelAdmin[LowEmissionZone]):
    form = ZoneForm


class LookOnly(admin.ModelAdmin[Any]):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Round)
class RoundAdmin(LookOnly):
    list_display = ["delivery_day", "number", "leg", "vehicle", "driver", "status", "km", "cost"]
    list_filter = ["status", "leg"]
    list_select_related = ["delivery_day__cycle__network", "vehicle", "driver"]


@admin.register(Stop)
class StopAdmin(LookOnly):
    list_display = ["round", "position", "place", "arrives_at", "done_at"]
    list_select_related = ["round", "place"]


@admin.register(Crate)
class CrateAdmin(LookOnly):
    list_display = ["letter", "delivery_day", "leg", "storage_class", "kg", "status", "checked_by"]
    list_filter = ["status", "leg", "storage_class"]
    list_select_related = ["delivery_day__cycle__network", "checked_by"]


@admin.register(TransportChoice)
class TransportChoiceAdmin(LookOnly):
    list_display = ["producer", "week_on", "transport", "vehicle", "by", "at"]
    list_select_related = ["producer__organisation", "vehicle", "by"]


@admin.register(Tour)
class TourAdmin(LookOnly):
    list_display = ["name", "network", "weekday", "vehicle", "kept"]
    list_select_related = ["network", "vehicle"]


@admin.register(TourStop)
class TourStopAdmin(LookOnly):
    list_display = ["tour", "position", "at", "producer", "pickup_point", "outlet"]
    list_select_related = ["tour", "producer__organisation", "pickup_point", "outlet__organisation"]


@admin.register(Unplanned, Pickup, CostRun, CostGame, CostShare, CostTerms, Dispute, Overhead, Proposal, Refund, Remark)
class KeptAdmin(LookOnly):
    pass
