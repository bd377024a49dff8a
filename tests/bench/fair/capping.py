"""Half of one core for whoever attacks, so that the ratio speaks of the server and not of who is quicker at sending."""

import os
import sys

SHARE = 0.5
PERIOD_US = 10_000  # short, so that the load comes evenly
V1 = "/sys/fs/cgroup/cpu"
V2 = "/sys/fs/cgroup"
NICE = 19


def write(path, value):
    with open(path, "w", encoding="ascii") as out:
        out.write(str(value))


class Cap:
    """A control group for processors; `how` says which kind, or that there is none. Removes it at the end."""

    def __init__(self):
        self.folder = None
        self.how = f"nice {NICE}"
        quota = int(PERIOD_US * SHARE)
        name = f"winnow-bench-{os.getpid()}"
        if self.make(os.path.join(V1, name), {"cpu.cfs_period_us": PERIOD_US, "cpu.cfs_quota_us": quota}):
            self.how = "cgroup v1"
        elif os.path.exists(os.path.join(V2, "cgroup.controllers")) and self.make(
                os.path.join(V2, name), {"cpu.max": f"{quota} {PERIOD_US}"}):
            self.how = "cgroup v2"
        else:
            print("bench: warning: no control group for processors can be made here (that takes root), so attackers run "
                  f"at nice {NICE} and take what is left: ratios say more of this machine than of the server", file=sys.stderr)

    def make(self, folder, limits):
        if not os.path.isdir(os.path.dirname(folder)):
            return False
        try:
            os.mkdir(folder)
        except OSError:
            return False
        try:
            for file, limit in limits.items():
                write(os.path.join(folder, file), limit)
        except OSError:
            os.rmdir(folder)
            return False
        self.folder = folder
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.folder:
            os.rmdir(self.folder)


def enter(folder):
    """The calling process and all that it starts from now on are capped."""
    if folder:
        write(os.path.join(folder, "cgroup.procs"), os.getpid())
    else:
        os.nice(NICE)
