"""Web: addresses, apps, middleware, templates, static files and headers."""

import ipaddress

from django.core.exceptions import ImproperlyConfigured
from django.utils.csp import CSP
from django.utils.translation import to_locale

from .environment import (
    BASE_DIR,
    check_urls,
    env,
    matches,
    read,
    read_boolean,
    read_integer,
    read_list,
)
from .mail import MAIL_HOST
from .paths import DATA_DIR
from .storage import FILE_STORAGE, STORAGE_ORIGIN

DEBUG = read_boolean("DEBUG")
# After TERM the web server goes on for so long, and /readyz says that it is about to stop.
DRAIN_SECONDS = read_integer("DRAIN_SECONDS", 0, 0, 600)
PORT = read_integer("PORT", 8000, 1, 65535)
LISTEN = read(
    env.str,
    "VOICESTUDIO_LISTEN",
    "127.0.0.1",
    "an IP address such as 127.0.0.1 or 0.0.0.0",
    validate=matches(r"[0-9.]{7,15}|[0-9A-Fa-f:.]{2,45}"),
)
WEB_PROCESSES = read_integer("WEB_PROCESSES", 1, 1, 32)
# A slow upload or download occupies a thread for its whole duration, so that each of the two kinds
# gets less than half of the threads.
WEB_THREADS = read_integer("WEB_THREADS", 16, 3, 256)
TRANSFER_THREADS = (WEB_THREADS - 1) // 2
ALLOWED_HOSTS = read_list(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    "a list of host names, separated by commas",
    r"\s*(\*|\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])\s*",
)
if MAIL_HOST and "*" in {host.strip() for host in ALLOWED_HOSTS}:
    # Else a stranger could have a link mailed that leads to a host of the stranger's choice.
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS must be the names of the studio's hosts if MAIL_HOST is set, since mailed "
        "links begin with the host that was asked."
    )
# A reverse proxy in front speaks HTTPS and sets X-Forwarded-Proto and X-Forwarded-For.
HTTPS = read_boolean("VOICESTUDIO_HTTPS")
# A reverse proxy in front buffers requests and answers, and sets X-Forwarded-For.
PROXY = read_boolean("VOICESTUDIO_PROXY", HTTPS)
if not PROXY and LISTEN not in {"127.0.0.1", "::1"}:
    raise ImproperlyConfigured(
        "VOICESTUDIO_LISTEN must be 127.0.0.1 unless a reverse proxy in front buffers requests and "
        "answers, since slow connections would stop the studio. Set VOICESTUDIO_PROXY=true then."
    )
# Only these may say for whom they ask; from anybody else, X-Forwarded-For is not believed.
PROXIES = read_list(
    "VOICESTUDIO_PROXIES",
    ["127.0.0.1", "::1"],
    "a list of IP addresses or networks such as 10.0.0.0/8, separated by commas",
    r"\s*[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?\s*",
)
for proxy in PROXIES:
    try:
        ipaddress.ip_network(proxy)
    except ValueError as reason:
        raise ImproperlyConfigured(f"VOICESTUDIO_PROXIES is invalid: {reason}.") from reason
CSRF_TRUSTED_ORIGINS = read(
    env.list,
    "CSRF_TRUSTED_ORIGINS",
    [],
    "a list of addresses such as https://studio.example.com, separated by commas",
    validate=check_urls,
)
ROOT_URLCONF = "voicestudio.urls"
WSGI_APPLICATION = "voicestudio.wsgi.application"
INSTALLED_APPS = [
    "voicestudio",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.usersessions",
]
MIDDLEWARE = [
    "voicestudio.views.request_id.RequestIdMiddleware",
    "voicestudio.views.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Safe from BREACH: Django masks the CSRF token in every page, and a random length is added.
    "voicestudio.views.compression.CompressionMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "voicestudio.views.looks.LookMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "voicestudio.views.audit_origin.AuditOriginMiddleware",
    "voicestudio.views.sign_in.CsrfCookieOnceMiddleware",
    # Before whatever reads the body.
    "voicestudio.views.uploads.BodyLimitMiddleware",
    # Before the CSRF check, so that the body of an anonymous request is never read.
    "voicestudio.views.sign_in.SignInRequiredMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "voicestudio.views.second_factor.SecondFactorMiddleware",
    "voicestudio.views.notes.DeletedNotesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    # blob: plays a new recording in the page before it is uploaded.
    "media-src": [CSP.SELF, "blob:", *([STORAGE_ORIGIN] if STORAGE_ORIGIN else [])],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.SELF],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
# HSTS for subdomains and preloading are decisions of the owner of the domain.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "voicestudio.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": FILE_STORAGE,
    "staticfiles": {"BACKEND": "voicestudio.bundles.CollectedFiles"},
}
# Pages use hashed names only; this halves the work at the first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Only views that take files write them to disk; see views/uploads.py.
FILE_UPLOAD_HANDLERS = ["voicestudio.views.uploads.SkipFiles"]
FILE_UPLOAD_PERMISSIONS = 0o600
# Large enough that a very long text reaches the clone form, which reports its length; other
# addresses take less, see views/uploads.py.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2

LANGUAGE_CODE = "en"
# Languages are named as their readers name them.
TRANSLATIONS = {
    "de": "Deutsch",
    "es": "Español",
    "fr": "Français",
    "ja": "日本語",
    "zh-hans": "简体中文",
}
CATALOGUES = BASE_DIR / "voicestudio" / "locale"
# Outside of the source, which may be read-only.
COMPILED_CATALOGUES = DATA_DIR / "locale"
LOCALE_PATHS = [COMPILED_CATALOGUES]
# A language can be chosen once it has a catalogue; a test requires catalogues to be complete.
LANGUAGES = [("en", "English")] + [
    (code, name)
    for code, name in TRANSLATIONS.items()
    if (CATALOGUES / to_locale(code) / "LC_MESSAGES" / "django.po").is_file()
]
# The language that a browser was told to use; without it, the one that the browser asks for.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SECURE = HTTPS
# Our formats of English; the other languages have Django's.
FORMAT_MODULE_PATH = ["voicestudio.settings.formats"]
TIME_ZONE = "UTC"
USE_TZ = True
