"""For support staff: orders, purchase orders and documents are looked at, and change on their pages only."""

from django.contrib import admin

from network.admin import LookOnly, LookOnlyRows
from orders.models import Document, Order, OrderLine, PurchaseOrder, PurchaseOrderLine, Subscription, SubscriptionRun


class OrderLineRows(LookOnlyRows):
    model = OrderLine


class PurchaseOrderLineRows(LookOnlyRows):
    model = PurchaseOrderLine


@admin.register(Order)
class OrderAdmin(LookOnly):
    list_display = ["pk", "buyer", "delivery", "status", "confirmed_at", "hold_expires_at"]
    list_filter = ["status", "delivery__delivery_day__cycle__network"]
    list_select_related = [
        "buyer",
        "delivery__delivery_day",
        "delivery__pickup_point",
        "delivery__outlet__organisation",
    ]
    search_fields = ["=pk", "buyer__name"]
    inlines = [OrderLineRows]


@admin.register(PurchaseOrder)
class PurchaseOrderAdmin(LookOnly):
    list_display = ["producer", "delivery_day", "total", "below_minimum", "made_at"]
    list_filter = ["delivery_day__cycle__network"]
    list_select_related = ["producer__organisation", "delivery_day__cycle__network"]
    search_fields = ["producer__organisation__name"]
    inlines = [PurchaseOrderLineRows]


@admin.register(Document)
class DocumentAdmin(LookOnly):
    list_display = ["__str__", "issuer", "recipient", "issued_on", "gross"]
    list_filter = ["network", "kind", "year"]
    list_select_related = ["issuer", "recipient"]
    search_fields = ["=number", "issuer__name", "recipient__name", "communication"]


class SubscriptionRunRows(LookOnlyRows):
    model = SubscriptionRun


@admin.register(Subscription)
class SubscriptionAdmin(LookOnly):
    list_display = ["pk", "buyer", "size", "pickup_point", "rhythm", "stopped_at"]
    list_filter = ["network", "rhythm"]
    list_select_related = ["buyer", "size__box", "pickup_point"]
    search_fields = ["=pk", "buyer__name"]
    inlines = [SubscriptionRunRows]
