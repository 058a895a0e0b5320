"""For support staff: vehicles are set here; rounds, crates and cost runs are looked at, and changed on their pages only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from logistics.models import CostRun, CostShare, Crate, Pickup, Round, Stop, Unplanned, Vehicle


@admin.register(Vehicle)
class VehicleAdmin(admin.ModelAdmin[Vehicle]):
    list_display = ["name", "network", "owner", "crates", "kg", "archived_at"]
    list_filter = ["network"]
    raw_id_fields = ["owner", "depot"]
    search_fields = ["name", "owner__name"]


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


@admin.register(Unplanned, Pickup, CostRun, CostShare)
class KeptAdmin(LookOnly):
    pass
