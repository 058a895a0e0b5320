"""The house keeps its shape: imports go downwards, migrations are complete, every text has its translation."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

from network.embedded import ROOT
from network.management.commands import messages


def test_imports_go_downwards_only():
    lint = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_migration_is_missing(db):
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


@pytest.mark.parametrize("language", messages.languages())
def test_every_text_is_translated(language):
    catalogue = messages.read(language)
    catalogue.update(messages.collect(ROOT), no_fuzzy_matching=True)
    assert [message.id for message in messages.untranslated(catalogue)] == []


def test_no_address_of_a_registry_is_committed():
    for name in ("requirements.txt", "package-lock.json"):
        assert "http" not in (ROOT / name).read_text()
