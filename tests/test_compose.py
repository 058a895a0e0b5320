"""Production and settings agree on their variables."""

import os
import re
import subprocess
import sys

import yaml

from network.embedded import ROOT

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OURS = ("migrate", "web", "worker", "beat")


def test_every_variable_compose_gives_is_one_the_settings_read():
    settings = (ROOT / "network" / "settings.py").read_text()
    for service in OURS:
        for name in COMPOSE["services"][service]["environment"]:
            assert f'"{name}"' in settings, name


def test_every_required_variable_is_given():
    required = re.search(r"REQUIRED = \[(.*?)\]", (ROOT / "network" / "settings.py").read_text()).group(1)
    for name in re.findall(r'"(\w+)"', required):
        for service in OURS:
            assert name in COMPOSE["services"][service]["environment"], (service, name)


def test_every_variable_compose_asks_for_is_in_the_example():
    asked = set(re.findall(r"\$\{(\w+)(?::[?])", (ROOT / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.M))
    assert asked <= given


def test_services_are_locked_down_and_watched():
    for name, service in COMPOSE["services"].items():
        assert service["read_only"], name
        if name != "migrate":
            assert "healthcheck" in service, name


def test_the_cluster_sorts_as_the_embedded_one():
    arguments = COMPOSE["services"]["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]
    assert "--locale-provider=builtin --locale=C.UTF-8" in arguments


def test_half_configured_settings_say_what_is_missing():
    environment = {"PATH": os.environ["PATH"], "SECRET_KEY": "x", "DATABASE_URL": "postgresql:///x"}
    done = subprocess.run(
        [sys.executable, "-c", "import network.settings"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "Set in the environment: REDIS_URL, ALLOWED_HOSTS, SITE_URL, EMAIL_URL, DEFAULT_FROM_EMAIL" in done.stderr


def test_a_configured_production_is_safe():
    environment = {
        "PATH": os.environ["PATH"],
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": "postgresql://kouter:secret@postgres:5432/kouter",
        "REDIS_URL": "redis://valkey:6379",
        "ALLOWED_HOSTS": "kouter.example",
        "SITE_URL": "https://kouter.example",
        "EMAIL_URL": "smtp://user:pass@mail.example:587",
        "DEFAULT_FROM_EMAIL": "post@kouter.example",
        "DJANGO_SETTINGS_MODULE": "network.settings",
    }
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "ERROR"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "W004" not in done.stderr.replace("staticfiles.W004", "")
    assert "security.W012" not in done.stderr
