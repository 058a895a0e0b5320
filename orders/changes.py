"""What changed in an order since it was last confirmed: as JSON for the journal, and as rows a household can read."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from network.models import Delivery, JournalEntry
from network.money import euros
from network.quantities import Unit
from network.texts import as_text
from orders.models import OrderLine


def of_lines(lines: Iterable[OrderLine]) -> dict[str, Any]:
    """What is asked now against what was confirmed: the lines that differ, and the euro of all lines before and after."""
    found = list(lines)
    return {
        "lines": [
            {
                "name": dict(line.name),
                "unit": line.unit,
                "was": str(line.confirmed),
                "becomes": str(line.quantity),
                "euro_was": str(euros(line.gross * line.confirmed)),
                "euro_becomes": str(euros(line.gross * line.quantity)),
            }
            for line in found
            if line.quantity != line.confirmed
        ],
        "was": str(sum((euros(line.gross * line.confirmed) for line in found), Decimal(0))),
        "becomes": str(sum((euros(line.gross * line.quantity) for line in found), Decimal(0))),
    }


def shown(data: Mapping[str, Any]) -> dict[str, Any]:
    """What `of_lines` found, in the reader's language; empty when nothing changed."""
    rows = [
        row
        | {
            "name": str(as_text(row["name"])),
            "unit": Unit(row["unit"]).label,
            **{key: Decimal(row[key]) for key in ("was", "becomes", "euro_was", "euro_becomes")},
        }
        for row in data.get("lines", [])
        if "becomes" in row
    ]
    if not rows:
        return {}
    return {"rows": rows, "was": Decimal(data["was"]), "becomes": Decimal(data["becomes"])}


def with_changes(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """Journal entries of an order, each with `changes` and `places` (before, after) to show. At most one query."""
    found = list(entries)
    wanted = {pk for entry in found for pk in entry.data.get("deliveries", [])}
    places = Delivery.objects.select_related("pickup_point", "outlet__organisation").in_bulk(wanted) if wanted else {}
    for entry in found:
        entry.changes = shown(entry.data)  # type: ignore[attr-defined]
        entry.places = [  # type: ignore[attr-defined]
            places[pk].where for pk in entry.data.get("deliveries", []) if pk in places
        ]
    return found
