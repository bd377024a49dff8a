"""A tenant's directory over the wire: tokens, what is refused to whom, and a peer that knows the standard."""

import ssl
import unittest

from harness import Client, World

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
        try:
            from httpx import Client as Http  # pylint: disable=import-outside-toplevel
            from scim2_client.engines.httpx import SyncSCIMClient  # pylint: disable=import-outside-toplevel
            from scim2_tester import Status, check_server  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("scim2-tester and scim2-client[httpx] of PyPI are not installed")
        token, _ = directory()
        ready = world.instance.ready
        with Http(base_url=ready["customer_url"] + "/scim/v2", verify=ssl.create_default_context(cafile=ready["ca_file"]),
                  headers={"Authorization": f"Bearer {token['secret']}"}) as http:
            client = SyncSCIMClient(http)
            client.discover()
            results = check_server(client, resource_types=["User"])
        wrong = [f"{each.title}: {each.reason}" for each in results if each.status == Status.ERROR]
        self.assertEqual(wrong, [])
        self.assertGreater(len(results), 5)


if __name__ == "__main__":
    unittest.main()
