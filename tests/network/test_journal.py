"""Who did what: in the same transaction as the change, in words every reader knows."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import override

from network import clock, journal
from network.models import JournalEntry, Network, Person
from network.models.record import SAID
from tests.conftest import NOW, make_network

APPS = ("network", "producers", "orders", "logistics")


def test_an_entry_says_who_did_what_to_what_when_and_why(network: Network, dana: Person) -> None:
    journal.record(action="opened", subject=network, by=dana, network=network, reason="Feest", before="1", after="2")
    entry = JournalEntry.objects.get()
    assert (entry.actor, entry.action, entry.subject_type, entry.subject_id) == (
        dana,
        "opened",
        "network.network",
        network.pk,
    )
    assert (entry.at, entry.network, entry.reason, entry.data) == (NOW, network, "Feest", {"before": "1", "after": "2"})


def test_the_clock_acts_without_a_name(network: Network) -> None:
    assert journal.record(action="closed", subject=network, by=None).actor is None


def test_a_change_taken_back_leaves_no_entry(network: Network) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        journal.record(action="closed", subject=network, by=None)
        raise ZeroDivisionError
    assert not JournalEntry.objects.exists()


def test_the_history_of_a_thing_is_its_own_newest_first(
    network: Network, dana: Person, django_assert_num_queries
) -> None:
    other = make_network("leuven")
    for minutes, (action, subject) in enumerate(
        [("opened", network), ("closed", other), ("opened", dana), ("closed", network), ("settled", network)]
    ):
        with clock.at(NOW + timedelta(minutes=minutes)):
            journal.record(action=action, subject=subject, by=dana)
    with django_assert_num_queries(1):
        assert [(entry.action, str(entry.actor)) for entry in journal.history_of(network)] == [
            ("settled", "Dana"),
            ("closed", "Dana"),
            ("opened", "Dana"),
        ]


def test_who_acted_cannot_be_deleted_from_under_the_journal(network: Network, dana: Person) -> None:
    journal.record(action="opened", subject=network, by=dana)
    with pytest.raises(IntegrityError), transaction.atomic():
        Person.objects.filter(pk=dana.pk).delete()


def test_everything_the_code_notes_can_be_said_in_every_language() -> None:
    code = [
        path.read_text() for app in APPS for path in Path(settings.ROOT, app).rglob("*.py") if path.name != "record.py"
    ]
    calls = [call for text in code for call in re.findall(r"journal\.record\(\s*action=(.*?)subject=", text, re.DOTALL)]
    noted = {action for call in calls for action in re.findall(r'"([a-z][^"]+)"', call)}
    assert len(calls) >= 12
    assert noted - set(SAID) == set()
    assert [action for action in SAID if not any(f'"{action}"' in text for text in code)] == []
    english = {action: str(said) for action, said in SAID.items()}
    for language in ("nl", "fr"):
        with override(language):
            assert [action for action, said in SAID.items() if str(said) == english[action]] == []
    with override("nl"):
        assert JournalEntry(action="opened").said == "heeft geopend"
    assert JournalEntry(action="painted the barn").said == "painted the barn"
