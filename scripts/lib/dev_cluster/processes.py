"""Starting, watching and stopping daemons. A process is ours only if it still carries the cluster's folder in its command line
or environment: a process id alone may have been given to somebody else since."""

import os
import pathlib
import signal
import subprocess
import time

from . import java, kdc
from .errors import ClusterError
from .layout import Layout


def start(layout: Layout, name: str):
    """Starts one daemon in a session of its own and remembers it."""
    if running(layout, name):
        raise ClusterError(f"{name} runs already (process {layout.pids[name]})")
    if name == "kdc":
        arguments, environ = kdc.command_line(layout), kdc.environment(layout)
    else:
        main, heap = java.DAEMONS[name[:2]]
        arguments = java.command_line(layout, [main], heap=heap, first=[layout.daemon(name) / "conf"])
        environ = java.environment(layout)
    environ["ALPHEUS_DEV_CLUSTER_DIR"] = str(layout.dir)
    with open(layout.log(name), "a") as log:
        child = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                 cwd=layout.daemon(name), env=environ)
    layout.pids[name] = child.pid
    layout.save()


def running(layout: Layout, name: str) -> bool:
    pid = layout.pids.get(name)
    return pid is not None and _ours(layout, pid)


def send(layout: Layout, name: str, number: signal.Signals):
    """Sends a signal to one daemon; after a deadly one, waits until it is gone."""
    if not running(layout, name):
        raise ClusterError(f"{name} does not run; `status` shows what does")
    pid = layout.pids[name]
    os.kill(pid, number)
    if number in (signal.SIGKILL, signal.SIGTERM) and not _gone(layout, [pid], 30):
        raise ClusterError(f"{name} (process {pid}) ignores {number.name}")


def stop_all(layout: Layout):
    """Ends every daemon and every container: politely, then after five seconds not."""
    daemons = [pid for pid in layout.pids.values() if _ours(layout, pid)]
    for number, patience in ((signal.SIGTERM, 5), (signal.SIGKILL, 10)):
        for pid in daemons:
            _kill(pid, number)
        if _gone(layout, daemons, patience):
            break
    for pid in containers(layout):
        _kill(pid, signal.SIGKILL)
    layout.pids = {}


def containers(layout: Layout) -> list[int]:
    """Processes that live in a NodeManager's folder. They survive it on purpose (recovery), so somebody must end them."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                home = os.readlink(entry / "cwd")
            except OSError:
                continue
            if home.startswith(f"{layout.dir}/daemons/nm") and "/local/" in home:
                found.append(int(entry.name))
    return found


def memory(pid: int) -> int:
    """Resident memory in MB."""
    try:
        for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) // 1024
    except OSError:
        pass
    return 0


def _ours(layout: Layout, pid: int) -> bool:
    mark = f"ALPHEUS_DEV_CLUSTER_DIR={layout.dir}\0".encode()
    for _ in range(10):
        try:
            if pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return False
            environ = pathlib.Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
        if environ:
            return mark in environ
        # It is just being started or just ending: for a moment there is no environment.
        time.sleep(0.02)
    return False


def _gone(layout: Layout, pids: list[int], patience: float) -> bool:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if not any(_ours(layout, pid) for pid in pids):
            return True
        time.sleep(0.1)
    return False


def _kill(pid: int, number: signal.Signals):
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        pass
