"""Texts that people write, kept per language with fallback: `str(product.name)` reads in the reader's language."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import get_language


class LocalText(dict[str, str]):
    """A text per language code. `str()` gives the active language, else Dutch, else whatever there is, else ""."""

    def in_language(self, language: str | None) -> str:
        for code in ((language or "")[:2], settings.LANGUAGE_CODE):
            if self.get(code):
                return self[code]
        return next((text for text in self.values() if text), "")

    def __str__(self) -> str:
        return self.in_language(get_language())


class Texts(models.JSONField):
    """A `LocalText` in one JSON column; a plain string counts as Dutch."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        loaded = super().from_db_value(value, expression, connection)
        return LocalText(loaded) if isinstance(loaded, dict) else loaded

    def to_python(self, value: Any) -> Any:
        return as_text(value)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = as_text(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, value)
        return value


def as_text(value: Any) -> LocalText:
    if isinstance(value, str):
        return LocalText({settings.LANGUAGE_CODE: value}) if value else LocalText()
    return LocalText(value or {})
