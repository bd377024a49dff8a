"""A provider of sign-ins that lies as it is told: OpenID Connect over TLS, signed by python3-cryptography.

What it says is honest but for `provider.lies`, a dict of what is to be changed for the next login:
header, claims: members put in place of the honest ones (a value of None takes the member out); raw_payload, raw_header:
texts in their place; sign_with: "RS256", "ES256", "none", "HS256", "stranger"; query: members of the way back;
answer, status, headers, padding: of the token endpoint's answer, and so many bytes more; meet: a barrier that is waited at before;
metadata, raw_metadata, metadata_status, metadata_headers: of the discovery document; keys, raw_keys: the whole set of keys."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time
import urllib.parse

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value, size=None):
    return b64(value.to_bytes(size or (value.bit_length() + 7) // 8, "big"))


class Keys:
    """One RSA key and one of P-256, and a stranger's that nobody announces."""

    def __init__(self):
        self.rsa = rsa.generate_private_key(65537, 2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.stranger = rsa.generate_private_key(65537, 2048)

    def jwks(self):
        public = self.rsa.public_key().public_numbers()
        point = self.ec.public_key().public_numbers()
        return [{"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": number(public.n), "e": number(public.e)},
                {"kty": "EC", "kid": "ec", "use": "sig", "alg": "ES256", "crv": "P-256", "x": number(point.x, 32),
                 "y": number(point.y, 32)}]

    def public_pem(self):
        return self.rsa.public_key().public_bytes(serialization.Encoding.PEM,
                                                  serialization.PublicFormat.SubjectPublicKeyInfo)

    def sign(self, kind, text):
        if kind == "none":
            return b""
        if kind == "HS256":
            return hmac.new(self.public_pem(), text, hashlib.sha256).digest()
        if kind == "ES256":
            r, s = utils.decode_dss_signature(self.ec.sign(text, ec.ECDSA(hashes.SHA256())))
            return r.to_bytes(32, "big") + s.to_bytes(32, "big")
        key = self.stranger if kind == "stranger" else self.rsa
        return key.sign(text, padding.PKCS1v15(), hashes.SHA256())


def changed(honest, lies):
    return {name: value for name, value in {**honest, **lies}.items() if value is not None}


class HostileProvider:
    """On a free port of 127.0.0.1. `person` is who has signed in there; `calls` is what was asked for."""

    def __init__(self, certificate, key, client_id="winnow", secret="the client's secret"):
        self.keys, self.client_id, self.secret = Keys(), client_id, secret
        self.person = {"sub": "somebody", "email": "somebody@example.com", "email_verified": True, "name": "Some Body"}
        self.lies, self.calls, self.codes = {}, [], {}
        provider = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):  # noqa: N802
                provider.calls.append(("GET", self.path, b""))
                lies = provider.lies
                if self.path == "/.well-known/openid-configuration":
                    self.tell(lies.get("raw_metadata") or changed(provider.metadata(), lies.get("metadata", {})),
                              lies.get("metadata_status", 200), lies.get("metadata_headers", {}))
                elif self.path == "/jwks":
                    self.tell(lies.get("raw_keys") or {"keys": lies.get("keys", provider.keys.jwks())})
                else:
                    self.send_error(404)

            def do_POST(self):  # noqa: N802
                body = self.rfile.read(int(self.headers["Content-Length"]))
                provider.calls.append(("POST", self.path, body))
                lies = provider.lies
                if "meet" in lies:
                    lies["meet"].wait(timeout=30)
                self.tell(provider.redeem(dict(urllib.parse.parse_qsl(body.decode())), self.headers["Authorization"]),
                          lies.get("status", 200), lies.get("headers", {}), lies.get("padding", 0))

            def tell(self, document, status=200, headers=None, padding=0):
                text = (document if isinstance(document, str) else json.dumps(document)) + " " * padding
                self.send_response(status)
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text.encode())))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.issuer = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def now():
        return int(time.time())

    def metadata(self):
        return {"issuer": self.issuer, "authorization_endpoint": self.issuer + "/authorize",
                "token_endpoint": self.issuer + "/token", "jwks_uri": self.issuer + "/jwks",
                "authorization_response_iss_parameter_supported": True, "code_challenge_methods_supported": ["S256"]}

    def approve(self, location):
        """What the browser brings back after whoever it is agreed: the callback's query."""
        asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
        assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256", asked
        code = b64(hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).digest())
        self.codes[code] = asked
        return changed({"code": code, "state": asked["state"], "iss": self.issuer}, self.lies.get("query", {}))

    def redeem(self, form, authorization):
        asked = self.codes.pop(form["code"])
        assert b64(hashlib.sha256(form["code_verifier"].encode()).digest()) == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        pair = urllib.parse.quote(self.client_id, safe="") + ":" + urllib.parse.quote(self.secret, safe="")
        assert authorization == "Basic " + base64.b64encode(pair.encode()).decode() or form.get("client_secret") == self.secret
        return self.lies.get("answer") or {"token_type": "Bearer", "access_token": "opaque", "expires_in": 60,
                                           "id_token": self.token(asked["nonce"])}

    def token(self, nonce):
        now = self.now()
        honest = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce, **self.person}
        payload = self.lies.get("raw_payload") or json.dumps(changed(honest, self.lies.get("claims", {})))
        kind = self.lies.get("sign_with", "RS256")
        names = {"alg": "RS256" if kind == "stranger" else kind, "kid": "ec" if kind == "ES256" else "rsa", "typ": "JWT"}
        header = self.lies.get("raw_header") or json.dumps(changed(names, self.lies.get("header", {})))
        text = b64(header.encode()) + "." + b64(payload.encode())
        return text + "." + b64(self.keys.sign(kind, text.encode()))
