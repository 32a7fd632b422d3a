"""The command line of a Hadoop class, and which class stands behind `hdfs dfs` or `yarn logs`."""

import os
import pathlib
import shutil

from .errors import ClusterError
from .layout import Layout

_OPENED = ("java.lang java.lang.reflect java.io java.math java.net java.nio java.text java.util java.util.concurrent "
           "java.util.zip sun.nio.ch sun.security.util sun.security.x509").split()
_HDFS, _YARN = "org.apache.hadoop.hdfs.tools", "org.apache.hadoop.yarn.client.cli"

#: Daemon's first two letters -> (class, heap). Four of them fit into 1.3 GB.
DAEMONS = {
    "nn": ("org.apache.hadoop.hdfs.server.namenode.NameNode", "512m"),
    "dn": ("org.apache.hadoop.hdfs.server.datanode.DataNode", "384m"),
    "rm": ("org.apache.hadoop.yarn.server.resourcemanager.ResourceManager", "512m"),
    "nm": ("org.apache.hadoop.yarn.server.nodemanager.NodeManager", "384m"),
}
#: Sub-command -> (class, arguments that go before the user's).
HDFS_COMMANDS = {
    "dfs": ("org.apache.hadoop.fs.FsShell", []),
    "dfsadmin": (f"{_HDFS}.DFSAdmin", []),
    "haadmin": (f"{_HDFS}.DFSHAAdmin", []),
    "fetchdt": (f"{_HDFS}.DelegationTokenFetcher", []),
    "fsck": (f"{_HDFS}.DFSck", []),
    "getconf": (f"{_HDFS}.GetConf", []),
    "dtutil": ("org.apache.hadoop.security.token.DtUtilShell", []),
    "kdiag": ("org.apache.hadoop.security.KDiag", []),
    "kerbname": ("org.apache.hadoop.security.HadoopKerberosName", []),
}
YARN_COMMANDS = {
    "application": (f"{_YARN}.ApplicationCLI", ["application"]),
    "app": (f"{_YARN}.ApplicationCLI", ["application"]),
    "applicationattempt": (f"{_YARN}.ApplicationCLI", ["applicationattempt"]),
    "container": (f"{_YARN}.ApplicationCLI", ["container"]),
    "logs": (f"{_YARN}.LogsCLI", []),
    "node": (f"{_YARN}.NodeCLI", []),
    "queue": (f"{_YARN}.QueueCLI", []),
    "cluster": (f"{_YARN}.ClusterCLI", []),
    "rmadmin": (f"{_YARN}.RMAdminCLI", []),
    "top": (f"{_YARN}.TopCLI", []),
    "jar": ("org.apache.hadoop.util.RunJar", []),
}


def command_line(layout: Layout, what: list[str], heap: str = "256m", first: list[pathlib.Path] = ()) -> list[str]:
    """`java` with Hadoop's class path and the cluster's configuration; `first` goes before it on the class path."""
    path = ":".join([*map(str, first), str(layout.conf), f"{layout.dir}/jars/*"])
    return ["java", f"-Xmx{heap}", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.net.preferIPv4Stack=true",
            f"-Djava.security.krb5.conf={layout.krb5_conf}", f"-Dhadoop.log.dir={layout.logs}",
            f"-Djava.library.path={layout.dir}/native", *[f"--add-opens=java.base/{p}=ALL-UNNAMED" for p in _OPENED],
            "-cp", path, *what]


def environment(layout: Layout) -> dict[str, str]:
    """For daemons: no ticket of ours, and JAVA_HOME, which a NodeManager hands on to Java applications."""
    environ = dict(os.environ, HADOOP_CONF_DIR=str(layout.conf))
    for ours in ("KRB5CCNAME", "KRB5_CONFIG", "HADOOP_USER_NAME", "HADOOP_TOKEN_FILE_LOCATION", "CLASSPATH"):
        environ.pop(ours, None)
    if "JAVA_HOME" not in environ and (java := shutil.which("java")):
        environ["JAVA_HOME"] = str(pathlib.Path(java).resolve().parents[1])
    return environ


def tool(kind: str, arguments: list[str]) -> list[str]:
    """Class and arguments behind `hdfs ...` or `yarn ...`; any class name works too."""
    table = HDFS_COMMANDS if kind == "hdfs" else YARN_COMMANDS
    if arguments and arguments[0] in table:
        name, before = table[arguments[0]]
        return [name, *before, *arguments[1:]]
    if arguments and "." in arguments[0]:
        return arguments
    raise ClusterError(f"{kind} {' '.join(arguments[:1])}: expected a class name or one of {', '.join(table)}")
