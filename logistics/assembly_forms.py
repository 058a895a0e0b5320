"""What members fill in when they decide together. Each form calls one domain function."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from logistics import assembly
from logistics.models import CostTerms, Proposal, Remark
from logistics.wording import written
from network import clock
from network.errors import Refused
from network.models import Network, Person

USUAL_VOTE = timedelta(days=14)


def _number(label: Any, *, most: Any, places: int, least: Any = 0, help: Any = "", required: bool = True) -> Any:
    return forms.DecimalField(
        label=label,
        help_text=help,
        min_value=Decimal(str(least)),
        max_value=Decimal(str(most)),
        decimal_places=places,
        localize=True,
        required=required,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class ProposalForm(forms.Form):
    """Other terms, why, until when the vote runs and from which week they would hold."""

    title = forms.CharField(label=_("In a few words"), max_length=120)
    why = forms.CharField(label=_("Why"), max_length=4000, widget=forms.Textarea)
    method = forms.ChoiceField(label=_("How the cost is shared"), choices=CostTerms.Method.choices)
    tau = _number(
        _("Bypass threshold, in percent"),
        most=100,
        places=1,
        help=_(
            "Higher: savings are more equal. Lower: less reason for a group to drive apart. Counts with equal savings only."
        ),
    )
    per_day = _number(_("euro per day"), most=1000, places=2)
    per_km = _number(_("euro per km"), most=20, places=4)
    per_hour = _number(_("euro per hour"), most=500, places=2)
    crates = forms.IntegerField(label=_("crates in the van"), min_value=1, max_value=1000)
    fund_crates = forms.IntegerField(
        label=_("Crates of a fuller day"),
        help_text=_("Farms then pay the price of a day of so many crates. Empty: no start-up fund."),
        min_value=1,
        max_value=100_000,
        required=False,
    )
    solidarity = _number(_("Part of the savings for the fund, in percent"), most=100, places=1)
    closes_on = forms.DateField(
        label=_("Vote until"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    closes_time = forms.TimeField(label=_("at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    from_week = forms.DateField(label=_("From the week of"), input_formats=["%Y-%m-%d"], widget=forms.Select)

    def __init__(self, network: Network, present: CostTerms, data: Any = None) -> None:
        until = clock.today() + USUAL_VOTE
        weeks = assembly.coming_weeks(network)
        first = next((week for week in weeks if week - timedelta(days=7) > until), None)
        initial = {name: getattr(present, name) for name in ("method", "crates", "fund_crates")}
        initial |= {name: written(getattr(present, name)) for name in ("per_day", "per_km", "per_hour")}
        initial |= {name: written(getattr(present, name), 100) for name in ("tau", "solidarity")}
        super().__init__(data, initial=initial | {"closes_on": until, "closes_time": time(20), "from_week": first})
        self.network = network
        self.fields["from_week"].widget.choices = [(week.isoformat(), _week(week)) for week in weeks]

    def save(self, *, by: Person) -> Proposal | None:
        """Propose; None when refused, with the reason on the form."""
        given = self.cleaned_data
        new = CostTerms(
            tau=given["tau"] / 100,
            solidarity=given["solidarity"] / 100,
            **{name: given[name] for name in ("method", "per_day", "per_km", "per_hour", "crates", "fund_crates")},
        )
        try:
            return assembly.propose(
                network=self.network,
                new=new,
                title=given["title"],
                why=given["why"],
                closes_at=clock.moment(given["closes_on"], given["closes_time"]),
                from_week=given["from_week"],
                by=by,
            )
        except Refused as refused:
            self.add_error(refused.field if refused.field in self.fields else None, refused.message)
            return None


def _week(week: date) -> str:
    return capfirst(
        gettext("%(day)s (week %(number)s)") % {"day": date_format(week, "l j F Y"), "number": f"{week:%V}"}
    )


class RemarkForm(forms.Form):
    text = forms.CharField(label=_("What do you think?"), max_length=2000, widget=forms.Textarea)

    def __init__(self, proposal: Proposal, data: Any = None) -> None:
        super().__init__(data)
        self.proposal = proposal

    def save(self, *, by: Person) -> Remark | None:
        try:
            return assembly.remark(proposal=self.proposal, text=self.cleaned_data["text"], by=by)
        except Refused as refused:
            self.add_error(None, refused.message)
            return None
