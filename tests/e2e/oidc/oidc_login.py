"""Signing in by a provider, as a browser does it."""

import html
import re
import urllib.parse

LOGIN = "__Host-winnow-oidc"


def add_provider(admin, issuer, **more):
    """As the admin's API shows it then."""
    answer = admin.post("/api/v1/oidc-providers", {"name": "Acme ID", "issuer": issuer, "client_id": "winnow",
                                                   "client_secret": "the client's secret", **more})
    assert answer.status == 201, answer.body
    return answer.json()


def change_provider(admin, provider, **more):
    answer = admin.call("PATCH", f"/api/v1/oidc-providers/{provider['id']}", more,
                        headers={"Content-Type": "application/merge-patch+json"})
    assert answer.status == 200, answer.body
    return answer.json()


def begin(browser, provider, **query):
    """The answer to the start."""
    path = f"/auth/oidc/{provider['id']}/start"
    return browser.get(path + ("?" + urllib.parse.urlencode(query) if query else ""))


def come_back(browser, provider, query, **cookies):
    return browser.get(f"/auth/oidc/{provider['id']}/callback?{urllib.parse.urlencode(query)}", **cookies)


def sign_in(browser, provider, approve, **query):
    """There and back: `approve` makes of the provider's URL what the browser brings back."""
    begun = begin(browser, provider, **query)
    assert begun.status == 303, (begun.status, begun.body)
    return come_back(browser, provider, approve(begun.headers["Location"]))


def led_to(answer):
    """Where the page leads that ends a sign-in."""
    return html.unescape(re.search(r'content="0;url=([^"]*)"', answer.body.decode())[1])
