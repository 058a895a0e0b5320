"""What a farmer fills in about her bill."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from logistics import disputes
from logistics.models import CostShare
from network.errors import Refused
from network.models import Person


class DisputeForm(forms.Form):
    """What is wrong with a bill, in her own words."""

    text = forms.CharField(
        label=_("What is wrong?"),
        max_length=disputes.LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Say which amount, and what it should be. The coordinator answers; both stay on record."),
        error_messages={"required": _("Say what is wrong with this bill.")},
    )

    def __init__(self, share: CostShare, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.share = share

    def save(self, *, by: Person) -> bool:
        """Raise it; False when refused, with the reason beside the words."""
        try:
            disputes.raise_dispute(share=self.share, text=self.cleaned_data["text"], by=by)
        except Refused as refused:
            self.add_error(refused.field or None, refused.message)
        return not self.errors
