"""SIGKILL for the program, its database, or all of it."""

import os
import signal


def parents():
    """Process id -> parent's, of everything that runs."""
    found = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as stat:
                found[int(name)] = int(stat.read().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has ended meanwhile
    return found


def descendants(pid):
    known = parents()
    found = []
    generation = {pid}
    while generation:
        generation = {child for child, parent in known.items() if parent in generation}
        found += generation
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def postmaster(pid):
    """The PostgreSQL that a `winnow dev` has started."""
    known = parents()
    for child in (child for child, parent in known.items() if parent == pid):
        with open(f"/proc/{child}/comm", encoding="utf-8") as comm:
            if comm.read().strip() == "postgres":
                return child
    raise AssertionError("winnow dev runs no PostgreSQL")


def kill_server(instance):
    instance.kill()


def kill_everything(instance):
    for pid in [instance.process.pid, *descendants(instance.process.pid)]:
        kill(pid)
    instance.kill()


def kill_database(instance):
    kill(postmaster(instance.process.pid))
