"""Translation catalogues without GNU gettext: collect, check and compile with Babel."""

import io
from argparse import ArgumentParser
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation.template import templatize

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
APPS = ("network", "producers", "orders", "logistics")
KEYWORDS = {
    **dict.fromkeys(("_", "gettext", "gettext_lazy", "gettext_noop"), None),
    **dict.fromkeys(("ngettext", "ngettext_lazy"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    "npgettext": ((1, "c"), 2, 3),
}


class Command(BaseCommand):
    help = "Collect the texts of code and templates into locale/*.po; --check only tells what is missing; --compile makes .mo."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true")
        parser.add_argument("--compile", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["compile"]:
            for language in languages():
                compile_catalogue(language)
            return
        fresh = collect(settings.ROOT)
        lacking = []
        for language in languages():
            kept = read(language)
            kept.update(fresh, no_fuzzy_matching=True)
            if not options["check"]:
                write(language, kept)
            lacking += [f"{language}: {message.id}" for message in untranslated(kept)]
        if lacking:
            report = "\n".join(lacking)
            if options["check"]:
                raise CommandError(f"{len(lacking)} texts to translate:\n{report}")
            self.stdout.write(f"{len(lacking)} texts to translate:\n{report}")


def languages() -> list[str]:
    return [code for code, _name in settings.LANGUAGES if code != "en"]


def collect(root: Path) -> Catalog:
    """All translatable texts of our own code and templates, in the order of their files."""
    catalogue = Catalog(charset="utf-8")
    for path in sources(root):
        text = path.read_text()
        code = text if path.suffix == ".py" else _flat(templatize(text, origin=str(path)))
        for _line, function, messages, comments in extract_python(
            io.BytesIO(code.encode()), dict.fromkeys(KEYWORDS), ["Translators:"], {"encoding": "utf-8"}
        ):
            add(catalogue, str(function), messages, [str(comment) for comment in list(comments or [])])
    return catalogue


def _flat(code: str) -> str:
    """Templates indent as they please; Python's tokenizer minds."""
    return "\n".join(line.lstrip() for line in code.splitlines())


def add(catalogue: Catalog, function: str, messages: Any, comments: list[str]) -> None:
    parts = list(messages) if isinstance(messages, tuple) else [messages]
    context = parts.pop(0) if function in {"pgettext", "pgettext_lazy", "npgettext"} else None
    if not parts or not parts[0]:
        return
    plural = function in {"ngettext", "ngettext_lazy", "npgettext"}
    catalogue.add(tuple(parts[:2]) if plural else parts[0], context=context, auto_comments=comments)


def sources(root: Path) -> Iterator[Path]:
    for app in APPS:
        yield from sorted(path for path in (root / app).rglob("*.py") if "migrations" not in path.parts)
    yield from sorted(path for path in (root / "templates").rglob("*") if path.suffix in {".html", ".txt"})


def place(language: str, ending: str) -> Path:
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / f"django.{ending}"


def read(language: str) -> Catalog:
    path = place(language, "po")
    if not path.exists():
        return Catalog(locale=language, charset="utf-8")
    with path.open("rb") as handle:
        return read_po(handle, locale=language)


def write(language: str, catalogue: Catalog) -> None:
    path = place(language, "po")
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue.header_comment, catalogue.fuzzy = "", False
    catalogue.creation_date = catalogue.revision_date = EPOCH  # a date of today would make every run a change
    with path.open("wb") as handle:
        write_po(
            handle, catalogue, width=120, no_location=True, sort_output=True, ignore_obsolete=True, omit_header=False
        )


def untranslated(catalogue: Catalog) -> list[Any]:
    return [
        message
        for message in catalogue
        if message.id
        and (message.fuzzy or not (all(message.string) if isinstance(message.string, tuple | list) else message.string))
    ]


def compile_catalogue(language: str) -> None:
    with place(language, "mo").open("wb") as handle:
        write_mo(handle, read(language))
