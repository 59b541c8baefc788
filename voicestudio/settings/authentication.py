"""Authentication: passwords, sign-in and its limits, second factor and sessions."""

from .environment import read_boolean
from .mail import MAIL_HOST
from .web import HTTPS

LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = LOGIN_URL
CSRF_FAILURE_VIEW = "voicestudio.views.sign_in.token_outdated"
# Passwords stored with the second one are stored with the first one at the next sign-in.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AUTHENTICATION_BACKENDS = ["voicestudio.views.sign_in_backend.SignInBackend"]
# The rule is in services/sign_in_limits.py: wrong passwords within SIGN_IN_PAUSE_MINUTES, for one
# account from one network, one network, one account from networks that are new for it, and all.
SIGN_IN_PAUSE_MINUTES = 15
SIGN_IN_FAILURES_PER_ACCOUNT_AND_NETWORK = 8
SIGN_IN_FAILURES_PER_NETWORK = 30
SIGN_IN_FAILURES_PER_ACCOUNT = 50
SIGN_IN_FAILURES_IN_ALL = 300

# How many of these forms are accepted within so many seconds (models/throttles.py).
THROTTLES = {
    "code": (5, 300),
    "password": (5, 300),
    "confirmation": (10, 60),
    "new_password": (5, 60),
    "link_mail": (5, 60),
    "link_request": (20, 60),
    "link_use": (20, 60),
    "address_mail": (1, 180),
    "openid": (30, 60),
}
# Seconds that a sign-in waits for its second factor, and for which people who have confirmed that
# it's them aren't asked again.
SECOND_FACTOR_WAIT = 900
CONFIRMED_FOR = 300

CACHES = {
    "default": {
        "BACKEND": "voicestudio.services.database_cache.SharedClockCache",
        "LOCATION": "voicestudio_cache",
        # With Django's 300, anyone who fills it throws away which codes were used.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
}
# django-allauth. What it counts and times by the clock of the machine is off, or so long that it
# decides nothing: see THROTTLES, SECOND_FACTOR_WAIT and CONFIRMED_FOR.
ACCOUNT_RATE_LIMITS = False
ACCOUNT_LOGIN_TIMEOUT = ACCOUNT_REAUTHENTICATION_TIMEOUT = 10 * 365 * 24 * 3600
ACCOUNT_ADAPTER = "voicestudio.views.account_adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_ENABLED = False
ACCOUNT_SIGNUP_FIELDS = ["email", "username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"  # at sign-in; a changed address is always verified
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_NOTIFICATIONS = bool(MAIL_HOST)
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "voicestudio.services.people.password_links.LinkKeys"  # noqa: S105 - a class
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
ACCOUNT_FORMS = {
    "change_password": "voicestudio.forms.accounts.ChangePasswordForm",
    "set_password": "voicestudio.forms.accounts.SetPasswordForm",
    "reset_password": "voicestudio.forms.accounts.ResetPasswordForm",
    "reset_password_from_key": "voicestudio.forms.accounts.ResetPasswordKeyForm",
    "reauthenticate": "voicestudio.forms.accounts.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "voicestudio.forms.accounts.AuthenticateForm",
    "reauthenticate": "voicestudio.forms.accounts.ReauthenticateCodeForm",
    "activate_totp": "voicestudio.forms.accounts.ActivateTOTPForm",
    "add_webauthn": "voicestudio.forms.accounts.AddPasskeyForm",
    "authenticate_webauthn": "voicestudio.forms.accounts.PasskeyForm",
    "reauthenticate_webauthn": "voicestudio.forms.accounts.ReauthenticatePasskeyForm",
}
# Managers and administrators then set up a second factor before they reach anything else.
REQUIRE_SECOND_FACTOR = read_boolean("REQUIRE_SECOND_FACTOR")
USERSESSIONS_ADAPTER = "voicestudio.views.account_adapter.SessionsAdapter"
MFA_ADAPTER = "voicestudio.views.account_adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Voice Studio"
MFA_TOTP_TOLERANCE = 1  # a clock that is half a minute wrong
MFA_ALLOW_UNVERIFIED_EMAIL = True  # an account needs no address here

SESSION_ENGINE = "voicestudio.services.people.sessions"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
