"""A tenant's directory over the wire: tokens, what is refused to whom, and a peer that knows the standard."""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from harness import Client, World

# A client and a tester of the protocol that others have written (scim2-client, scim2-tester), pinned with all that they need.
PEER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "scim_peer.txt")
USERS = "/scim/v2/Users"
USER = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]}
world = None


def setUpModule():
    global world  # pylint: disable=global-statement
    world = World().__enter__()


def tearDownModule():
    world.__exit__(None, None, None)


def directory():
    made = world.instance.user("admin").post("/api/v1/scim-tokens", {"name": "directory", "role": "viewer"})
    assert made.status == 201, made.body
    ready = world.instance.ready
    return made.json(), Client(ready["customer_url"], ready["ca_file"], made.json()["secret"])


def peer():
    """A folder with the packages, which the build folder keeps; None where PyPI does not give them."""
    with open(PEER, "rb") as pinned:
        name = "scim-peer-" + hashlib.sha256(pinned.read()).hexdigest()[:16]
    kept = os.path.join(os.path.dirname(os.environ["WINNOW_BINARY"]), "tests", name)
    if os.path.isdir(kept):
        return kept
    os.makedirs(os.path.dirname(kept), exist_ok=True)
    folder = tempfile.mkdtemp(dir=os.path.dirname(kept))
    done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
                           "--only-binary", ":all:", "--require-hashes", "--retries", "1", "--timeout", "15",
                           "--target", folder, "--requirement", PEER], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        shutil.rmtree(folder, ignore_errors=True)
        if "do not match the hashes" in done.stderr.lower():
            raise AssertionError(f"PyPI gives something else than {PEER} names:\n{done.stderr}")
        print("scim2-tester cannot be had from PyPI:", done.stderr.strip()[-500:])
        return None
    os.rename(folder, kept)
    return kept


def forwarding(client):
    """What the peer takes for the server: each request goes over the wire, and its answer comes back."""
    def application(environ, start_response):
        path = urllib.parse.quote(environ["PATH_INFO"].encode("latin-1"), safe="/:")
        if environ["QUERY_STRING"]:
            path += "?" + environ["QUERY_STRING"]
        body = environ["wsgi.input"].read()
        headers = {"Content-Type": environ["CONTENT_TYPE"]} if environ.get("CONTENT_TYPE") else {}
        answer = client.call(environ["REQUEST_METHOD"], path, body or None, headers=headers)
        start_response(f"{answer.status} x", list(answer.headers.items()))
        return [answer.body]
    return application


class Scim(unittest.TestCase):
    def tearDown(self):
        admin = world.instance.user("admin")
        for token in admin.get("/api/v1/scim-tokens").json()["items"]:
            admin.call("DELETE", f"/api/v1/scim-tokens/{token['id']}")

    def test_is_for_directories_only(self):
        _, ours = directory()
        for other in (world.instance.user("admin"), world.instance.integration(), world.instance.anonymous()):
            answer = other.get(USERS)
            self.assertIn(answer.status, (401, 403))
            self.assertEqual(answer.json()["schemas"], ["urn:ietf:params:scim:api:messages:2.0:Error"])
        self.assertEqual(ours.get("/api/v1/tickets").status, 403)
        self.assertEqual(ours.get("/scim/v2/Nothing").json()["status"], "404")

    def test_who_is_not_active_any_more_has_no_key_that_opens(self):
        _, ours = directory()
        made = ours.post(USERS, {**USER, "userName": "flo@example.com"},
                         headers={"Content-Type": "application/scim+json"})
        self.assertEqual(made.status, 201, made.body)
        key = world.instance.user("admin").post("/api/v1/api-keys", {"user_id": made.json()["id"]}).json()["secret"]
        ready = world.instance.ready
        flo = Client(ready["customer_url"], ready["ca_file"], key)
        self.assertEqual(flo.get("/api/v1/tickets").status, 200)
        self.assertEqual(ours.call("DELETE", f"{USERS}/{made.json()['id']}").status, 204)
        self.assertEqual(flo.get("/api/v1/tickets").status, 401)

    def test_a_token_that_was_revoked_opens_nothing(self):
        token, ours = directory()
        self.assertEqual(ours.get(USERS).status, 200)
        world.instance.user("admin").call("DELETE", f"/api/v1/scim-tokens/{token['id']}")
        self.assertEqual(ours.get(USERS).status, 401)

    def test_is_what_the_standards_own_tester_expects(self):
        folder = peer()
        if folder is None:
            self.skipTest("scim2-tester cannot be had from PyPI")
        sys.path.insert(0, folder)
        self.addCleanup(sys.path.remove, folder)
        from scim2_client.engines.wsgi import WSGISCIMClient  # pylint: disable=import-outside-toplevel,import-error
        from scim2_tester import Status, check_server  # pylint: disable=import-outside-toplevel,import-error
        _, ours = directory()
        client = WSGISCIMClient(forwarding(ours), base_url=world.instance.ready["customer_url"] + "/scim/v2")
        results = check_server(client, resource_types=["User"])
        wrong = [f"{each.title}: {each.reason}" for each in results if each.status not in (Status.SUCCESS, Status.SKIPPED)]
        self.assertEqual(wrong, [])
        done = {each.title for each in results if each.status == Status.SUCCESS}
        self.assertLessEqual({"object_creation", "object_query", "object_replacement", "object_deletion",
                              "search_with_attributes", "check_add_attribute", "check_remove_attribute",
                              "check_replace_attribute", "random_url"}, done)


if __name__ == "__main__":
    unittest.main()
