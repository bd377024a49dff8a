"""What a hostile provider does, and by which word the audit log has it refused. Pure.

A variant: its name, HostileProvider.lies, the word of the record (None: the sign-in succeeds)."""

import time


def duplicated(member):
    return '{"iss":"x",' + member + "," + member + "}"


def variants(provider, client_id="winnow"):
    now = int(time.time())
    rsa, curve = provider.keys.jwks()
    return [
        ("honest", {}, None),
        ("ES256", {"sign_with": "ES256"}, None),
        # The token's header.
        ("alg none", {"sign_with": "none", "header": {"alg": "none"}}, "algorithm"),
        ("alg None, in capitals", {"sign_with": "none", "header": {"alg": "NONE"}}, "algorithm"),
        ("HS256 with the public key as secret", {"sign_with": "HS256"}, "algorithm"),
        ("HS256 that says RS256", {"sign_with": "HS256", "header": {"alg": "RS256"}}, "signature"),
        ("RS256 under the key of a curve", {"header": {"kid": "ec"}}, "unknown_key"),
        ("no alg", {"header": {"alg": None}}, "algorithm"),
        ("a stranger's key", {"sign_with": "stranger"}, "signature"),
        ("a stranger's key, embedded", {"sign_with": "stranger", "header": {"jwk": curve}}, "signature"),
        ("a key elsewhere", {"sign_with": "stranger", "header": {"jku": provider.issuer + "/evil"}}, "signature"),
        ("an unknown kid", {"header": {"kid": "nobody"}}, "unknown_key"),
        ("no kid, one key of the kind", {"header": {"kid": None}}, None),
        ("a kid that is removed", {"keys": [curve]}, "unknown_key"),
        ("a kid that is there twice", {"keys": [rsa, rsa]}, "ambiguous_key"),
        ("a key for encrypting", {"keys": [{**rsa, "use": "enc"}]}, "unknown_key"),
        ("no keys", {"keys": []}, "unknown_key"),
        ("crit", {"header": {"crit": ["exp"]}}, "critical"),
        ("another typ", {"header": {"typ": "at+jwt"}}, "type"),
        ("a member twice in the header", {"raw_header": '{"alg":"RS256","alg":"RS256","kid":"rsa"}'}, "header"),
        ("a header that is no object", {"raw_header": "[]"}, "header"),
        ("a header of 2 KiB", {"header": {"x": "x" * 2_048}}, "header"),
        # Its claims.
        ("another iss", {"claims": {"iss": "https://evil.example"}}, "issuer"),
        ("iss with a slash", {"claims": {"iss": provider.issuer + "/"}}, "issuer"),
        ("no iss", {"claims": {"iss": None}}, "issuer"),
        ("another aud", {"claims": {"aud": "other"}}, "audience"),
        ("no aud", {"claims": {"aud": None}}, "audience"),
        ("an empty aud", {"claims": {"aud": []}}, "audience"),
        ("two aud without azp", {"claims": {"aud": [client_id, "other"]}}, "authorized_party"),
        ("two aud, azp is another", {"claims": {"aud": [client_id, "other"], "azp": "other"}}, "authorized_party"),
        ("two aud, azp is us", {"claims": {"aud": ["other", client_id], "azp": client_id}}, None),
        ("azp is another", {"claims": {"azp": "other"}}, "authorized_party"),
        ("another nonce", {"claims": {"nonce": "another"}}, "nonce"),
        ("no nonce", {"claims": {"nonce": None}}, "nonce"),
        ("expired", {"claims": {"exp": now - 120}}, "expired"),
        ("exp in a fraction", {"claims": {"exp": now + 60.5}}, "expired"),
        ("exp as text", {"claims": {"exp": str(now + 60)}}, "expired"),
        ("exp beyond the year 9999", {"claims": {"exp": 253_402_300_800}}, "expired"),
        ("no exp", {"claims": {"exp": None}}, "expired"),
        ("an old iat", {"claims": {"iat": now - 700}}, "issued_at"),
        ("an iat to come", {"claims": {"iat": now + 120}}, "issued_at"),
        ("no iat", {"claims": {"iat": None}}, "issued_at"),
        ("an nbf to come", {"claims": {"nbf": now + 120}}, "not_before"),
        ("no sub", {"claims": {"sub": None}}, "subject"),
        ("an empty sub", {"claims": {"sub": ""}}, "subject"),
        ("a sub of 256", {"claims": {"sub": "s" * 256}}, "subject"),
        ("a sub with a line feed", {"claims": {"sub": "a\nb"}}, "subject"),
        ("another access token's at_hash", {"claims": {"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}}, "access_hash"),
        ("a member twice in the claims", {"raw_payload": duplicated('"sub":"a"')}, "claims"),
        ("claims that are no object", {"raw_payload": "[]"}, "claims"),
        ("another subject", {"claims": {"sub": "stranger", "email": "stranger@example.com"}}, "no_account"),
        ("another's address", {"claims": {"sub": "stranger"}}, "no_account"),
        # The token endpoint.
        ("an error", {"status": 400, "answer": '{"error":"invalid_grant"}'}, "status"),
        ("a redirect", {"status": 302, "headers": {"Location": provider.issuer + "/evil"}}, "status"),
        ("no JSON", {"answer": "<html>"}, "document"),
        ("no ID token", {"answer": '{"token_type":"Bearer","access_token":"x"}'}, "document"),
        ("another token type", {"answer": '{"token_type":"DPoP","id_token":"a.b.c"}'}, "token_type"),
        ("a token of two parts", {"answer": '{"token_type":"Bearer","id_token":"a.b"}'}, "token"),
        ("too much", {"padding": 300_000}, "away"),
        # The way back.
        ("another iss on the way back", {"query": {"iss": "https://evil.example"}}, "issuer_parameter"),
        ("no iss on the way back", {"query": {"iss": None}}, "issuer_parameter"),
        ("denied", {"query": {"code": None, "error": "access_denied"}}, "denied"),
        ("neither code nor error", {"query": {"code": None}}, "parameters"),
        ("both", {"query": {"error": "access_denied"}}, "parameters"),
    ]


def discovery_variants(provider):
    """What a provider says of itself, and by which code the test of it is refused."""
    plain = "http" + provider.issuer.removeprefix("https")
    return [
        ("another issuer", {"metadata": {"issuer": "https://evil.example"}}, "other_issuer"),
        ("an issuer with a slash", {"metadata": {"issuer": provider.issuer + "/"}}, "other_issuer"),
        ("no issuer", {"metadata": {"issuer": None}}, "other_issuer"),
        ("a token endpoint without TLS", {"metadata": {"token_endpoint": plain + "/token"}}, "endpoint"),
        ("no authorization endpoint", {"metadata": {"authorization_endpoint": None}}, "endpoint"),
        ("an endpoint with a fragment", {"metadata": {"authorization_endpoint": provider.issuer + "/#x"}}, "endpoint"),
        ("keys in a private network", {"metadata": {"jwks_uri": "https://10.0.0.1/jwks"}}, "away"),
        ("a token endpoint in a private network", {"metadata": {"token_endpoint": "https://10.0.0.1/token"}}, "away"),
        ("a token endpoint in another one", {"metadata": {"token_endpoint": "https://[fd00::1]:8443/token?x"}}, "away"),
        ("a token endpoint at half an address", {"metadata": {"token_endpoint": "https://10.1/token"}}, "endpoint"),
        ("keys that are not there", {"metadata": {"jwks_uri": provider.issuer + "/nothing"}}, "status"),
        ("a redirect", {"metadata_status": 302, "metadata_headers": {"Location": provider.issuer + "/evil"}}, "status"),
        ("an error", {"metadata_status": 500}, "status"),
        ("no JSON", {"raw_metadata": "<html>"}, "document"),
        ("a member twice", {"raw_metadata": '{"issuer":"x","issuer":"x"}'}, "document"),
        ("too much", {"raw_metadata": " " * 70_000 + "{}"}, "away"),
        ("keys that are no set", {"raw_keys": "[]"}, "document"),
        ("a thousand keys", {"keys": [{"kty": "x"}] * 1_000}, "document"),
    ]
