"""Where a running node listens: at its two listeners, and nowhere else (docs/security.md, Ports)."""

import contextlib
import os
import re
import unittest
from urllib.parse import urlsplit

from harness import Instance

LISTEN = "0A"


def listening(process):
    """{(address, port)} of the TCP sockets on which the process itself listens, of either family."""
    inodes = set()
    for link in os.scandir(f"/proc/{process}/fd"):
        with contextlib.suppress(FileNotFoundError):  # it was closed meanwhile
            inodes |= set(re.findall(r"socket:\[(\d+)\]", os.readlink(link)))
    found = set()
    for family in ("tcp", "tcp6"):
        with open(f"/proc/{process}/net/{family}", encoding="ascii") as table:
            for line in table.read().splitlines()[1:]:
                _, local, _, state, *_, inode = line.split()[:10]
                if state == LISTEN and inode in inodes:
                    address, port = local.split(":")
                    found.add((address, int(port, 16)))
    return found


class Ports(unittest.TestCase):
    LOOPBACK = "0100007F"

    def test_a_node_listens_at_its_two_listeners_and_nowhere_else(self):
        with Instance() as instance:
            ports = {urlsplit(instance.ready[f"{name}_url"]).port for name in ("customer", "management")}
            self.assertEqual(len(ports), 2)
            self.assertEqual(listening(instance.process.pid), {(self.LOOPBACK, port) for port in ports})

    def test_the_receiver_of_a_development_instance_is_seen(self):
        with Instance(receiver=True) as instance:
            self.assertEqual(len(listening(instance.process.pid)), 3)


if __name__ == "__main__":
    unittest.main()
