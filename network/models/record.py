"""What happened and what must still happen: the journal and the outbox."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from network import clock
from network.models.people import Network

SAID = {
    "agreed a price": _("agreed a price with the trade"),
    "announced": _("announced supply"),
    "asked what if": _("asked what if"),
    "billed": _("billed"),
    "cancelled": _("cancelled"),
    "changed": _("changed"),
    "checked crates": _("checked crates"),
    "closed": _("closed"),
    "closed early": _("closed early"),
    "confirmed": _("confirmed"),
    "drove the rounds": _("noted that the rounds were driven"),
    "ended an agreed price": _("ended a price agreed with the trade"),
    "finished the round": _("finished the round"),
    "gave rounds to drivers": _("gave rounds to drivers"),
    "gave the round to a driver": _("gave the round to a driver"),
    "got less": _("gave less than was ordered"),
    "handed over": _("handed over"),
    "it goes on": _("said that it goes on"),
    "called it off": _("called it off, for want of orders"),
    "sells it only if enough is ordered": _("sells it only if enough is ordered"),
    "kept her cost price": _("noted the farm's own cost"),
    "locked a round": _("locked a round"),
    "locked a stop": _("locked a stop"),
    "merged two rounds": _("merged two rounds"),
    "moved a stop": _("moved a stop"),
    "moved the order": _("moved the order"),
    "noted what was driven": _("noted what was driven"),
    "noted temperatures": _("noted temperatures"),
    "lowered below what was ordered": _("lowered the stock below what was ordered"),
    "made stock carry over": _("let stock carry over from week to week"),
    "set until it is gone": _("said whether it is sold until it is gone"),
    "sold the last of it": _("sold the last of it"),
    "made the papers": _("made the papers"),
    "opened": _("opened"),
    "noted on the road": _("noted on the road"),
    "planned the rounds": _("planned the rounds"),
    "postponed the cut-off": _("postponed the cut-off"),
    "published the plan": _("published the plan"),
    "put a stop on a round": _("put a stop on a round"),
    "recorded as missing": _("recorded as missing"),
    "restored a version": _("restored an earlier version of the plan"),
    "saw what changed": _("saw what changed in the purchase order"),
    "saw the changes": _("saw the changes of the round"),
    "recorded what was really given": _("recorded what was really given"),
    "said who bears it": _("said who bears what was missing or bad"),
    "saw to a trouble": _("saw to a trouble"),
    "settled": _("settled"),
    "split a round": _("split a round"),
    "swapped the vehicle": _("swapped the vehicle of a round"),
    "took back the check of crates": _("took back the check of crates"),
    "took back the hand-over": _("took back the hand-over"),
    "unlocked a round": _("unlocked a round"),
    "unlocked a stop": _("unlocked a stop"),
    "took empties back": _("took empties back"),
    "weighed": _("weighed"),
    "added the product": _("added the product"),
    "archived the product": _("archived the product"),
    "changed the photo": _("changed the photo"),
    "changed the product": _("changed what is said of the product"),
    "took the product back": _("took the product out of the archive"),
    "added the vehicle": _("added the vehicle"),
    "archived the vehicle": _("archived the vehicle"),
    "brought back the vehicle": _("brought back the vehicle"),
    "asked to join": _("asked to sell through the network"),
    "declined a farm": _("said no to a farm"),
    "leaves the network": _("said that the farm leaves the network"),
    "left the network": _("left the network"),
    "no longer asked to join": _("no longer asked to sell through the network"),
    "stays in the network": _("said that the farm stays after all"),
    "took a farm in": _("took a farm in"),
    "changed the standing tour": _("changed the standing tour"),
    "changed the vehicle": _("changed the vehicle"),
    "chose how her goods travel": _("chose how the farm's goods travel this week"),
    "deleted the standing tour": _("deleted the standing tour"),
    "kept the standing tour": _("kept the standing tour again"),
    "let the standing tour go": _("let the standing tour go"),
    "made a standing tour": _("made a standing tour"),
    "gave a refund": _("gave the members a refund"),
    "put money in the fund": _("put money in the start-up fund, or took it out"),
    "set the overhead": _("set what the network itself costs a week"),
    "answered a dispute": _("answered what a farm said of its bill"),
    "credited what was not delivered": _("credited what was not delivered"),
    "corrected the settlement": _("corrected the settlement"),
    "disputed a bill": _("said that a bill is wrong"),
    "counted the vote": _("counted the vote"),
    "made a proposal": _("made a proposal"),
    "made a remark": _("made a remark"),
    "voted": _("voted"),
    "withdrew the proposal": _("withdrew the proposal"),
    "added a size": _("gave the box another size"),
    "started a box": _("started a box"),
    "composed the box": _("composed the box"),
    "filled from a subscription": _("filled from a subscription"),
    "subscribed": _("subscribed"),
    "changed the subscription": _("changed the subscription"),
    "paused the subscription": _("paused the subscription"),
    "resumed the subscription": _("resumed the subscription"),
    "stopped the subscription": _("stopped the subscription"),
    "skipped a week": _("skipped a week"),
    "gave a box away": _("gave a box away"),
    "took a week as usual": _("took a week as usual"),
    "swapped in a box": _("swapped something in a box"),
    "changed a role": _("changed what somebody may do"),
    "invited somebody": _("invited somebody"),
    "joined": _("joined"),
    "left": _("left"),
    "moved house": _("moved to another address"),
    "said when goods can be brought": _("said when goods can be brought to the farm"),
    "removed somebody": _("removed somebody"),
    "took goods back": _("noted that goods came back"),
    "noted a lot": _("noted a lot"),
    "noted lots": _("noted lots"),
    "changed a lot": _("changed a lot"),
    "started a recall": _("started a recall"),
    "closed the recall": _("closed the recall"),
    "credited a recall": _("gave the buyers their money back"),
    "took off sale": _("took it off sale"),
    "withdrew an invitation": _("withdrew an invitation"),
    "withdrew from the contract": _("withdrew from the contract"),
}

SUBJECTS = {
    "network.deliveryday": (_("delivery day"), "logistics:day"),
    "orders.order": (_("order"), "orders:detail"),
    "orders.purchaseorder": (_("purchase order"), "orders:purchase_order"),
    "orders.recall": (_("recall"), "orders:recall"),
    "logistics.round": (_("round"), "logistics:round"),
    "logistics.vehicle": (_("vehicle"), "logistics:vehicle"),
    "logistics.proposal": (_("proposal"), "logistics:proposal"),
}
"""What is written about, as readers call it, and the page that shows it."""


class JournalEntry(models.Model):
    """Who did what to what, and why. Written in the same transaction as the change; the database refuses to alter it."""

    at = models.DateTimeField(default=clock.now)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    network = models.ForeignKey(Network, models.PROTECT, null=True, blank=True, related_name="journal")
    action = models.CharField(max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        ordering = ["-at", "-pk"]
        verbose_name_plural = "journal entries"
        indexes = [
            models.Index(fields=["subject_type", "subject_id"], name="journal_by_subject"),
            models.Index(fields=["network", "-at"], name="journal_by_network"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.subject_type} {self.subject_id}"

    @property
    def said(self) -> str:
        """What was done, in the reader's language."""
        return str(SAID.get(self.action, self.action))

    @property
    def subject(self) -> tuple[str, str] | None:
        """What it was done to, and its page; None for what has no page of its own."""
        if self.subject_type not in SUBJECTS:
            return None
        name, page = SUBJECTS[self.subject_type]
        return f"{name} {self.subject_id}", reverse(page, args=[self.subject_id])


class OutboxEntries(models.QuerySet["OutboxEntry"]):
    def waiting(self) -> Self:
        return self.filter(done_at=None)


class OutboxEntry(models.Model):
    """Something that must follow a committed change exactly once: `kind` names who handles it, `key` makes it unique."""

    key = models.CharField(max_length=160, unique=True)
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)

    objects = OutboxEntries.as_manager()

    class Meta:
        verbose_name_plural = "outbox entries"
        indexes = [models.Index(fields=["due_at"], condition=Q(done_at=None), name="outbox_waiting")]
