"""The Celery app: broker and schedule from the settings, tasks from the apps by name."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "network.settings")
app = Celery("kouter")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["network", "orders", "logistics", "logistics.demo"])


@setup_logging.connect
def log_as_django_does(**_kwargs: object) -> None:
    """Nothing to do: Django has set up logging; connecting keeps Celery from doing it again."""
