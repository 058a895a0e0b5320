"""
For support staff: a network, its terms and its places are set here; people and organisations are corrected. The week, the
books, the journal and the outbox are looked at, and change on their pages only.
"""

from typing import Any

from allauth.account.models import EmailAddress
from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from network.models import (
    Account,
    BankAccount,
    Cycle,
    Delivery,
    DeliveryCapacity,
    DeliveryDay,
    Holiday,
    HomeDelivery,
    JournalEntry,
    Membership,
    Network,
    NetworkRole,
    Organisation,
    OrganisationRole,
    OutboxEntry,
    Outlet,
    Person,
    PickupPoint,
    PickupSlot,
    Place,
    PointCapacity,
    Posting,
    PriceGroup,
    Tariff,
    Transaction,
    VatRate,
    VatStatus,
    WeeklyDay,
)


class Kept(admin.ModelAdmin[Any]):
    """Corrected, archived, never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class LookOnly(Kept):
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def _is_super(request: HttpRequest) -> bool:
    return bool(request.user.is_active and getattr(request.user, "is_superuser", False))


class RowForm(forms.ModelForm):
    """Django leaves out the constraints that name the parent of a row; an overlap of periods must be said, not crash."""

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]
        if not self.errors:
            try:
                self.instance.validate_constraints()
            except ValidationError as error:
                self.add_error(None, error)


class Rows(admin.TabularInline[Any, Any]):
    """A table on the page of what its rows belong to."""

    extra = 0
    form = RowForm


class KeptRows(Rows):
    """Terms have an end, they are not deleted."""

    can_delete = False


class LookOnlyRows(KeptRows):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OrganisationRoleRows(Rows):
    model = OrganisationRole
    raw_id_fields = ["organisation", "person"]


class NetworkRoleRows(Rows):
    model = NetworkRole
    raw_id_fields = ["person", "pickup_point"]


class MembershipRows(KeptRows):
    model = Membership
    raw_id_fields = ["organisation"]


class VatStatusRows(KeptRows):
    model = VatStatus


class BankAccountRows(KeptRows):
    model = BankAccount


class WeeklyDayRows(Rows):
    model = WeeklyDay


class HolidayRows(Rows):
    model = Holiday


class HomeDeliveryRows(Rows):
    model = HomeDelivery


class PriceGroupRows(KeptRows):
    model = PriceGroup


class TariffRows(KeptRows):
    model = Tariff


class PickupSlotRows(Rows):
    model = PickupSlot


class PointCapacityRows(Rows):
    model = PointCapacity


class DeliveryCapacityRows(LookOnlyRows):
    model = DeliveryCapacity


class PostingRows(LookOnlyRows):
    model = Posting


@admin.register(Person)
class PersonAdmin(Kept):
    list_display = ["email", "name", "language", "is_active", "is_staff"]
    list_filter = ["is_staff", "is_active", "language"]
    search_fields = ["email", "name"]
    fields = ["email", "name", "language", "phone", "is_active", "is_staff", "groups", "joined_at", "last_login"]
    filter_horizontal = ["groups"]
    inlines = [OrganisationRoleRows, NetworkRoleRows]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return _is_super(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and not (obj and obj.is_superuser and not _is_super(request))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Who may sign in here, and with which address, is not for support staff to say."""
        return ["joined_at", "last_login", *([] if _is_super(request) else ["email", "is_staff", "groups"])]

    def save_model(self, request: HttpRequest, obj: Person, form: Any, change: bool) -> None:
        """The address is the one that signs in, confirmed by the first code that reaches it."""
        obj.email = obj.email.lower()
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).delete()
            EmailAddress.objects.create(user=obj, email=obj.email, primary=True)


@admin.register(Organisation)
class OrganisationAdmin(Kept):
    list_display = ["name", "kind", "place", "enterprise_number", "archived_at"]
    list_filter = ["kind"]
    list_select_related = ["place"]
    search_fields = ["name", "enterprise_number"]
    raw_id_fields = ["place"]
    inlines = [OrganisationRoleRows, MembershipRows, VatStatusRows, BankAccountRows]


@admin.register(Network)
class NetworkAdmin(Kept):
    list_display = ["name", "slug", "flow", "email", "archived_at"]
    search_fields = ["name", "slug"]
    raw_id_fields = ["organisation", "hub"]
    inlines = [
        WeeklyDayRows,
        HomeDeliveryRows,
        HolidayRows,
        PriceGroupRows,
        TariffRows,
        NetworkRoleRows,
    ]


@admin.register(Place)
class PlaceAdmin(Kept):
    list_display = ["street", "postcode", "municipality", "lat", "lon"]
    list_display_links = ["street", "postcode"]
    search_fields = ["street", "postcode", "municipality"]


@admin.register(PickupPoint)
class PickupPointAdmin(Kept):
    list_display = ["__str__", "code", "network", "place", "archived_at"]
    list_filter = ["network"]
    list_select_related = ["network", "place"]
    search_fields = ["code", "name"]
    raw_id_fields = ["place"]
    inlines = [PickupSlotRows, PointCapacityRows]


@admin.register(Outlet)
class OutletAdmin(Kept):
    list_display = ["organisation", "code", "kind", "weekdays", "archived_at"]
    list_filter = ["kind"]
    list_select_related = ["organisation"]
    search_fields = ["organisation__name", "code"]
    raw_id_fields = ["organisation"]


@admin.register(VatRate)
class VatRateAdmin(Kept):
    list_display = ["category", "rate", "period"]
    list_filter = ["category"]


@admin.register(Cycle)
class CycleAdmin(LookOnly):
    list_display = ["network", "week_on", "opens_at", "status"]
    list_display_links = ["week_on"]
    list_filter = ["network", "status"]
    list_select_related = ["network"]


@admin.register(DeliveryDay)
class DeliveryDayAdmin(LookOnly):
    list_display = ["cycle", "on", "closes_at", "status"]
    list_display_links = ["on"]
    list_filter = ["cycle__network", "status"]
    list_select_related = ["cycle__network"]


@admin.register(Delivery)
class DeliveryAdmin(LookOnly):
    list_display = ["destination", "delivery_day", "starts_at", "ends_at"]
    list_filter = ["delivery_day__cycle__network"]
    list_select_related = ["delivery_day__cycle__network", "pickup_point", "outlet__organisation"]
    search_fields = ["pickup_point__code", "outlet__code"]
    inlines = [DeliveryCapacityRows]


@admin.register(Account)
class AccountAdmin(LookOnly):
    list_display = ["kind", "organisation", "network", "currency"]
    list_filter = ["network", "kind"]
    list_select_related = ["organisation", "network"]
    search_fields = ["organisation__name"]


@admin.register(Transaction)
class TransactionAdmin(LookOnly):
    list_display = ["key", "description", "network", "on", "booked_at"]
    list_filter = ["network"]
    list_select_related = ["network"]
    search_fields = ["key", "description"]
    inlines = [PostingRows]


@admin.register(JournalEntry)
class JournalEntryAdmin(LookOnly):
    list_display = ["at", "actor", "action", "subject_type", "subject_id", "network", "reason"]
    list_filter = ["network", "action"]
    list_select_related = ["actor", "network"]
    search_fields = ["actor__email", "actor__name", "reason"]


@admin.register(OutboxEntry)
class OutboxEntryAdmin(LookOnly):
    list_display = ["key", "kind", "created_at", "due_at", "done_at", "attempts", "error"]
    list_filter = ["kind", ("done_at", admin.EmptyFieldListFilter)]
    search_fields = ["key"]
