"""For support staff: look things up and correct master data. Stock and prices change on the farmer's desk only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from network.admin import Kept, Rows
from producers.models import Box, BoxSize, Producer, Product, Supply


@admin.register(Producer)
class ProducerAdmin(admin.ModelAdmin):
    list_display = ["organisation", "slug", "transport", "archived_at"]
    list_select_related = ["organisation"]
    search_fields = ["organisation__name", "slug", "code"]
    raw_id_fields = ["organisation"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["__str__", "producer", "category", "unit", "archived_at"]
    list_filter = ["category", "storage_class"]
    list_select_related = ["producer__organisation"]
    search_fields = ["sku", "name", "producer__organisation__name"]
    exclude = ["cost", "photo"]  # the farm's own, and made in two sizes on her own page
    raw_id_fields = ["producer"]


@admin.register(Supply)
class SupplyAdmin(admin.ModelAdmin):
    list_display = ["product", "week_on", "quantity", "reserved", "price"]
    list_filter = ["week_on"]
    list_select_related = ["product"]
    search_fields = ["product__sku", "product__producer__organisation__name"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class BoxSizeRows(Rows):
    model = BoxSize


@admin.register(Box)
class BoxAdmin(Kept):
    """What is in a box is decided on its own page; here only that there is one, and its sizes."""

    list_display = ["__str__", "network", "producer", "kind", "archived_at"]
    list_filter = ["network", "kind"]
    list_select_related = ["network", "producer__organisation"]
    raw_id_fields = ["producer"]
    inlines = [BoxSizeRows]
