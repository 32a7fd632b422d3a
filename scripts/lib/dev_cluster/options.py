"""What `up` was asked for. Kept in cluster.json, so that later commands know what kind of cluster they talk to."""

import dataclasses
import os
import re

from .errors import ClusterError

#: Releases seen to work, by the short name that people type.
RELEASES = {"3.4": "3.4.3", "3.5": "3.5.0"}
PROTECTIONS = ["authentication", "integrity", "privacy"]
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclasses.dataclass
class Options:
    """Every option of `up`; times in seconds."""

    protection: str = "privacy"
    secure: bool = True
    nodes: int = 2
    datanodes: int = 1
    rm_ha: bool = False
    nn_ha: bool = False
    #: Whether NodeManagers have names and addresses of their own.
    node_names: bool = False
    ticket_life: int | None = None
    token_life: int | None = None
    token_renew: int | None = None
    release: str = RELEASES["3.4"]
    overrides: list[str] = dataclasses.field(default_factory=list)

    @property
    def as_users(self) -> bool:
        """Containers can run as the submitting user only when root starts the NodeManagers."""
        return os.geteuid() == 0

    @property
    def log_aggregation(self) -> bool:
        """A secured NodeManager aggregates logs only with Hadoop's native code, of which a build for 3.4 alone is published,
        and only files that belong to the application's user."""
        return not self.secure or (self.as_users and self.release.startswith("3.4"))

    def namenodes(self) -> list[str]:
        return ["nn1", "nn2"] if self.nn_ha else ["nn"]

    def resourcemanagers(self) -> list[str]:
        return ["rm1", "rm2"] if self.rm_ha else ["rm"]

    def datanode_names(self) -> list[str]:
        return [f"dn{i}" for i in range(self.datanodes)]

    def nodemanagers(self) -> list[str]:
        return [f"nm{i}" for i in range(self.nodes)]

    def daemons(self) -> list[str]:
        """Everything that runs, in the order in which it is started."""
        kdc = ["kdc"] if self.secure else []
        return kdc + self.namenodes() + self.resourcemanagers() + self.datanode_names() + self.nodemanagers()

    def overrides_for(self, file: str) -> dict[str, str]:
        """The `--set FILE:KEY=VALUE` entries of one file (core, hdfs, yarn, scheduler)."""
        found = {}
        for entry in self.overrides:
            name, _, setting = entry.partition(":")
            key, _, value = setting.partition("=")
            if name == file:
                found[key] = value
        return found


def check_override(entry: str) -> str:
    """Parses one `--set` argument for argparse; raises ValueError's kin when it is not FILE:KEY=VALUE."""
    if not re.fullmatch(r"(core|hdfs|yarn|scheduler):[^=]+=.*", entry, re.S):
        raise ClusterError(f"--set {entry}: expected core|hdfs|yarn|scheduler:KEY=VALUE, such as "
                           "yarn:yarn.am.liveness-monitor.expiry-interval-ms=10000")
    return entry


def duration(text: str) -> int:
    """`90`, `60s`, `5m`, `24h` or `7d` in seconds."""
    match = re.fullmatch(r"(\d+)([smhd]?)", text)
    if not match or int(match[1]) == 0:
        raise ClusterError(f"{text!r} is not a length of time; write for instance 60s, 5m, 24h or 7d")
    return int(match[1]) * _UNITS[match[2] or "s"]
