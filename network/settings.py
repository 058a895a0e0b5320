"""
All settings, from the environment. A local run (`KOUTER_LOCAL`, set by the supervisor and the tests) needs none of them;
production needs every variable of `REQUIRED` and names those it misses.
"""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import django_stubs_ext
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

django_stubs_ext.monkeypatch()  # lets `ModelAdmin[Producer]` be written as the type checker reads it

ROOT = Path(__file__).resolve().parent.parent
LOCAL = bool(os.environ.get("KOUTER_LOCAL"))
VAR = Path(os.environ.get("KOUTER_VAR", ROOT / "var"))

REQUIRED = ["SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS", "SITE_URL", "EMAIL_URL", "DEFAULT_FROM_EMAIL"]
missing = [name for name in REQUIRED if not os.environ.get(name)]
if missing and not LOCAL:
    raise ImproperlyConfigured(f"Set in the environment: {', '.join(missing)}. See docs/operations.md.")


def _local_secret() -> str:
    path = VAR / "secret-key"
    if not path.exists():
        VAR.mkdir(parents=True, exist_ok=True)
        path.write_text(secrets.token_urlsafe(50))
        path.chmod(0o600)
    return path.read_text()


def _database(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")) or os.environ.get("PGDATABASE", "kouter"),
        "USER": unquote(parts.username or os.environ.get("PGUSER", "")),
        "PASSWORD": unquote(parts.password or os.environ.get("PGPASSWORD", "")),
        "HOST": options.pop("host", parts.hostname or os.environ.get("PGHOST", "")),
        "PORT": str(parts.port or os.environ.get("PGPORT", "")),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # What is asked five times over a connection is planned no more: planning took longer than answering.
        "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5} | options,
    }


def _mail_server(url: str) -> dict[str, Any]:
    """`smtp://user:password@host:587` (STARTTLS), `smtps://…:465` (TLS) or `smtp+plain://host:25`."""
    parts = urlsplit(url)
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "",
        "EMAIL_PORT": parts.port or 587,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_TIMEOUT": 15,
    }


def _road_server(url: str) -> dict[str, Any]:
    """
    `osrm+https://host/`, `valhalla+http://host:8002/` or `ors+https://host/?key=…`, perhaps with `timeout=` seconds per
    request, as the fields of `logistics.distances.Server`; nothing when distances are by formula.
    """
    if not url:
        return {}
    try:
        parts = urlsplit(url)
        kind, _plus, scheme = parts.scheme.partition("+")
        options = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
        timeout = float(options.pop("timeout", 8))
        key = options.pop("key", "").replace(" ", "+")
        if (
            kind not in ("osrm", "valhalla", "ors")
            or scheme not in ("http", "https")
            or not (parts.hostname and parts.port != 0 and "@" not in parts.netloc)
            or not 0 < timeout <= 20
            or options
        ):
            raise ValueError(url)
    except ValueError:
        raise ImproperlyConfigured(
            "ROAD_SERVER is not understood. Write osrm+https://host/, valhalla+http://host:8002/ or "
            "ors+https://host/?key=…, perhaps with timeout=… seconds (20 at most). See docs/operations.md."
        ) from None
    address = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}/"
    return {"kind": kind, "address": address, "key": key, "timeout": timeout}


SECRET_KEY = os.environ.get("SECRET_KEY") or _local_secret()
DEBUG = False
ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "*" if LOCAL else "").split(",")
SITE_URL = os.environ.get("SITE_URL", "http://127.0.0.1:8000")
CSRF_TRUSTED_ORIGINS = [SITE_URL]

INSTALLED_APPS = [
    "network",
    "producers",
    "orders",
    "logistics",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "django_structlog",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
]
ROOT_URLCONF = "network.urls"
WSGI_APPLICATION = "network.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "logistics.navigation.navigation",
                *(["logistics.demo.tasks.progress"] if LOCAL else []),
            ],
            "builtins": [
                *(f"django.templatetags.{name}" for name in ("i18n", "l10n", "static")),
                "network.templatetags.kouter",
                "network.templatetags.goods",
            ],
        },
    }
]
SILENCED_SYSTEM_CHECKS = ["models.W042"]

# People
AUTH_USER_MODEL = "network.Person"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1"]
ACCOUNT_SIGNUP_FORM_CLASS = "network.forms.SignupForm"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = "Kouter: "
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "http" if LOCAL else "https"
ALLAUTH_TRUSTED_PROXY_COUNT = 0 if LOCAL else 1  # who asks is told by the proxy, and by nobody before it
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]

# Data
DATABASES = {"default": _database(os.environ.get("DATABASE_URL", ""))}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = os.environ.get("REDIS_URL", "")
SOCKET = REDIS_URL.startswith("unix://")
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"{REDIS_URL}?db=1" if SOCKET else f"{REDIS_URL.rstrip('/')}/1",
        "KEY_PREFIX": os.environ.get("REDIS_PREFIX", ""),
    }
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
CELERY_BROKER_URL = (
    f"redis+socket://{REDIS_URL.removeprefix('unix://')}?virtual_host=0" if SOCKET else f"{REDIS_URL.rstrip('/')}/0"
)
CELERY_RESULT_BACKEND = CELERY_BROKER_URL
CELERY_RESULT_EXPIRES = 3600
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = False
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
PREFIX = os.environ.get("REDIS_PREFIX", "")
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 1800, "global_keyprefix": PREFIX}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {"global_keyprefix": PREFIX}
CELERY_TIMEZONE = "Europe/Brussels"
CELERY_BEAT_SCHEDULE = {
    name: {"task": task, "schedule": seconds, "options": {"expires": seconds}}
    for name, task, seconds in (
        ("turn the week", "network.tasks.turn_the_week", 60),
        ("drain the outbox", "network.tasks.drain_outbox", 30),
        ("close due days", "orders.tasks.close_due_days", 20),
        ("decide pools", "orders.tasks.decide_pools", 20),
        ("expire holds", "orders.tasks.expire_holds", 60),
        ("turn standing stock", "producers.tasks.turn_standing_stock", 60),
        ("turn subscriptions", "orders.tasks.turn_subscriptions", 60),
        ("plan closed days", "logistics.tasks.plan_all_due", 60),
        ("count the votes", "logistics.tasks.decide_due", 60),
        ("remind buyers", "orders.tasks.remind", 300),
        ("end accounts", "network.tasks.end_accounts", 3600),
        ("end memberships", "network.tasks.end_memberships", 300),
        ("take up what-ifs", "logistics.tasks.take_up_what_ifs", 60),
        ("forget expired what-ifs", "logistics.tasks.forget_expired_what_ifs", 3600),
    )
}

# What follows a change, by kind of outbox row.
OUTBOX_HANDLERS = {
    "announce_shop": "orders.reminders.announce",
    "basket_waiting": "orders.reminder_mail.basket_waiting",
    "batch": "producers.tasks.begin_batch",
    "bill_job": "logistics.tasks.begin_bill_job",
    "choices": "logistics.choosing.reckon_all",
    "dispute_answered": "logistics.dispute_mail.answered",
    "dispute_raised": "logistics.dispute_mail.raised",
    "export": "network.privacy.make_export",
    "farm_answered": "logistics.belonging_mail.farm_answered",
    "farm_asks": "logistics.belonging_mail.farm_asks",
    "farm_leaves": "logistics.belonging_mail.farm_leaves",
    "farm_stays": "logistics.belonging_mail.farm_stays",
    "frontier": "logistics.tasks.begin_frontier",
    "goods_were_bad": "orders.collecting.tell_farm",
    "invited": "network.mail.invited",
    "leaving": "network.mail.leaving",
    "order_cancelled": "orders.mail.order_cancelled",
    "order_closed": "orders.mail.order_closed",
    "order_confirmed": "orders.mail.order_confirmed",
    "order_cut": "orders.mail.order_cut",
    "papers": "logistics.papers.make",
    "photo_dropped": "producers.photos.drop",
    "proposal_decided": "logistics.assembly_mail.proposal_decided",
    "proposal_opened": "logistics.assembly_mail.proposal_opened",
    "purchase_changed": "orders.mail.purchase_changed",
    "purchase_order_ready": "orders.mail.purchase_order_ready",
    "recall": "orders.recall_mail.recall",
    "recall_credit": "orders.recalls.credit_order",
    "recall_started": "orders.recall_mail.started",
    "round_assigned": "logistics.mail.round_assigned",
    "scenario": "logistics.tasks.begin_scenario",
    "shop_open": "orders.reminder_mail.shop_open",
    "subscription_due": "orders.turning.turn",
    "subscription_turned": "orders.mail.subscription_turned",
    "what_if": "logistics.tasks.begin_what_if",
    "what_if_ready": "logistics.mail.what_if_ready",
    "withdrawal_done": "orders.withdrawal_mail.done",
    "withdrawal_made": "orders.withdrawal_mail.made",
}

# Who knows something of a person besides the common ground: what is hers, why she cannot go yet, and what is forgotten.
PRIVACY = ["orders.privacy", "logistics.privacy"]

# Roads
ROAD_SERVER = _road_server(os.environ.get("ROAD_SERVER", ""))

# Mail
DEFAULT_FROM_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL", "Kouter <post@kouter.example>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
if LOCAL:
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = VAR / "mail"
else:
    globals().update(_mail_server(os.environ["EMAIL_URL"]))

# Language, days and numbers
LANGUAGE_CODE = "nl"
LANGUAGES = [("nl", _("Dutch")), ("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [ROOT / "locale"]
FORMAT_MODULE_PATH = "network.formats"
TIME_ZONE = "Europe/Brussels"
USE_TZ = True

# Files
STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static", ROOT / "var/assets"]
PRIVATE_ROOT = Path(os.environ.get("PRIVATE_ROOT", VAR / "private"))  # papers and proofs: no web server reads here
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "private": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": PRIVATE_ROOT, "file_permissions_mode": 0o600},
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if os.environ.get("KOUTER_PLAIN_STATIC")
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_URL = "/media/"
MEDIA_ROOT = Path(os.environ.get("MEDIA_ROOT", VAR / "media"))

# Safety
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = not LOCAL
SESSION_COOKIE_AGE = 60 * 24 * 3600
SECURE_SSL_REDIRECT = False  # the proxy redirects
SECURE_PROXY_SSL_HEADER = None if LOCAL else ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if LOCAL else 365 * 24 * 3600
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not LOCAL
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 6000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    }
}

# Logs: one JSON line per event in production, readable at home; every line of a request carries its id.
_shared: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": structlog.stdlib.ProcessorFormatter,
            # plain: drawing each page that is refused with all its variables took longer than the page
            "processor": structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
            if LOCAL
            else structlog.processors.JSONRenderer(),
            "foreign_pre_chain": _shared,
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": os.environ.get("LOG_LEVEL", "INFO")},
}
structlog.configure(
    processors=[
        *_shared,
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
