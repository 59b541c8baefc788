"""Web: addresses, applications, pages, static files, headers."""

from django.utils.csp import CSP

from .reading import BASE_DIR, env, integer, matching, names, read, switch, web_addresses

DEBUG = switch("DEBUG")
PORT = integer("PORT", 8000, 1, 65535)
LISTEN = read(
    env.str,
    "VOICESTUDIO_LISTEN",
    "127.0.0.1",
    "an IP address such as 127.0.0.1 or 0.0.0.0",
    validate=matching(r"[0-9.]{7,15}|[0-9A-Fa-f:.]{2,45}"),
)
WEB_PROCESSES = integer("WEB_PROCESSES", 1, 1, 32)
# A slow upload or player holds a thread as long as it takes.
WEB_THREADS = integer("WEB_THREADS", 16, 1, 256)
ALLOWED_HOSTS = names(
    "ALLOWED_HOSTS",
    ["localhost", "127.0.0.1", "[::1]"],
    "a list of host names, separated by commas",
    r"\s*(\*|\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])\s*",
)
# A reverse proxy in front speaks HTTPS and sets X-Forwarded-Proto and X-Forwarded-For.
HTTPS = switch("VOICESTUDIO_HTTPS")
CSRF_TRUSTED_ORIGINS = read(
    env.list,
    "CSRF_TRUSTED_ORIGINS",
    [],
    "a list of addresses such as https://studio.example.com, separated by commas",
    validate=web_addresses,
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
    "axes",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # Safe here: Django masks its CSRF token anew for every page and pads what it compresses.
    "django.middleware.gzip.GZipMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "voicestudio.views.sign_in.CsrfCookieOnceMiddleware",
    # Before the CSRF check, which reads the body: that of a stranger is never read.
    "voicestudio.views.sign_in.SignInRequiredMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
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
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

SECURE_CSP: dict[str, list[str]] = {
    "default-src": [CSP.SELF],
    "img-src": [CSP.SELF, "data:"],
    # blob: what was just recorded is heard in the page before it is sent.
    "media-src": [CSP.SELF, "blob:"],
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
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
# Subdomains and the browsers' preload list are for the owner of the whole domain to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "voicestudio.bundles.BundleFinder",
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "voicestudio.bundles.CollectedFiles"},
}
# Pages name the hashed files only: half the work at the first start.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Every upload goes to disk, so that memory does not grow with the file.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
# A whole book pasted by mistake is told that it is too long, as any other text is.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024**2

LANGUAGE_CODE = "en"
# With a second one come Django's LocaleMiddleware (after the sessions) and its two headers a page.
LANGUAGES = [("en", "English")]
# A tenth of the time of a list goes by looking up words in a catalogue that has none.
USE_I18N = len(LANGUAGES) > 1
TIME_ZONE = "UTC"
USE_TZ = True
