"""Every page, seen by everybody: strangers get 404, too small a role 403, and no named url is forgotten."""

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from network.views import operation
from tests.conftest import forget_cached
from tests.matrix import CAST
from tests.world import APPS, PAGES


def test_everybody_gets_what_the_matrix_says(world, monkeypatch):
    """One world for all pages; what a page changes is taken back before the next. No worker answers the health check."""
    monkeypatch.setattr(operation, "WORKER_SECONDS", 0.1)
    forget_cached()  # who asked how often is counted there
    clients = {who: Client() for who in CAST}
    for who, person in world.people.items():
        clients[who].force_login(person)
    wrong = {}
    for page in PAGES:
        for who, client in clients.items():
            with transaction.atomic():
                answer = getattr(client, page.method)(reverse(page.name, kwargs=page.kwargs(world)), page.data(world))
                transaction.set_rollback(True)
            if answer.status_code != page.status_for(who):
                wrong[f"{page.method} {page.name} {who}"] = answer.status_code
    assert wrong == {}


def named_urls(patterns, namespace=""):
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from named_urls(pattern.url_patterns, pattern.namespace or namespace)
        elif isinstance(pattern, URLPattern) and pattern.name and namespace in APPS:
            yield f"{namespace}:{pattern.name}"


def test_no_page_is_missing_from_the_matrix():
    assert set(named_urls(get_resolver().url_patterns)) == {page.name for page in PAGES}
