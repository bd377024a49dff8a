"""Signs requests of the compatibility API as a sender does. Written from the published descriptions of the two styles
alone, and not from the program: what both say of a request, the descriptions say."""

import base64
import hashlib
import hmac
from urllib.parse import quote


def signed(secret, text):
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def query_text(method, host, path, parameters):
    """What is signed in query style. `parameters` without Signature; `host` without the port of its scheme."""
    pairs = sorted((name.encode(), value) for name, value in parameters.items())
    line = "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)
    return "\n".join((method, host, path, line))


def rest_text(method, path, expire, content_md5="", content_type=""):
    """What is signed in REST style: a line of its own for what is absent, too."""
    return "\n".join((method, content_md5, content_type, f"x-iijapi-expire:{expire}",
                      "x-iijapi-signaturemethod:HmacSHA256", "x-iijapi-signatureversion:2", path))
