"""A little OpenID Connect provider that really signs, on loopback; what it does wrong is a test's wish."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "softops client"
SECRET = "s3cret: of the client"


@dataclass(kw_only=True)
class OidcProvider:
    """What the provider knows and does."""

    port: int
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    signs_with: RSAKey | None = None
    """Instead of the key that it publishes."""
    algorithm: str = "RS256"
    """Or HS256, or none."""
    person: dict[str, Any] = field(default_factory=lambda: {"sub": "7", "preferred_username": "zoe"})
    claims: dict[str, Any] = field(default_factory=dict)
    """What replaces what would be right; None: is left out."""
    described: dict[str, Any] = field(default_factory=dict)
    """The same for its description."""
    asked: list[str] = field(default_factory=list)
    codes: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def new_key(self, kid: str) -> RSAKey:
        return RSAKey.generate_key(2048, {"kid": kid})

    def answer(self, path: str, query: Mapping[str, str]) -> tuple[int, Mapping[str, Any]]:
        """For a GET."""
        if path == "/.well-known/openid-configuration":
            return 200, {"issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize?realm=ops",
                         "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/keys", **self.described}
        if path == "/keys":
            others = ({"kty": "new", "kid": "x"}, {"kty": "RSA", "kid": "y", "n": 7}, {"kty": "EC", "crv": "?"}, "z")
            return 200, {"keys": [*others, self.key.as_dict(private=False)]}
        code = secrets.token_urlsafe(8)
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer, "session_state": "x"}
        return 302, {"Location": f"{query['redirect_uri']}?{urlencode(back)}"}

    def token(self, given: Mapping[str, str], authorization: str) -> tuple[int, Mapping[str, Any]]:
        """For a POST: the ID token, for each code once, and only to the client that began."""
        asked = self.codes.pop(given.get("code", ""), None)
        name, _, word = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        if (unquote(name), unquote(word)) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client"}
        challenge = _word(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if asked is None or challenge != asked["code_challenge"] or (
                given["redirect_uri"], given["grant_type"], asked["code_challenge_method"]) != (
                    asked["redirect_uri"], "authorization_code", "S256"):
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        right = {"iss": self.issuer, "aud": CLIENT, "exp": now + 300, "iat": now, "nonce": asked["nonce"]}
        claims = {name: value for name, value in {**right, **self.person, **self.claims}.items() if value is not None}
        return 200, {"id_token": self._signed(claims), "access_token": "x", "token_type": "Bearer"}

    def _signed(self, claims: dict[str, Any]) -> str:
        key, algorithm = self.signs_with or self.key, self.algorithm
        header = {"alg": algorithm, "kid": key.kid or ""}
        if algorithm == "RS256":
            return jwt.encode(header, claims, key, [algorithm])
        # What no library signs any more: with the public key as if it were a secret, or not at all.
        said = ".".join(_word(json.dumps(part).encode()) for part in (header, claims))
        secret = key.as_pem(private=False)
        return f"{said}.{_word(hmac.digest(secret, said.encode(), 'sha256')) if algorithm == 'HS256' else ''}"


class _Server(ThreadingHTTPServer):
    provider: OidcProvider


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        self.server.provider.asked.append(url.path)
        self._send(*self.server.provider.answer(url.path, _first(url.query)))

    def do_POST(self) -> None:
        self.server.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._send(*self.server.provider.token(_first(body), self.headers.get("Authorization", "")))

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _send(self, status: int, answer: Mapping[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", answer["Location"])
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)


def _word(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()


def _first(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}


@contextmanager
def oidc_provider() -> Iterator[OidcProvider]:
    """A provider that answers until the end."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.provider = OidcProvider(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.provider
        finally:
            server.shutdown()
            thread.join()
