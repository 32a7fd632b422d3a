"""Names for nodes. A scheduler tells nodes apart by their hosts, so NodeManagers that are all called localhost leave, and are avoided, together.

nm0 is nm0.alpheus.test at 127.0.0.2, nm1 is nm1.alpheus.test at 127.0.0.3, and so on: all of 127.0.0.0/8 is this machine on Linux. The names stand
in /etc/hosts, where root puts them once, for all clusters; without them and without root every node is localhost. Hadoop asks for a name with
a dot behind it (QualifiedHostResolver, where tokens are named after hosts), so either form stands there.
"""

import fcntl
import pathlib
import socket

#: A domain that nobody has (RFC 2606).
DOMAIN = "alpheus.test"
_HOSTS = pathlib.Path("/etc/hosts")
_FIRST = 2
#: As many as an address has room for.
MOST = 250


def name(index: int) -> str:
    return f"nm{index}.{DOMAIN}"


def address(index: int) -> str:
    return f"127.0.0.{_FIRST + index}"


def ensure(count: int) -> bool:
    """Whether the first `count` nodes have their names, after trying to give them."""
    if count > MOST:
        return False
    if not _missing(count):
        return True
    try:
        with open(_HOSTS, "r+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            text = file.read()
            known = {word for line in text.splitlines() for word in line.partition("#")[0].split()[1:]}
            lines = [f"{address(i)} {name(i)} {name(i)}." for i in range(count) if f"{name(i)}." not in known]
            # Written in place: in a container the file is a mount of its own.
            file.write("".join(f"{line}\n" for line in ([""] if text and not text.endswith("\n") else []) + lines))
    except OSError:
        return False
    return not _missing(count)


def _missing(count: int) -> bool:
    return any(_resolved(host) != address(i) for i in range(count) for host in (name(i), f"{name(i)}."))


def _resolved(host: str) -> str | None:
    try:
        return socket.gethostbyname(host)
    except OSError:
        return None
