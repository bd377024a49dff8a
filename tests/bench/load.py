"""wrk with load.lua: one run of load on one server."""

import json
import os
import subprocess

SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "load.lua")
THREADS = 2


class LoadFailed(Exception):
    """Some request was not answered with success: the figures would mean nothing."""


def run(url, bodies_file, connections, seconds, key=None):
    """Requests, their rate and their latencies. Raises LoadFailed at the first sign of an error."""
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "--latency",
               "-s", SCRIPT, url, "--", bodies_file]
    if key:
        command.append(key)
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=False)
    line = next((line for line in done.stdout.splitlines() if line.startswith("RESULT ")), None)
    if done.returncode != 0 or line is None:
        raise LoadFailed(f"wrk ended with {done.returncode}: {done.stderr or done.stdout}")
    result = json.loads(line.removeprefix("RESULT "))
    errors = {kind: result[kind] for kind in ("not_success", "connect", "read", "write", "timeout") if result[kind]}
    if errors:
        raise LoadFailed(f"{url}: {errors} of {result['requests']} requests")
    result["requests_per_second"] = result["requests"] / result["seconds"]
    return result
