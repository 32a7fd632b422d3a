"""From a daemon that did not come up to a sentence: which one, what its log says last, and what usually helps."""

import re

from .layout import Layout

#: A line in the log -> what to do. The first that matches anywhere wins.
_REMEDIES = [
    (r"Address already in use|BindException", "another program took the port meanwhile: run `down` and `up` again"),
    (r"OutOfMemoryError|insufficient memory|Cannot allocate memory", "the machine has too little memory: use --nodes 1, or stop other programs"),
    (r"No space left on device|Insufficient space|not enough space", "the disk is full: free some, or choose another --dir"),
    (r"Clock skew too great", "the clock jumped: set it right, then `down` and `up`"),
    (r"Checksum failed|Integrity check on decrypted field failed", "keytab and KDC disagree: `down` and `up` make both new"),
    (r"Cannot contact any KDC|Connection refused.*[Kk]rb|KrbException: .*refused", "the KDC does not answer: see the log of kdc"),
    (r"UnsupportedClassVersionError|InaccessibleObjectException", "this Java does not fit: Hadoop needs 17 (`java -version`)"),
    (r"webapps/\w+ not found in CLASSPATH", "jars are missing: remove the cache folder that `up --help` names, then `up`"),
    (r"ClassNotFoundException|NoClassDefFoundError", "jars are missing: remove the cache folder that `up --help` names, then `up`"),
    (r"UnknownHostException", "this machine cannot resolve its own name: /etc/hosts needs `127.0.0.1 localhost` and the host name"),
    (r"Permission denied", "a folder on the way to --dir is closed to the user in question: choose another --dir"),
]
_LOUD = re.compile(r"\b(FATAL|ERROR)\b|^Exception in thread|^Caused by:|^Error: ")


def explain(layout: Layout, name: str, what: str) -> str:
    """`what` happened to the daemon `name`, with the log's last words and a remedy when one is known."""
    try:
        lines = layout.log(name).read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    loud = [line.strip()[:240] for line in lines if _LOUD.search(line)][-6:] or [line[:240] for line in lines[-6:]]
    parts = [f"{name} {what}", *[f"  | {line}" for line in loud]]
    remedy = next((text for pattern, text in _REMEDIES if any(re.search(pattern, line) for line in lines)), None)
    if remedy:
        parts.append(f"  remedy: {remedy}")
    parts.append(f"  all of it: {layout.log(name)}")
    return "\n".join(parts)
