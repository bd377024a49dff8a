"""`./dev fresh`: the README's two commands on a fresh, minimal Debian 12, from a clone of HEAD.

The Debian is a root folder made by debootstrap, in namespaces of its own for mounts and processes: when this ends, however
it ends, nothing of it runs or stays mounted. The mirror, proxies, authorities and registries are those of this machine;
packages, compiler caches and build folders are not."""

import argparse
import ctypes
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(SOURCE, "build", "fresh")
SUITE = "bookworm"
MIRROR = "http://deb.debian.org/debian"
CLONE = "/root/winnow"
BASE_DAYS = 7  # an older base is made anew, or each run would first have to bring it up to date
READY_SECONDS = 60 * 60
STOP_SECONDS = 90
TEST_SECONDS = 3 * 60 * 60
# How this machine reaches the world, which the new one must know as well.
HANDED_ON = re.compile(r"(?i)^((https?|ftp|all|no)_proxy|npm_config_.*|pip_.*|node_extra_ca_certs|ssl_cert_(file|dir)"
                       r"|goproxy|gosumdb|gonosumdb|goflags)$")
PR_SET_PDEATHSIG = 1


class Failed(Exception):
    """Says to a person what went wrong and what to do."""


def say(text):
    print(f"fresh: {text}", flush=True)


def run(*words, **options):
    result = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **options)
    if result.returncode != 0:
        raise Failed(f"{' '.join(words[:3])} … failed:\n{(result.stdout + result.stderr)[-3000:]}")
    return result.stdout


class Steps:
    """What was done, and how long it took."""

    def __init__(self):
        self.rows = []

    def add(self, name, seconds):
        self.rows.append((name, seconds))
        say(f"{name}: {seconds:.0f} s")

    def table(self):
        width = max(len(name) for name, _ in self.rows)
        return "\n".join(f"  {name:{width}}  {int(seconds) // 60:3d} min {int(seconds) % 60:02d} s"
                         for name, seconds in self.rows)


# --- outside of the new Debian -------------------------------------------------------------------------------------------

def check_that_it_can_be():
    if os.geteuid() != 0:
        raise Failed("a new Debian can be made by root only: sudo ./dev fresh")
    for program in ("debootstrap", "unshare", "chroot", "git"):
        if shutil.which(program) is None:
            raise Failed(f"{program} is missing; on Debian: apt-get install debootstrap util-linux coreutils git")
    tried = subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise Failed("this machine does not let root make namespaces (a container without CAP_SYS_ADMIN?): "
                     + tried.stderr.strip())


def debian_mirror(suite, otherwise):
    """Where this machine takes that suite from."""
    text = ""
    for path in ["/etc/apt/sources.list", *sorted(glob.glob("/etc/apt/sources.list.d/*"))]:
        if path.endswith((".list", ".sources")) and os.path.exists(path):
            with open(path, encoding="utf-8") as lines:
                text += "\n\n" + "\n".join(line for line in lines.read().splitlines() if not line.startswith("#"))
    found = re.findall(rf"^deb\s+(?:\[[^]]*\]\s+)?(\S+)\s+{suite}\s", text, re.MULTILINE)
    for stanza in text.split("\n\n"):
        if re.search(rf"^Suites:.*(?<=\s){suite}(\s|$)", stanza, re.MULTILINE):
            found += re.findall(r"^URIs:\s*(\S+)", stanza, re.MULTILINE)
    return found[0].rstrip("/") if found else otherwise


def acquire_settings():
    """Proxies and the like, as apt itself has them in force."""
    lines = run("apt-config", "dump").splitlines()
    return "".join(line + "\n" for line in lines
                   if re.match(r"Acquire::(https?|ftp|Retries|Check-|ForceIPv|Queue-Mode)", line))


def make_base(mirror, steps, fresh_base):
    """A tar file of a minimal Debian; one that is a few days old serves again."""
    base = os.path.join(FOLDER, f"base-{SUITE}.tar")
    if not fresh_base and os.path.exists(base) and time.time() - os.path.getmtime(base) < BASE_DAYS * 86_400:
        say("the minimal Debian of an earlier run serves again (--new-base makes another)")
        return base
    begin = time.monotonic()
    say(f"making a minimal Debian from {mirror}")
    made = os.path.join(FOLDER, f"base.new.{os.getpid()}")
    try:
        # As apt does it here: debootstrap takes proxies from the environment only.
        proxy = re.search(r'^Acquire::http::Proxy "(.+)";', run("apt-config", "dump"), re.MULTILINE)
        environment = {**os.environ, **({"http_proxy": proxy[1]} if proxy else {})}
        keyring = "/usr/share/keyrings/debian-archive-keyring.gpg"
        signed = [f"--keyring={keyring}"] if os.path.exists(keyring) else []
        run("debootstrap", "--variant=minbase", *signed, SUITE, made, mirror, env=environment)
        shutil.rmtree(os.path.join(made, "var/cache/apt/archives"), ignore_errors=True)
        os.makedirs(os.path.join(made, "var/cache/apt/archives/partial"))
        run("tar", "-C", made, "-cf", base + ".new", ".")
        os.rename(base + ".new", base)
    finally:
        remove_root(made)
    steps.add("minimal Debian", time.monotonic() - begin)
    return base


def remove_root(root):
    with open("/proc/self/mountinfo", encoding="utf-8") as mounts:
        mounted = [line.split()[4] for line in mounts if line.split()[4].startswith(root + "/")]
    if mounted:  # never in this namespace, but what is mounted must not be deleted
        raise Failed(f"still mounted, so left alone: {', '.join(mounted)}")
    patience = time.monotonic() + 20  # what was killed a moment ago may still be writing
    while os.path.isdir(root):
        shutil.rmtree(root, ignore_errors=time.monotonic() < patience)


def write(root, path, text):
    path = root + path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def equip(root, mirror):
    """What a new machine gets from whoever sets it up: its mirror, its names, its authorities."""
    security = debian_mirror(SUITE + "-security", MIRROR + "-security")
    write(root, "/etc/apt/sources.list", f"deb {mirror} {SUITE} main\ndeb {mirror} {SUITE}-updates main\n"
                                         f"deb {security} {SUITE}-security main\n")
    write(root, "/etc/apt/apt.conf.d/99fresh", acquire_settings())
    for path in ("/etc/resolv.conf", "/etc/hosts", "/etc/npmrc", "/etc/pip.conf", "/root/.npmrc",
                 *glob.glob("/etc/apt/auth.conf.d/*"), *glob.glob("/usr/local/share/ca-certificates/*.crt")):
        if os.path.isfile(path):
            os.makedirs(os.path.dirname(root + path), exist_ok=True)
            shutil.copy(path, root + path)


def clone(root):
    head = run("git", "-C", SOURCE, "rev-parse", "HEAD").strip()
    run("git", "clone", "--quiet", "--no-hardlinks", "file://" + SOURCE, root + CLONE)
    run("git", "-C", root + CLONE, "checkout", "--quiet", "--detach", head)
    if run("git", "-C", SOURCE, "status", "--porcelain").strip():
        say("what is not committed here is not tried there")
    return head


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def outside(options):
    check_that_it_can_be()
    os.makedirs(FOLDER, exist_ok=True)
    for left in glob.glob(os.path.join(FOLDER, "root.*")) + glob.glob(os.path.join(FOLDER, "base.new.*")):
        number = left.rsplit(".", 1)[1]
        if not os.path.exists(f"/proc/{number}") and not os.path.exists(left + "/.keep"):
            remove_root(left)  # of a run that was killed
    steps = Steps()
    mirror = options.mirror or debian_mirror(SUITE, MIRROR)
    base = make_base(mirror, steps, options.new_base)
    root = os.path.join(FOLDER, f"root.{os.getpid()}")
    inner = None
    try:
        begin = time.monotonic()
        os.makedirs(root)
        run("tar", "-C", root, "-xf", base)
        equip(root, mirror)
        head = clone(root)
        steps.add("its root folder and the clone", time.monotonic() - begin)
        words = ["unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child=SIGKILL",
                 sys.executable, os.path.abspath(__file__), "--inside", root]
        # In a session of its own: Ctrl-C is for us, who then end it in good order.
        inner = subprocess.Popen([*words, *(["--run-only"] if options.run_only else [])], start_new_session=True,
                                 stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent)
        verdict = None
        for line in inner.stdout:
            if line.startswith("{"):
                verdict = json.loads(line)
            else:
                print(line, end="", flush=True)
        inner.wait()
        if verdict is None:
            raise Failed("it ended without a verdict")
        for name, seconds in verdict["steps"]:
            steps.rows.append((name, seconds))
        print(f"\n{head[:12]} on a new Debian {SUITE}, {os.cpu_count()} cores:\n{steps.table()}")
        if verdict["failed"]:
            raise Failed(verdict["failed"])
        print("verdict: good" + (" (./dev test was not asked for)" if options.run_only else ""))
    finally:
        if inner is not None and inner.poll() is None:
            inner.kill()
            inner.wait()
        if options.keep and os.path.isdir(root):
            write(root, "/.keep", "")
            say(f"kept: chroot {root} (remove it with rm -rf)")
        else:
            remove_root(root)


# --- inside its namespaces -----------------------------------------------------------------------------------------------

def mount_all(root):
    def mount(*words):
        run("mount", *words)

    mount("-t", "proc", "proc", root + "/proc")
    mount("-t", "sysfs", "-o", "ro", "sysfs", root + "/sys")
    mount("-t", "tmpfs", "-o", "mode=755", "tmpfs", root + "/dev")
    for device in ("null", "zero", "full", "random", "urandom", "tty"):
        write(root, f"/dev/{device}", "")
        mount("--bind", f"/dev/{device}", f"{root}/dev/{device}")
    for name, target in (("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2"),
                         ("ptmx", "pts/ptmx")):
        os.symlink(target, f"{root}/dev/{name}")
    for folder, kind, mode in (("pts", "devpts", "newinstance,ptmxmode=0666"), ("shm", "tmpfs", "mode=1777")):
        os.mkdir(f"{root}/dev/{folder}")
        mount("-t", kind, "-o", mode, kind, f"{root}/dev/{folder}")


class Machine:
    """The new Debian: runs commands in the clone, as root, with an environment of a fresh login."""

    def __init__(self, root):
        self.root = root
        self.environment = {"HOME": "/root", "USER": "root", "LANG": "C.UTF-8", "TERM": "dumb",
                            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.environment |= {name: value for name, value in os.environ.items() if HANDED_ON.match(name)}

    def start(self, command, **options):
        return subprocess.Popen(["chroot", self.root, "sh", "-c", f"cd {CLONE} && {command}"], env=self.environment,
                                stdin=subprocess.DEVNULL, text=True, errors="replace", **options)


class Watched:
    """A long command: its words go to a log, its steps and a sign of life to the terminal."""

    def __init__(self, machine, command, log):
        self.began = time.monotonic()
        self.marks = []  # (seconds, step)
        self.log = log
        self.process = machine.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        shown = time.monotonic()
        with open(self.log, "w", encoding="utf-8") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                text = re.sub(r"\x1b\[[0-9;]*m", "", line.rstrip())
                if text.startswith("==> "):
                    self.marks.append((time.monotonic() - self.began, text[4:]))
                counted = re.match(r"\[\d+/\d+\]|\s*\d+/\d+ Test", text) and time.monotonic() - shown > 30
                if text.startswith(("==> ", "winnow: ")) or counted:
                    shown = time.monotonic()
                    print(f"    {text[:150]}", flush=True)

    def tail(self):
        self.reader.join(timeout=5)
        with open(self.log, encoding="utf-8") as log:
            return log.read()[-4_000:]


def first_of_the_tour(root):
    with open(root + CLONE + "/README.md", encoding="utf-8") as page:
        return re.search(r"```sh run[^\n]*\n(.*?)```", page.read(), re.DOTALL)[1]


def ports_are_free():
    for port in (8443, 9443):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True


def try_run(machine, steps):
    command = "./dev run"
    if not ports_are_free():
        say("ports 8443 and 9443 are taken on this machine, so ./dev run is told to take others")
        command += " --customer-port 0 --management-port 0"
    say(command)
    watched = Watched(machine, "exec " + command, os.path.join(FOLDER, "run.log"))
    ready = machine.root + CLONE + "/.winnow/ready.json"
    while not os.path.exists(ready):
        if watched.process.poll() is not None:
            raise Failed(f"./dev run ended with {watched.process.returncode}; the end of its words:\n{watched.tail()}")
        if time.monotonic() - watched.began > READY_SECONDS:
            raise Failed(f"./dev run is not ready after {READY_SECONDS} s; the end of its words:\n{watched.tail()}")
        time.sleep(0.2)
    total = time.monotonic() - watched.began
    for (begin, name), (end, _) in zip(watched.marks, [*watched.marks[1:], (total, "")], strict=True):
        steps.add("  " + name.split(":")[0] + (" … until ready" if end == total else ""), end - begin)
    steps.add("./dev run, until it is ready", total)

    begin = time.monotonic()
    tour = "export PATH=$PWD/build/release:$PATH\n" + first_of_the_tour(machine.root)
    said, errors = machine.start(tour, stdout=subprocess.PIPE, stderr=subprocess.PIPE).communicate(timeout=120)
    if not re.fullmatch(r"(accepted [0-9a-f-]{36}\n)+", said):
        raise Failed(f"the first command of the README's tour says: {said}{errors}")
    steps.add("the tour's first command", time.monotonic() - begin)

    begin = time.monotonic()
    watched.process.send_signal(signal.SIGTERM)
    try:
        status = watched.process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"./dev run does not stop within {STOP_SECONDS} s of SIGTERM:\n{watched.tail()}") from None
    if status != 0 or os.path.exists(ready):
        raise Failed(f"./dev run ended with {status} after SIGTERM:\n{watched.tail()}")
    steps.add("stopped by SIGTERM", time.monotonic() - begin)


def try_test(machine, steps):
    say("./dev test")
    watched = Watched(machine, "exec ./dev test", os.path.join(FOLDER, "test.log"))
    try:
        status = watched.process.wait(timeout=TEST_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"./dev test has not ended after {TEST_SECONDS} s:\n{watched.tail()}") from None
    total = time.monotonic() - watched.began
    for (begin, name), (end, _) in zip(watched.marks, [*watched.marks[1:], (total, "")], strict=True):
        steps.add("  " + name.split(":")[0], end - begin)
    steps.add("./dev test", total)
    if status != 0:
        raise Failed(f"./dev test ended with {status}; all it said is in {watched.log}; the end:\n{watched.tail()}")


def bury_the_dead():
    """Leaves process 1 of the namespace to what init does: it waits for whatever has lost its parent, or a database server
    that was killed would stay in the table of processes and look alive. Returns in the process that does the work."""
    worker = os.fork()
    while worker:
        buried, status = os.wait()
        if buried == worker:
            sys.stdout.flush()
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)


def inside(options):
    bury_the_dead()
    steps = Steps()
    failed = ""
    try:
        mount_all(options.inside)
        machine = Machine(options.inside)
        try_run(machine, steps)
        if not options.run_only:
            try_test(machine, steps)
    except Failed as failure:
        failed = str(failure)
    print(json.dumps({"steps": steps.rows, "failed": failed}), flush=True)


def main():
    parser = argparse.ArgumentParser(prog="./dev fresh", description="Runs ./dev run and ./dev test on a new, minimal Debian 12 "
                                     "made by debootstrap, from a clone of HEAD. Wants root, and some 10 GB under build/.")
    parser.add_argument("--run-only", action="store_true", help="only ./dev run and the tour's first command")
    parser.add_argument("--keep", action="store_true", help="leave the new Debian's root folder for a look")
    parser.add_argument("--new-base", action="store_true", help="do not use the minimal Debian of an earlier run")
    parser.add_argument("--mirror", help=f"where Debian comes from (default: as this machine's apt, else {MIRROR})")
    parser.add_argument("--inside", help=argparse.SUPPRESS)
    options = parser.parse_args()

    def end(number, _):
        raise SystemExit(128 + number)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGHUP, end)
    try:
        inside(options) if options.inside else outside(options)
    except Failed as failure:
        print(f"fresh: {failure}", file=sys.stderr)
        if not options.inside and os.path.isdir(FOLDER):
            print("verdict: bad", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
