"""The project package and the common ground of all apps."""

from network.celery import app as celery_app

__all__ = ["celery_app"]
