"""The cluster's folder: where everything lies, which ports it uses, and what later commands must know.

    DIR/cluster.json    options, ports, process ids, current user
    DIR/conf/           the configuration for clients (HADOOP_CONF_DIR)
    DIR/daemons/NAME/   a daemon's own settings and data
    DIR/logs/NAME.log   a daemon's output
    DIR/keytabs/        alice, bob, admin; hadoop (the daemons); kafka, zookeeper
    DIR/tickets/USER    ticket caches made by `kinit`
    DIR/krb5.conf       the realm, for clients
    DIR/jars/, native/  Hadoop
"""

import contextlib
import dataclasses
import fcntl
import json
import os
import pathlib
import random
import socket
import tempfile
import time

from . import hosts
from .errors import ClusterError
from .options import Options

REALM = "TEST.LOCAL"
#: People that exist on the cluster, as Unix users, principals and home folders.
USERS = ["alice", "bob", "admin"]
#: How long a command waits for another one, s.
_LOCK_PATIENCE = 60
#: Below the range from which Linux takes the ports of outgoing connections, so that nobody takes ours while we start.
_PORT_RANGE = (20000, 32000)


def default_dir() -> pathlib.Path:
    """DIR when no --dir is given: ALPHEUS_DEV_CLUSTER_DIR, or a folder under /tmp that belongs to this user."""
    named = os.environ.get("ALPHEUS_DEV_CLUSTER_DIR")
    return pathlib.Path(named or os.path.join(tempfile.gettempdir(), f"alpheus-dev-cluster-{os.geteuid()}"))


class Layout:
    """Paths, and the cluster's memory between commands."""

    def __init__(self, directory: pathlib.Path):
        self.dir = directory.absolute()
        self.options = Options()
        self.ports: dict[str, int] = {}
        self.pids: dict[str, int] = {}
        self.user: str | None = None
        self.ready = False

    conf = property(lambda self: self.dir / "conf")
    logs = property(lambda self: self.dir / "logs")
    keytabs = property(lambda self: self.dir / "keytabs")
    tickets = property(lambda self: self.dir / "tickets")
    krb5_conf = property(lambda self: self.dir / "krb5.conf")
    _memory = property(lambda self: self.dir / "cluster.json")

    def log(self, name: str) -> pathlib.Path:
        return self.logs / f"{name}.log"

    def daemon(self, name: str) -> pathlib.Path:
        return self.dir / "daemons" / name

    def host(self, name: str) -> str:
        """Where a daemon listens, by name."""
        named = self.options.node_names and name[:2] == "nm"
        return hosts.name(int(name[2:])) if named else "localhost"

    def exists(self) -> bool:
        return self._memory.exists()

    def load(self) -> "Layout":
        """Reads what `up` left; raises ClusterError when there is no cluster here."""
        try:
            data = json.loads(self._memory.read_text())
        except FileNotFoundError:
            raise ClusterError(f"no cluster in {self.dir}; start one with `scripts/dev-cluster up`, or name its folder with --dir") from None
        self.options = Options(**data["options"])
        self.ports, self.pids, self.user, self.ready = data["ports"], data["pids"], data["user"], data["ready"]
        return self

    def save(self):
        data = {"options": dataclasses.asdict(self.options), "ports": self.ports, "pids": self.pids, "user": self.user, "ready": self.ready}
        partial = self._memory.with_suffix(".tmp")
        partial.write_text(json.dumps(data, indent=1) + "\n")
        partial.rename(self._memory)

    @contextlib.contextmanager
    def lock(self):
        """One command at a time changes a cluster; another one waits for it, a minute at most."""
        self.dir.mkdir(parents=True, exist_ok=True)
        with open(self.dir / ".lock", "w") as handle:
            end = time.monotonic() + _LOCK_PATIENCE
            while True:
                try:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    if time.monotonic() > end:
                        raise ClusterError(f"another command is changing the cluster in {self.dir}; wait for it") from None
                    time.sleep(0.1)
            yield

    def take_ports(self):
        """Gives every listener a free port, once; a cluster keeps its ports for life."""
        names = port_names(self.options)
        low, high = _PORT_RANGE
        for _ in range(200):
            base = random.randrange(low, high - len(names))
            ports = {name: base + i for i, name in enumerate(names)}
            if all(_free(self.host(name.split(".")[0]), port) for name, port in ports.items()):
                self.ports = ports
                return
        raise ClusterError(f"found no {len(names)} free ports in a row between {low} and {high}; stop what listens there (`ss -tln`)")


def port_names(options: Options) -> list[str]:
    """One name per listener: DAEMON.SERVICE."""
    services = {"nn": ["rpc", "http", "https"], "dn": ["data", "ipc", "http", "https"],
                "rm": ["client", "scheduler", "tracker", "admin", "web"], "nm": ["rpc", "localizer", "web", "collector"]}
    names = ["kdc.kdc"] if options.secure else []
    for daemon in options.daemons():
        names += [f"{daemon}.{service}" for service in services.get(daemon[:2], [])]
    return names


def _free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True
