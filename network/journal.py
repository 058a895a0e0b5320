"""Who did what, written in the same transaction as the change."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import models

from network.models import JournalEntry, Network, Person


def record(
    *,
    action: str,
    subject: models.Model,
    by: Person | None,
    network: Network | None = None,
    reason: str = "",
    **data: Any,
) -> JournalEntry:
    """Note that `by` (None: the clock) did `action`, a short English verb phrase, to `subject`. `data` must be JSON."""
    return JournalEntry.objects.create(
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        actor=by,
        network=network,
        reason=reason,
        data=data,
    )


def record_each(
    *,
    action: str,
    subjects: Iterable[models.Model],
    by: Person | None,
    network: Network,
    said: Mapping[int, tuple[str, dict[str, Any]]] | None = None,
) -> None:
    """Note the same of many subjects, in one query; `said` is the reason and the data of each, by pk."""
    JournalEntry.objects.bulk_create(
        JournalEntry(
            action=action,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            actor=by,
            network=network,
            reason=said[subject.pk][0][:300] if said else "",
            data=said[subject.pk][1] if said else {},
        )
        for subject in subjects
    )


def history_of(subject: models.Model) -> models.QuerySet[JournalEntry]:
    """What happened to `subject`, newest first."""
    return JournalEntry.objects.filter(subject_type=subject._meta.label_lower, subject_id=subject.pk).select_related(
        "actor"
    )
