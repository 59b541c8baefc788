"""OpenID provider: how django-allauth reaches the provider of the settings, with our checks."""

from typing import Any, Final
from urllib.parse import urlsplit

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.crypto import get_random_string

from voicestudio.models import Invitation
from voicestudio.services.people import id_tokens
from voicestudio.services.people.id_tokens import TokenRefused

DISCOVERY: Final = "/.well-known/openid-configuration"
METHODS: Final = "token_endpoint_auth_methods_supported"
ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderAdapter(OpenIDConnectOAuth2Adapter):
    """The requests to the provider; the answers are checked before anything is read from them."""

    _description: dict[str, Any] | None = None

    @property
    def openid_config(self) -> dict[str, Any]:
        """The provider's description of itself, fetched once a request."""
        if self._description is None:
            description = self._fetch(settings.OIDC_ISSUER + DISCOVERY)
            _check_description(description)
            self._description = description
        return self._description

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:  # noqa: ARG002
        """The address to which the provider sends the browser back."""
        return request.build_absolute_uri(reverse("openid_callback"))

    def get_access_token_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The provider's answer with the tokens."""
        try:
            data: dict[str, Any] = super().get_access_token_data(*args, **kwargs)
        except (AttributeError, KeyError, TypeError) as error:
            raise OAuth2Error("the answer with the tokens can't be read") from error
        return data

    def parse_token(self, data: dict[str, Any]) -> SocialToken:
        """An empty row: the studio asks the provider for nothing later, so it keeps no token."""
        self._access_token = str(data["access_token"])
        return SocialToken()

    def complete_login(
        self,
        request: HttpRequest,
        app: SocialApp,  # noqa: ARG002
        token: SocialToken,  # noqa: ARG002
        **kwargs: Any,
    ) -> SocialLogin:
        """The sign-in of the person whom the ID token names; raises OAuth2Error."""
        description = self.openid_config
        try:
            claims = id_tokens.read_token(
                kwargs["response"].get("id_token"),
                self._fetch(description["jwks_uri"]),
                issuer=description["issuer"],
                client_id=settings.OIDC_CLIENT_ID,
            )
            identity = id_tokens.read_identity(claims, self._fetch_details(description))
        except TokenRefused as error:
            raise OAuth2Error(str(error)) from error
        login = self.get_provider().sociallogin_from_response(request, {"sub": identity.subject})
        login.identity, login.token_claims = identity, claims
        return login

    def _fetch_details(self, description: dict[str, Any]) -> Any:
        """The claims of the UserInfo endpoint; None if the provider has none."""
        endpoint = description.get("userinfo_endpoint")
        if not endpoint:
            return None
        return self._fetch(endpoint, Authorization=f"Bearer {self._access_token}")

    def _fetch(self, url: str, **headers: str) -> Any:
        with get_adapter().get_requests_session() as session:
            response = session.get(url, headers=headers)
            response.raise_for_status()
            return response.json()


class Provider(OpenIDConnectProvider):
    """The provider of the settings."""

    oauth2_adapter_class = ProviderAdapter

    @classmethod
    def of_settings(cls, request: HttpRequest) -> "Provider":
        """The provider; its ID is the issuer, to which joined accounts belong."""
        app = SocialApp(
            provider=cls.id,
            provider_id=settings.OIDC_ISSUER,
            name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": settings.OIDC_ISSUER, "oauth_pkce_enabled": True},
        )
        return cls(request, app=app)

    def begin_sign_in(self, following: str, invitation: Invitation | None) -> str:
        """The address at the provider to which the browser goes now.

        Nonce, PKCE verifier, the page `following` and the invitation wait in the session. Raises
        OAuth2Error and RequestException.
        """
        nonce = get_random_string(32)
        response = self.redirect(
            self.request,
            AuthProcess.LOGIN,
            next_url=following,
            data={"invitation": invitation.pk} if invitation else None,
            auth_params={"nonce": nonce},
            nonce=nonce,
        )
        return str(response["Location"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Nothing: what is kept of a person is written when the sign-in is allowed."""
        return {}


class Callback(OAuth2CallbackView):
    """The page to which the provider sends the browser back."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.adapter = ProviderAdapter(request, settings.OIDC_ISSUER)

    def answer(self) -> HttpResponse:
        """Sign the person in, or say why not."""
        response: HttpResponse = self.dispatch(self.request)
        return response


def _check_description(description: Any) -> None:
    """Raise OAuth2Error unless it is that of the issuer, with endpoints that can be trusted."""
    if not isinstance(description, dict):
        raise OAuth2Error("the provider's description of itself can't be read")
    issuer = description.get("issuer")
    if not isinstance(issuer, str) or issuer.rstrip("/") != settings.OIDC_ISSUER:
        raise OAuth2Error(f"the provider calls itself {issuer}, not {settings.OIDC_ISSUER}")
    if not isinstance(description.get(METHODS, []), list):
        raise OAuth2Error(f"the provider's {METHODS} can't be read")
    needed = [*ENDPOINTS, *(["userinfo_endpoint"] if description.get("userinfo_endpoint") else [])]
    scheme = urlsplit(settings.OIDC_ISSUER).scheme
    for name in needed:
        url = description.get(name)
        if not isinstance(url, str) or not url.startswith(("https://", f"{scheme}://")):
            raise OAuth2Error(f"the provider names no safe {name}")
