"""People sign in by a provider that somebody else has written: npm's oidc-provider, by its own pages' redirects."""

import http.cookies
import json
import os
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

from harness import Client, World, free_port

from oidc.oidc_login import add_provider, change_provider, led_to, sign_in
from tenants.person import PROXIED, Browser

PACKAGE = "oidc-provider@8.8.1"
HERE = os.path.dirname(os.path.abspath(__file__))
MOST_REDIRECTS = 10
SECRET = "the client's secret, and a long one"
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")


def install(folder):
    """The package, as npm has it; skips where npm cannot be reached."""
    shutil.copy(os.path.join(HERE, "oidc_provider.mjs"), folder)
    if shutil.which("npm") is None:
        raise unittest.SkipTest("npm is not installed (./dev deps)")
    done = subprocess.run(["npm", "install", "--fetch-retries", "1", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts",
                           "--prefix", folder, PACKAGE], capture_output=True, text=True)
    if done.returncode != 0:
        raise unittest.SkipTest(f"npm could not fetch {PACKAGE}: {done.stderr[-400:]}")


class Peer:
    """The provider, as a process of its own, with a client for each algorithm."""

    def __init__(self, folder, certificates, redirects):
        self.port = free_port()
        self.issuer = f"https://127.0.0.1:{self.port}"
        self.ca = certificates.ca
        settings = {"issuer": self.issuer, "port": self.port, "key": certificates.key, "certificate": certificates.certificate,
                    "clients": [{"client_id": each, "client_secret": SECRET, "redirect_uris": uris,
                                 "id_token_signed_response_alg": each} for each, uris in redirects(self.issuer).items()]}
        # Ended by close(): it is waited for there.
        self.process = subprocess.Popen(["node", "oidc_provider.mjs", json.dumps(settings)], cwd=folder,  # pylint: disable=R1732
                                        stdout=subprocess.PIPE, text=True)
        assert "ready\n" in iter(self.process.stdout.readline, ""), "the provider did not start"

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


class Visitor:
    """A browser at the provider: follows its redirects, and keeps its cookies."""

    def __init__(self, peer):
        self.client = Client(peer.issuer, peer.ca)
        self.issuer = peer.issuer
        self.cookies = {}

    def approve(self, location):
        """What is brought back after whoever it is agreed."""
        for _ in range(MOST_REDIRECTS):
            if not location.startswith(self.issuer + "/") and not location.startswith("/"):
                return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(location).query))
            sent = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}
            answer = self.client.get(location.removeprefix(self.issuer), headers=sent)
            assert answer.status in (302, 303), (location, answer.status, answer.body)
            for line in answer.headers.get_all("Set-Cookie") or []:
                for name, morsel in http.cookies.SimpleCookie(line).items():
                    self.cookies[name] = morsel.value
            location = answer.headers["Location"]
        raise AssertionError("it leads on and on: " + location)


def setUpModule():
    global world, peer, providers, admin
    folder = tempfile.mkdtemp(prefix="winnow-oidc-provider-")
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    install(folder)
    world = World(config=PROXIED)
    world.__enter__()
    unittest.addModuleCleanup(world.__exit__)
    admin = world.instance.user("admin")
    providers = {}

    def redirects(issuer):
        """Each algorithm has a provider of the tenant's, which must come first: it says where it leads back to."""
        for algorithm in ALGORITHMS:
            providers[algorithm] = add_provider(admin, issuer, name=algorithm, client_id=algorithm, algorithms=[algorithm],
                                                client_secret=SECRET, jit=True, second_factors=["otp"],
                                                roles={"rules": [{"value": "noc", "role": "operator"}]})
        return {algorithm: [provider["redirect_uri"]] for algorithm, provider in providers.items()}

    peer = Peer(folder, world.certificates, redirects)
    unittest.addModuleCleanup(peer.close)


class OidcPeer(unittest.TestCase):
    def setUp(self):
        self.come_anew()

    def come_anew(self):
        """Somebody whom neither service nor provider has seen in this browser."""
        self.browser = Browser(world.instance.ready)
        self.addCleanup(self.browser.close)
        self.visitor = Visitor(peer)
        self.addCleanup(self.visitor.client.close)

    def sign_in(self, algorithm, **query):
        answer = sign_in(self.browser, providers[algorithm], self.visitor.approve, **query)
        self.assertEqual(answer.status, 200, answer.body)
        return answer

    def test_its_documents_are_good(self):
        for algorithm in ALGORITHMS:
            said = admin.post(f"/api/v1/oidc-providers/{providers[algorithm]['id']}/test", None).json()
            self.assertEqual((said["good"], said["keys"], said["names_itself"]), (True, 3, True), said)

    def test_it_signs_in_by_each_algorithm_that_it_has(self):
        for algorithm in ALGORITHMS:
            with self.subTest(algorithm):
                self.come_anew()
                self.assertEqual(led_to(self.sign_in(algorithm, return_to="/tickets")), "/tickets")
                me = self.browser.get("/api/v1/me").json()
                self.assertEqual((me["email"], me["name"], me["role"], me["second_factor"]),
                                 (f"somebody-{algorithm}@example.com", "Some Body", "operator", True))

    def test_a_signature_that_the_tenant_does_not_take_is_none(self):
        change_provider(admin, providers["PS256"], algorithms=["ES256"])
        self.addCleanup(change_provider, admin, providers["PS256"], algorithms=["PS256"])
        refused = sign_in(self.browser, providers["PS256"], self.visitor.approve)
        self.assertEqual((refused.status, refused.json()["code"]), (403, "sign_in_refused"))

    def test_it_has_somebody_prove_it_anew(self):
        self.sign_in("RS256")
        self.assertEqual(self.browser.post("/api/v1/api-keys", {}).json()["code"], "step_up_required")
        self.sign_in("RS256", prove_anew="true")
        self.assertEqual(self.browser.post("/api/v1/api-keys", {}).status, 201)

    def test_a_secret_that_is_not_the_clients_signs_in_nobody(self):
        change_provider(admin, providers["ES256"], client_secret="another one")
        self.addCleanup(change_provider, admin, providers["ES256"], client_secret=SECRET)
        refused = sign_in(self.browser, providers["ES256"], self.visitor.approve)
        self.assertEqual((refused.status, refused.json()["code"]), (403, "sign_in_refused"))


if __name__ == "__main__":
    unittest.main()
