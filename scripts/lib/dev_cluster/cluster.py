"""Up and down: the order of things.

What does not depend on each other happens at once: realm, key and NameNode's format; then all daemons; then, while they wake,
one Java process (Prepare) waits for them and makes folders. A daemon that dies ends the wait at once, with its log's last words.
"""

import concurrent.futures
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import time

from . import artifacts, diagnosis, hadoop_conf, java, kdc, processes, tls
from .errors import ClusterError
from .layout import REALM, USERS, Layout
from .options import Options

_HERE = pathlib.Path(__file__).resolve().parent
_PATIENCE = 120


def up(layout: Layout, options: Options, say):
    """Starts a new cluster; returns when an application could be submitted."""
    if layout.exists() and layout.load().pids and any(processes.running(layout, name) for name in layout.pids):
        raise ClusterError(f"a cluster runs in {layout.dir} already; use it, stop it (`down`), or choose another --dir")
    began = time.monotonic()
    _warn(options, say)
    artifacts.packages(options.secure, say)
    jars, native = artifacts.hadoop(options.release, say)
    _fresh(layout)
    for source in (jars, native):
        shutil.copytree(source, layout.dir / source.name, copy_function=_link)
    layout.options = options
    layout.take_ports()
    layout.save()
    try:
        _start(layout)
        _wait(layout)
    except BaseException:
        processes.stop_all(layout)
        layout.save()
        raise
    layout.ready = True
    layout.save()
    say(f"up in {time.monotonic() - began:.0f} s in {layout.dir}")


def down(layout: Layout, keep: bool):
    """Stops everything; removes the folder unless it is to be kept."""
    processes.stop_all(layout)
    layout.ready = False
    layout.save()
    if not keep:
        shutil.rmtree(layout.dir)


def _warn(options: Options, say):
    if not options.as_users:
        lost = " and logs are not aggregated (`yarn logs` shows nothing)" if options.secure else ""
        say(f"not root: containers run as {pwd.getpwuid(os.geteuid()).pw_name}, not as the submitting user{lost}")
    elif not options.log_aggregation:
        say(f"Hadoop {options.release} has no published native library: logs are not aggregated (`yarn logs` shows nothing)")


def _fresh(layout: Layout):
    for entry in layout.dir.iterdir():
        if entry.name != ".lock":
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    # Containers run as other users and must reach their folders.
    layout.dir.chmod(0o755)
    for folder in (layout.conf, layout.logs, layout.dir / "daemons"):
        folder.mkdir(parents=True)


def _link(source: str, target: str):
    """The cache may lie in a home that is closed to others; localizers and Java containers of other users read Hadoop here."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _start(layout: Layout):
    options = layout.options
    hadoop_conf.write(layout)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        jobs = [pool.submit(_format, layout), pool.submit(tls.create, layout.conf)]
        if options.secure:
            jobs.append(pool.submit(kdc.create, layout))
        if options.as_users:
            jobs.append(pool.submit(_unix_users))
        for job in jobs:
            job.result()
    for name in options.daemons():
        layout.daemon(name).mkdir(parents=True, exist_ok=True)
        processes.start(layout, name)
        if name == "kdc":
            _listening(layout, "kdc", layout.ports["kdc.kdc"], 20)


def _unix_users():
    for user in USERS:
        try:
            pwd.getpwnam(user)
        except KeyError:
            done = subprocess.run(["useradd", "--no-create-home", user], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            if done.returncode not in (0, 9):  # 9: somebody else just made it
                raise ClusterError(f"useradd {user} failed: {done.stdout.strip()}") from None


def _format(layout: Layout):
    """Formats the first NameNode (and the shared edits); the second of a pair starts from a copy, as after -bootstrapStandby."""
    first, *others = layout.options.namenodes()
    # Formatting needs no login, and while it runs there is no KDC yet.
    arguments = java.command_line(layout, ["-Dhadoop.root.logger=WARN", java.DAEMONS["nn"][0], "-format", "-nonInteractive"],
                                  first=[_plain(layout, first)])
    with open(layout.log(f"{first}-format"), "w") as log:
        code = subprocess.run(arguments, env=java.environment(layout), stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode
    if code != 0:
        raise ClusterError(diagnosis.explain(layout, f"{first}-format", f"ended with code {code}"))
    for other in others:
        shutil.copytree(layout.daemon(first) / "name", layout.daemon(other) / "name")


def _plain(layout: Layout, name: str) -> pathlib.Path:
    """The NameNode's settings without security, for the one command that only writes local files."""
    folder = layout.daemon(name) / "format"
    shutil.copytree(layout.daemon(name) / "conf", folder)
    simple = {"hadoop.security.authentication": "simple", "hadoop.security.authorization": "false"}
    (folder / "core-site.xml").write_text(hadoop_conf.xml(hadoop_conf.core(layout) | simple))
    return folder


def _wait(layout: Layout):
    """Runs Prepare and watches the daemons meanwhile."""
    options = layout.options
    me = hadoop_conf.superuser(layout)
    arguments = [f"patience={_PATIENCE}", f"nodes={options.nodes}", f"datanodes={options.datanodes}"]
    if options.secure:
        arguments.insert(0, f"login=nn/localhost@{REALM},{layout.keytabs}/hadoop.keytab")
    if options.nn_ha:
        arguments.append("active-nn=nn1")
    if options.rm_ha:
        arguments.append("active-rm=rm1")
    for path, owner, mode in [*[(f"/user/{u}", u, "700") for u in USERS], ("/tmp", me, "1777"),
                              ("/logs", "nm" if options.secure else me, "1777"), ("/data", "alice", "755")]:
        arguments.append(f"dir={path},{owner},{mode}")
    command = java.command_line(layout, [str(_HERE / "Prepare.java"), *arguments])
    with open(layout.log("prepare"), "w") as log:
        child = subprocess.Popen(command, env=java.environment(layout), stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        while child.poll() is None:
            dead = [name for name in options.daemons() if not processes.running(layout, name)]
            if dead:
                raise ClusterError(diagnosis.explain(layout, dead[0], "died while starting"))
            time.sleep(0.2)
    finally:
        if child.poll() is None:
            child.kill()
            child.wait()
    if child.returncode != 0:
        raise ClusterError("\n".join([diagnosis.explain(layout, "prepare", "gave up waiting for the daemons"), *_silent(layout)]))


def _silent(layout: Layout) -> list[str]:
    """Daemons that run but listen on none of their ports."""
    found = []
    for name in layout.options.daemons():
        ports = [port for key, port in layout.ports.items() if key.split(".")[0] == name]
        if not any(listening(layout, name, port) for port in ports):
            found.append(diagnosis.explain(layout, name, "runs but does not listen"))
    return found


def listening(layout: Layout, name: str, port: int) -> bool:
    """Whether a daemon listens at one of its ports."""
    try:
        socket.create_connection((layout.host(name), port), 1).close()
        return True
    except OSError:
        return False


def _listening(layout: Layout, name: str, port: int, patience: float):
    end = time.monotonic() + patience
    while not listening(layout, name, port):
        if not processes.running(layout, name) or time.monotonic() > end:
            raise ClusterError(diagnosis.explain(layout, name, f"does not listen on port {port}"))
        time.sleep(0.05)


def restart(layout: Layout, name: str):
    """Starts a daemon that was killed; returns when it listens."""
    processes.start(layout, name)
    service = {"kdc": "kdc", "nn": "rpc", "dn": "data", "rm": "admin", "nm": "rpc"}[name if name == "kdc" else name[:2]]
    _listening(layout, name, layout.ports[f"{name}.{service}"], _PATIENCE)


def failover(layout: Layout, kind: str, say):
    """Makes the other one of a pair active. The old one is asked to step back if it answers; one that is dead is overruled."""
    pair = layout.options.namenodes() if kind == "nn" else layout.options.resourcemanagers()
    if len(pair) < 2:
        raise ClusterError(f"this cluster has one {kind}; start it with --{kind}-ha")
    states = {name: _admin(layout, kind, "-getServiceState", name)[1].strip().splitlines()[-1:] for name in pair}
    active = next((name for name in pair if states[name] == ["active"]), None)
    if active:
        target = next(name for name in pair if name != active)
        code, output = _admin(layout, kind, "-transitionToStandby", active)
        if code == 0:
            code, output = _admin(layout, kind, "-transitionToActive", target)
    else:
        target = next((name for name in pair if states[name] == ["standby"]), pair[0])
        code, output = _admin(layout, kind, "-transitionToActive", "--forceactive", target)
    if code != 0:
        raise ClusterError(f"could not make {target} active: {output.strip()[-600:]}")
    say(f"{target} is active")


def _admin(layout: Layout, kind: str, *arguments: str) -> tuple[int, str]:
    """One administrator's command, as the daemons' superuser."""
    environ = dict(os.environ, KRB5_CONFIG=str(layout.krb5_conf))
    if layout.options.secure:
        environ["KRB5CCNAME"] = kdc.kinit(layout, "nn/localhost")
    tool = java.tool(*(("hdfs", ["haadmin", *arguments]) if kind == "nn" else ("yarn", ["rmadmin", *arguments])))
    done = subprocess.run(java.command_line(layout, tool), env=environ, text=True, input="Y\n",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout
