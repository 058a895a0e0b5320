from network.models.account import Address, Export, Invitation
from network.models.calendar import (
    Cycle,
    Delivery,
    DeliveryCapacity,
    DeliveryDay,
    Holiday,
    WeeklyDay,
)
from network.models.ledger import Account, Posting, Transaction
from network.models.people import (
    BankAccount,
    Membership,
    MembershipRequest,
    Network,
    NetworkRole,
    Organisation,
    OrganisationRole,
    Person,
    VatStatus,
)
from network.models.places import Outlet, PickupPoint, PickupSlot, Place, PointCapacity
from network.models.record import JournalEntry, OutboxEntry
from network.models.terms import HomeDelivery, PriceGroup, Tariff, VatRate

__all__ = [
    "Account",
    "Address",
    "BankAccount",
    "Cycle",
    "Delivery",
    "DeliveryCapacity",
    "DeliveryDay",
    "Export",
    "Holiday",
    "HomeDelivery",
    "Invitation",
    "JournalEntry",
    "Membership",
    "MembershipRequest",
    "Network",
    "NetworkRole",
    "Organisation",
    "OrganisationRole",
    "OutboxEntry",
    "Outlet",
    "Person",
    "PickupPoint",
    "PickupSlot",
    "Place",
    "PointCapacity",
    "Posting",
    "PriceGroup",
    "Tariff",
    "Transaction",
    "VatRate",
    "VatStatus",
    "WeeklyDay",
]
