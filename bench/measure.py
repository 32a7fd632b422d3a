"""What the benchmarks share: where the binary is, how a job file is made, what a process has used."""

import os
import pathlib
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
CACHE = pathlib.Path(os.environ.get("ALPHEUS_CACHE") or
                     pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "alpheus")


def binary(profile="release"):
    """The binary to measure: ALPHEUS_BIN, or what cargo has built."""
    named = os.environ.get("ALPHEUS_BIN")
    target = pathlib.Path(os.environ.get("CARGO_TARGET_DIR") or CACHE / "target")
    path = pathlib.Path(named) if named else target / profile / "alpheus"
    if not path.is_file():
        sys.exit(f"error: {path} is not there: build it with `make build`, or name a binary in ALPHEUS_BIN")
    return str(path)


def fill_in(text, **values):
    for name, value in values.items():
        text = text.replace("${" + name + "}", str(value))
    return text


def flights_data():
    """The folder with the flights; fetched the first time."""
    script = f'source "{ROOT}/scripts/lib/common.sh"; fetch_flights'
    done = subprocess.run(["bash", "-euo", "pipefail", "-c", script], stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        sys.exit(1)
    return done.stdout.strip()


class Usage:
    """What a process and its children that have ended took."""

    def __init__(self, wall, usage, code):
        self.wall = wall
        self.cpu = usage.ru_utime + usage.ru_stime
        self.sys = usage.ru_stime
        self.rss_mb = usage.ru_maxrss / 1024
        self.code = code


def run(command, stderr):
    """Runs a command to its end with its standard error in a file."""
    begin = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Usage(time.monotonic() - begin, usage, process.returncode)
