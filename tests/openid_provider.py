"""An OpenID provider on loopback, whose answers a test can spoil.

The provider is the package oidc-provider-mock. It signs for real, but spoils nothing and checks no
PKCE, so that a layer around it does both.
"""

import base64
import hashlib
import io
import json
import re
import threading
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import oidc_provider_mock
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

KEY_ID = "of the test"

type Claims = dict[str, Any]


class OpenIDProvider:
    """The provider at `url`, used as a context manager.

    `change_token` changes the claims of the next tokens, which are then signed by `sign`;
    `answers` replaces whole answers, by path.
    """

    def __init__(self) -> None:
        self.app = oidc_provider_mock.app(require_nonce=True)
        self.key: RSAPrivateKey = generate_private_key(65537, 2048)
        self.server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.reset()

    def reset(self) -> None:
        """Answer truthfully again."""
        self.change_token: Callable[[Claims], Claims | None] | None = None
        self.sign: Callable[[Claims], str] = self.sign_well
        self.answers: dict[str, Response] = {}
        self.requests: list[str] = []
        self.challenge = ""

    def __enter__(self) -> "OpenIDProvider":
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def add_person(self, subject: str, **claims: Any) -> None:
        """Let the provider say this about a person."""
        requests.put(f"{self.url}/users/{subject}", json=claims, timeout=10).raise_for_status()

    def sign_in(self, address: str, subject: str, **form: str) -> str:
        """Sign a person in at the address to which the studio leads; return the way back."""
        form = {"sub": subject, **form}
        answer = requests.post(address, data=form, allow_redirects=False, timeout=10)
        assert answer.status_code == 302, answer.text
        return answer.headers["Location"]

    def sign_well(self, claims: Claims) -> str:
        """The token with these claims, signed with a key that the provider publishes."""
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": KEY_ID})

    # The layer around the package ---------------------------------------------------------------

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        # The package reads the body again.
        length = int(environ.get("CONTENT_LENGTH") or 0)
        environ["wsgi.input"] = body = io.BytesIO(environ["wsgi.input"].read(length))
        request = Request(environ)
        self.requests.append(request.path)
        if request.path in self.answers:
            return self.answers[request.path](environ, start)
        if request.path == "/oauth2/authorize":
            self.challenge = request.args.get("code_challenge", "")
        if request.path == "/oauth2/token" and not self._fits(request):
            return Response("wrong code_verifier", 400)(environ, start)
        body.seek(0)
        response = Response.from_app(self.app, environ)
        if response.mimetype == "text/html":
            # Its pages take their look from the network, which no test reaches.
            page = re.sub(r"<link[^>]*>", "", response.get_data(as_text=True))
            response.set_data(page.replace("<style>", '<link rel="icon" href="data:,"><style>'))
        if request.path == "/jwks":
            self._publish_key(response)
        if request.path == "/oauth2/token" and self.change_token and response.status_code == 200:
            self._spoil_token(response)
        return response(environ, start)

    def _fits(self, request: Request) -> bool:
        """Whether the verifier of this request fits the challenge of the one before (RFC 7636)."""
        digest = hashlib.sha256(request.form.get("code_verifier", "").encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.challenge

    def _publish_key(self, response: Response) -> None:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        keys = json.loads(response.get_data())
        keys["keys"].append({**public, "kid": KEY_ID, "use": "sig", "alg": "RS256"})
        response.set_data(json.dumps(keys))

    def _spoil_token(self, response: Response) -> None:
        assert self.change_token is not None
        data = json.loads(response.get_data())
        old = jwt.decode(data.pop("id_token"), options={"verify_signature": False})
        claims = self.change_token(old)
        if claims is not None:
            data["id_token"] = self.sign(claims)
        response.set_data(json.dumps(data))


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
