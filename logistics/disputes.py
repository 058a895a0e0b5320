"""What a farmer says is wrong with a bill, and what the network answers. Both stay (`docs/bills.md`)."""

from django.db import transaction
from django.utils.translation import gettext as _

from logistics.models import CostShare, Dispute
from network import clock, journal, outbox
from network.errors import Refused
from network.models import DeliveryDay, Person

LONGEST = 2000
"""Characters of a dispute, and of an answer."""


@transaction.atomic
def raise_dispute(*, share: CostShare, text: str, by: Person) -> Dispute:
    """
    Say what is wrong with a bill. Refused without words, on a bill that was corrected since, and while an earlier dispute on
    it waits for its answer.
    """
    text = _words(text, _("Say what is wrong with this bill."))
    _lock(share)
    share = CostShare.objects.select_related("cost_run__delivery_day__cycle__network", "producer").get(pk=share.pk)
    if share.cost_run.corrected_at is not None:
        raise Refused(_("This bill was corrected since. Look at the new one first."), "text")
    if share.disputes.filter(answered_at=None).exists():
        raise Refused(_("You already said what is wrong with this bill, and it has not been answered yet."), "text")
    dispute = Dispute.objects.create(share=share, raised_by=by, text=text)
    day = share.cost_run.delivery_day
    journal.record(
        action="disputed a bill", subject=day, by=by, network=day.network, reason=text[:300], farm=str(share.producer)
    )
    outbox.add(kind="dispute_raised", key=f"dispute-{dispute.pk}", dispute=dispute.pk)
    return dispute


@transaction.atomic
def answer_dispute(*, dispute: Dispute, text: str, by: Person) -> Dispute:
    """Answer it, once. Refused without words, and when somebody answered it before."""
    text = _words(text, _("Write an answer first."))
    _lock(dispute.share)
    dispute = Dispute.objects.select_related("share__cost_run__delivery_day__cycle__network", "share__producer").get(
        pk=dispute.pk
    )
    if dispute.answered_at is not None:
        raise Refused(_("This was answered already. An answer stays as it is."), "text")
    dispute.answer, dispute.answered_by, dispute.answered_at = text, by, clock.now()
    dispute.save(update_fields=["answer", "answered_by", "answered_at"])
    day = dispute.share.cost_run.delivery_day
    journal.record(
        action="answered a dispute",
        subject=day,
        by=by,
        network=day.network,
        reason=text[:300],
        farm=str(dispute.share.producer),
    )
    outbox.add(kind="dispute_answered", key=f"dispute-answered-{dispute.pk}", dispute=dispute.pk)
    return dispute


def _lock(share: CostShare) -> None:
    """The day: what a dispute is about may be corrected at the same moment."""
    DeliveryDay.objects.select_for_update(no_key=True).get(cost_runs__shares=share.pk)


def _words(text: str, missing: str) -> str:
    text = text.strip()
    if not text:
        raise Refused(missing, "text")
    if len(text) > LONGEST:
        raise Refused(_("That is too long. Keep it below %(most)s characters.") % {"most": LONGEST}, "text")
    return text
