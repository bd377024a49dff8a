"""The isolation probe itself: that it finds what it is there for, and says what it does not know."""

import dataclasses
import random
import types
import unittest

from tenants.probe import figures, places
from tenants.probe.asking import Asking
from tenants.probe.identities import Identity
from tenants.probe.routes import Document, read_routes


def samples(drawn, mean, count=200):
    """Microseconds of answers on a machine that is now and then busy with something else."""
    return [mean + drawn.gauss(0, 60) + (drawn.expovariate(1 / 5000) if drawn.random() < 0.1 else 0) for _ in range(count)]


class Figures(unittest.TestCase):
    def test_a_difference_of_a_twentieth_is_seen_in_every_run(self):
        for seed in range(50):
            drawn = random.Random(seed)
            rounds = [figures.welch(samples(drawn, 1050), samples(drawn, 1000)) for _ in range(3)]
            self.assertTrue(figures.differ(rounds), rounds)

    def test_where_there_is_none_no_run_says_so(self):
        for seed in range(200):
            drawn = random.Random(seed)
            rounds = [figures.welch(samples(drawn, 1000), samples(drawn, 1000)) for _ in range(3)]
            self.assertFalse(figures.differ(rounds), rounds)

    def test_rounds_that_contradict_each_other_or_of_which_one_is_quiet_say_nothing(self):
        self.assertFalse(figures.differ([9.0, -9.0, 9.0]))
        self.assertFalse(figures.differ([9.0, 9.0, 1.0]))
        self.assertTrue(figures.differ([-9.0, -9.0, -5.0]))

    def test_samples_that_do_not_vary_do_not_differ(self):
        self.assertEqual(figures.welch([1.0] * 10, [1.0] * 10), 0.0)


def answer(status=404, body=b"there is no such object", **headers):
    return types.SimpleNamespace(status=status, body=body, headers={"X-Request-Id": "1", **headers})


def probe(kind="foreign", value="0199c0de", **more):
    return places.Probe("path", kind, "GET", "/api/v1/tickets/" + value, 404, sent=(value,), **more)


class Judging(unittest.TestCase):
    def judged(self, *answers):
        """What is wrong with answers to one group."""
        asking = Asking({}, [b"mark-of-tenant-0", b"0199c0de"])
        asking.judge(Identity("viewer"), answers)
        return asking.complaint()

    def test_a_denial_is_fine_also_where_it_repeats_the_question(self):
        self.assertEqual(self.judged((probe(), answer())), "")
        self.assertEqual(self.judged((probe(), answer(body=b"there is no 0199c0de"))), "")

    def test_another_status_is_found(self):
        self.assertIn("answers 200 instead of 404", self.judged((probe(), answer(200))))

    def test_a_mark_of_the_victim_is_found_in_body_and_head(self):
        self.assertIn("mark-of-tenant-0", self.judged((probe(), answer(body=b"not yours: mark-of-tenant-0"))))
        self.assertIn("mark-of-tenant-0", self.judged((probe(), answer(Location="/mark-of-tenant-0"))))

    def test_a_replay_is_found(self):
        self.assertIn("replays", self.judged((probe(), answer(**{"Idempotent-Replayed": "true"}))))

    def test_an_unknown_id_that_is_answered_otherwise_is_found(self):
        unknown = probe("unknown", "0199ffff")
        self.assertEqual(self.judged((probe(), answer()), (unknown, answer(**{"X-Request-Id": "22"}))), "")
        self.assertIn("tells a foreign id", self.judged((probe(), answer()), (unknown, answer(body=b"nobody has that"))))
        self.assertIn("tells a foreign id", self.judged((probe(), answer(ETag='"7"')), (unknown, answer())))


class Routes(unittest.TestCase):
    def test_an_unknown_id_looks_like_the_one_it_stands_for(self):
        known = "0199c0de-1234-7abc-8def-0123456789ab"
        unknown = places.unknown_like(known + ".1", random.Random(1))
        self.assertNotEqual(unknown, known + ".1")
        self.assertEqual((unknown[:15], unknown[36:]), (known[:15], ".1"), "of the same time and version")
        self.assertEqual(int(unknown[35], 16) & 3, 0xB & 3, "of the same kind")
        self.assertEqual(places.unknown_like("7", random.Random(1)), places.UNKNOWN_VERSION)

    def test_a_route_that_it_cannot_fill_is_named_with_what_to_add(self):
        known = next(route for route in read_routes() if route.operation == "getTicket")
        self.assertEqual(places.problems_of(known), [])
        new = dataclasses.replace(known, path="/api/v1/dashboards/{id}", operation="putDashboard", permission="dashboards:write",
                                  in_query=("owner",), in_head=("Winnow-Board",), in_body=("/widgets/-/ticket_id",),
                                  has_body=True)
        said = "\n".join(places.problems_of(new))
        for word in ("PERMISSIONS", "COLLECTIONS", "FILTERS", "PLAIN_HEADERS", "BODIES", "REFERENCES", "/widgets/-/ticket_id"):
            self.assertIn(word, said)

    def test_every_id_that_a_body_may_hold_is_found(self):
        document = Document({"components": {"schemas": {
            "Id": {"format": "uuid"},
            "FooWrite": {"properties": {"id": {"$ref": "#/components/schemas/Id", "readOnly": True},
                                        "groups": {"items": {"$ref": "#/components/schemas/Id"}}}},
            "FooPatch": {"properties": {"id": {}, "groups": {}}}}}})
        schema = {"oneOf": [{"$ref": "#/components/schemas/FooPatch"},
                            {"allOf": [{"properties": {"foo": {"$ref": "#/components/schemas/FooWrite"}}}]}]}
        self.assertEqual(document.ids(schema), {"/groups/-", "/foo/groups/-"})


if __name__ == "__main__":
    unittest.main()
