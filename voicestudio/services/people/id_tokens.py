"""ID tokens: what the OpenID provider says about a person, believed only after every check.

django-allauth skips the signature of a token that it fetched itself, and knows no nonce.
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

import jwt
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from voicestudio.models import clock

from .openid import Identity

# Signatures that only the provider can make; so neither "none" nor one with a shared secret.
ALGORITHMS: Final = (
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
)  # fmt: skip
CLOCK_DIFFERENCE_S: Final = 60
LONGEST_SUBJECT: Final = 191  # that django-allauth stores


class TokenRefused(Exception):  # noqa: N818 - an answer, not a mistake
    """The token or the answer about the person is not to be believed; the text is for the log."""


def read_token(token: Any, keys: Any, *, issuer: str, client_id: str) -> dict[str, Any]:
    """The claims of an ID token: signed by one of `keys`, for us, from `issuer`, not expired.

    Raises `TokenRefused`. The nonce is checked by `check_nonce`.
    """
    if not isinstance(token, str):
        raise TokenRefused("the answer has no ID token")
    try:
        claims: dict[str, Any] = jwt.decode(
            token,
            _find_key(token, keys),
            algorithms=ALGORITHMS,
            audience=client_id,
            issuer=issuer,
            leeway=CLOCK_DIFFERENCE_S,
            options={"require": ["iss", "sub", "aud", "exp", "iat"]},
        )
    except (jwt.ExpiredSignatureError, jwt.ImmatureSignatureError) as error:
        ahead = clock.describe_difference(clock.machine_ahead(), "that of the database")
        advice = ahead or "is the clock of this machine right?"
        raise TokenRefused(f"the ID token is invalid: {error}; {advice}") from error
    except jwt.PyJWTError as error:
        raise TokenRefused(f"the ID token is invalid: {error}") from error
    audience, party = claims["aud"], claims.get("azp")
    is_for_several = isinstance(audience, list) and len(audience) > 1
    if (is_for_several or party is not None) and party != client_id:
        raise TokenRefused("the ID token was made for another client")
    return claims


def check_nonce(claims: Mapping[str, Any], nonce: Any) -> None:
    """Raise `TokenRefused` unless the token belongs to the sign-in that sent this nonce."""
    found = claims.get("nonce")
    if not (isinstance(nonce, str) and nonce and isinstance(found, str)):
        raise TokenRefused("the ID token has no nonce")
    if not secrets.compare_digest(found.encode(), nonce.encode()):
        raise TokenRefused("the ID token has the nonce of another sign-in")


def read_identity(token: Mapping[str, Any], details: Any) -> Identity:
    """Who it is, by the claims of the token and, if not None, those of the UserInfo endpoint.

    Raises `TokenRefused` if they are about two people.
    """
    if details is not None and (
        not isinstance(details, dict) or details.get("sub") != token["sub"]
    ):
        raise TokenRefused("the answer of the UserInfo endpoint is about somebody else")
    subject = token["sub"]
    if not 0 < len(subject) <= LONGEST_SUBJECT or "\0" in subject:
        raise TokenRefused("the subject of the ID token can't be stored")
    claims = {**token, **(details or {})}
    # An address and whether it is verified belong together.
    source = details if details and details.get("email") else token
    return Identity(
        subject=subject,
        address=_address(source.get("email")),
        is_verified=source.get("email_verified") in (True, "true"),
        name=_text(claims.get("name"))[:150],
        username=_text(claims.get("preferred_username")),
        claims=claims,
    )


def _find_key(token: str, keys: Any) -> jwt.PyJWK:
    """The key that the header of the token names; without a name, the only one."""
    header = jwt.get_unverified_header(token)
    if header.get("alg") not in ALGORITHMS:
        raise TokenRefused("the ID token has no signature of the provider")
    try:
        known = jwt.PyJWKSet.from_dict(keys).keys
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TokenRefused("the keys of the provider can't be read") from error
    name = header.get("kid")
    found = [key for key in known if name in (None, key.key_id)]
    if len(found) != 1:
        raise TokenRefused("the provider doesn't know the key of the ID token")
    return found[0]


def _address(value: Any) -> str:
    """The mail address in lower case; "" if it is none."""
    address = _text(value).strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def _text(value: Any) -> str:
    """The printable characters of a text; "" for anything else."""
    return "".join(filter(str.isprintable, value)) if isinstance(value, str) else ""
