"""What waits for a farm, on pages of apps that know nothing of it."""

from typing import Any

from django import template

from logistics import harvest
from producers.models import Producer

register = template.Library()


@register.inclusion_tag("logistics/_harvest_now.html")
def harvest_now(farm: Producer) -> dict[str, Any]:
    """The days that have closed, each with what is to do; nothing when there are none."""
    return {"farm": farm, "todos": harvest.to_do(farm)}
