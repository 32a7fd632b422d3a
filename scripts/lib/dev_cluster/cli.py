"""Arguments and commands of scripts/dev-cluster."""

import argparse
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys

from . import cluster, hosts, java, kdc, processes
from .errors import ClusterError
from .layout import USERS, Layout, default_dir
from .options import PROTECTIONS, RELEASES, Options, check_override, duration

_DESCRIPTION = """\
A Hadoop cluster on this machine, secured as in production: an MIT KDC, HDFS and YARN from published packages, with Kerberos,
delegation tokens, block tokens and encrypted data. Made for development and tests; up in about half a minute.

commands:
  up                    start a new cluster (fetches what is missing the first time; see `up --help` for its options)
  down                  stop it, with its containers, and remove its folder
  status                what runs, where it listens, how much memory it takes
  env                   print the variables that clients need, for `eval`
  kinit USER            get a ticket for alice, bob or admin and be that user in later yarn and hdfs commands
  yarn ..., hdfs ...    Hadoop's own commands, as that user
  kadmin QUERY          a command of kadmin.local: `kadmin 'listprincs'`
  kill NAME             kill a daemon (--signal TERM, STOP, CONT, ...)
  start NAME            start it again
  failover rm|nn        make the other one of an HA pair active
  logs NAME             print a daemon's log (-f follows it)

daemons: kdc, nn (nn1, nn2), dn0.., rm (rm1, rm2), nm0..
"""
_EXAMPLES = """\
examples:
  scripts/dev-cluster up
  scripts/dev-cluster kinit alice
  scripts/dev-cluster hdfs dfs -put data.csv /user/alice/
  scripts/dev-cluster yarn application -list
  eval "$(scripts/dev-cluster env)"                      # HADOOP_CONF_DIR, KRB5_CONFIG, KRB5CCNAME for programs
  scripts/dev-cluster kill nm1; scripts/dev-cluster start nm1
  scripts/dev-cluster yarn logs -applicationId application_1700000000000_0001
  scripts/dev-cluster down

  scripts/dev-cluster --dir /tmp/second up --protection integrity --nodes 1      # beside the first one
  scripts/dev-cluster up --rm-ha --nn-ha                 # pairs; `failover rm`, `failover nn`
  scripts/dev-cluster up --ticket-life 60s --token-life 60s   # what takes a week elsewhere takes a minute here
  scripts/dev-cluster up --set yarn:yarn.am.liveness-monitor.expiry-interval-ms=10000

Without --dir the cluster lies in $ALPHEUS_DEV_CLUSTER_DIR, or in /tmp/alpheus-dev-cluster-UID.
Jars are kept in ${XDG_CACHE_HOME:-~/.cache}/alpheus/hadoop-RELEASE.
Containers run as the submitting Unix user when root starts the cluster; otherwise they run as yourself, and a secured cluster
then aggregates no logs. NodeManagers are nm0.alpheus.test, nm1.alpheus.test, ... at addresses of their own (127.0.0.2, ...) once root has put
these names into /etc/hosts, which `up` does by itself; without them all are localhost.
"""


def main(arguments: list[str]) -> int:
    args = _parser().parse_args(arguments)
    layout = Layout(pathlib.Path(args.dir) if args.dir else default_dir())
    try:
        return args.run(layout, args) or 0
    except ClusterError as error:
        print(f"dev-cluster: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0


def _say(text: str):
    print(f"dev-cluster: {text}", file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    where = argparse.ArgumentParser(add_help=False)
    where.add_argument("--dir", default=argparse.SUPPRESS, help="the cluster's folder; every cluster has its own")
    parser = argparse.ArgumentParser(prog="scripts/dev-cluster", formatter_class=raw, description=_DESCRIPTION, epilog=_EXAMPLES,
                                     usage="scripts/dev-cluster [--dir DIR] COMMAND ...")
    parser.add_argument("--dir", default=None, help="the cluster's folder; every cluster has its own")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", help=argparse.SUPPRESS)

    def command(name, run, about, **how):
        sub = commands.add_parser(name, help=argparse.SUPPRESS, description=about, formatter_class=raw, parents=[where], **how)
        sub.set_defaults(run=run)
        return sub

    up = command("up", _up, "Start a new cluster; what was in its folder before is removed.")
    up.add_argument("--protection", choices=PROTECTIONS, default="privacy",
                    help="hadoop.rpc.protection and dfs.data.transfer.protection (default: %(default)s)")
    up.add_argument("--insecure", action="store_true", help="no Kerberos, no tokens, no encryption")
    up.add_argument("--nodes", type=int, default=2, metavar="N", help="NodeManagers, of 8 GB and 8 vcores each (default: %(default)s)")
    up.add_argument("--datanodes", type=int, default=1, metavar="N", help="DataNodes; replication is as high as that, up to 3 (default: %(default)s)")
    up.add_argument("--rm-ha", action="store_true", help="two ResourceManagers, rm1 and rm2")
    up.add_argument("--nn-ha", action="store_true", help="two NameNodes, nn1 and nn2, as name service ns1")
    up.add_argument("--ticket-life", metavar="TIME", help="lifetime of people's tickets, such as 60s (default: 24h)")
    up.add_argument("--token-life", metavar="TIME", help="maximum lifetime of delegation tokens, such as 60s (default: 7d)")
    up.add_argument("--token-renew", metavar="TIME", help="how long a delegation token lives without renewal (default: half of --token-life)")
    up.add_argument("--hadoop", default="3.4", metavar="RELEASE", help=f"{', '.join(RELEASES)} or a full version (default: %(default)s)")
    up.add_argument("--set", action="append", default=[], metavar="FILE:KEY=VALUE", dest="overrides",
                    help="one more setting for core, hdfs, yarn or scheduler; repeatable")

    down = command("down", _down, "Stop every daemon and container and remove the cluster's folder.")
    down.add_argument("--keep", action="store_true", help="keep the folder, to read logs and data")
    status = command("status", _status, "Show what runs. Exit code 0 only when everything does.")
    status.add_argument("--json", action="store_true", help="for programs")
    command("env", _env, 'Print `export` lines: eval "$(scripts/dev-cluster env)"')
    user = command("kinit", _kinit, "Get a ticket; later yarn and hdfs commands use it. Prints the export line for other programs.")
    user.add_argument("user", metavar="USER", help=", ".join(USERS))
    admin = command("kadmin", _kadmin, "Run a command of the KDC's administrator (kadmin.local -q).")
    admin.add_argument("query", metavar="QUERY", help="such as 'cpw -randkey alice' or 'listprincs'")
    for kind, table in (("hdfs", java.HDFS_COMMANDS), ("yarn", java.YARN_COMMANDS)):
        tool = command(kind, _tool, f"Hadoop's {kind} command with the cluster's configuration, as the user of `kinit`, or of KRB5CCNAME "
                       f"when that is set.\n\nsub-commands: {', '.join(table)}, or any class name", prefix_chars="\0")
        tool.add_argument("arguments", nargs="*", metavar="...")
    kill = command("kill", _kill, "Send a signal to a daemon and wait for its end.")
    kill.add_argument("name", metavar="NAME")
    kill.add_argument("--signal", default="KILL", help="KILL, TERM, STOP, CONT, ... (default: %(default)s)")
    start = command("start", _start, "Start a daemon again; returns when it listens.")
    start.add_argument("name", metavar="NAME")
    failover = command("failover", _failover, "Make the standby of an HA pair active, as an administrator would.")
    failover.add_argument("kind", choices=["rm", "nn"])
    logs = command("logs", _logs, "Print a daemon's log.")
    logs.add_argument("name", metavar="NAME")
    logs.add_argument("-f", "--follow", action="store_true")
    logs.add_argument("-n", "--lines", default="+1", help="only the last N lines")
    return parser


def _up(layout: Layout, args):
    if args.nodes < 0 or args.datanodes < 1:
        raise ClusterError("--nodes must not be negative and --datanodes must be 1 or more")
    token_life = args.token_life and duration(args.token_life)
    options = Options(
        node_names=hosts.ensure(args.nodes), protection=args.protection, secure=not args.insecure, nodes=args.nodes, datanodes=args.datanodes, rm_ha=args.rm_ha, nn_ha=args.nn_ha,
        ticket_life=args.ticket_life and duration(args.ticket_life), token_life=token_life,
        token_renew=duration(args.token_renew) if args.token_renew else token_life and max(1, token_life // 2),
        release=RELEASES.get(args.hadoop, args.hadoop), overrides=[check_override(entry) for entry in args.overrides])
    if args.token_renew and not token_life:
        raise ClusterError("--token-renew needs --token-life")
    with layout.lock():
        cluster.up(layout, options, _say)


def _down(layout: Layout, args):
    if not layout.exists():
        _say(f"no cluster in {layout.dir}")
        return
    with layout.lock():
        cluster.down(layout.load(), args.keep)


def _status(layout: Layout, args):
    layout.load()
    rows = []
    for name in layout.options.daemons():
        up = processes.running(layout, name)
        ports = {key.split(".")[1]: port for key, port in layout.ports.items() if key.split(".")[0] == name and cluster.listening(layout, name, port)} if up else {}
        rows.append({"name": name, "running": up, "pid": layout.pids[name] if up else None,
                     "memory_mb": processes.memory(layout.pids[name]) if up else 0, "ports": ports})
    if args.json:
        print(json.dumps({"dir": str(layout.dir), "ready": layout.ready, "user": layout.user, "secure": layout.options.secure,
                          "protection": layout.options.protection, "daemons": rows}, indent=1))
    else:
        o = layout.options
        kind = f"Kerberos, {o.protection}" if o.secure else "without security"
        print(f"{layout.dir}: Hadoop {o.release}, {kind}{', RM HA' if o.rm_ha else ''}{', NN HA' if o.nn_ha else ''}; user: {layout.user or 'none, see kinit'}")
        for row in rows:
            ports = " ".join(f"{service}:{port}" for service, port in row["ports"].items())
            print(f"  {row['name']:4} " + (f"running  {row['pid']:>7} {row['memory_mb']:>5} MB  {ports}" if row["running"] else "down"))
    return 0 if all(row["running"] for row in rows) else 3


def _user_variables(layout: Layout) -> dict[str, str]:
    if layout.user is None:
        return {}
    if layout.options.secure:
        return {"KRB5CCNAME": f"FILE:{layout.tickets / layout.user.replace('/', '_')}"}
    return {"HADOOP_USER_NAME": layout.user}


def _export(variables: dict[str, str]):
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")


def _env(layout: Layout, _args):
    layout.load()
    variables = {"ALPHEUS_DEV_CLUSTER_DIR": str(layout.dir), "HADOOP_CONF_DIR": str(layout.conf), "YARN_CONF_DIR": str(layout.conf)}
    if layout.options.secure:
        variables["KRB5_CONFIG"] = str(layout.krb5_conf)
    _export(variables | _user_variables(layout))


def _kinit(layout: Layout, args):
    with layout.lock():
        layout.load()
        if layout.options.secure:
            kdc.kinit(layout, args.user)
        elif args.user not in USERS:
            raise ClusterError(f"no such user: {args.user}; there are {', '.join(USERS)}")
        layout.user = args.user
        layout.save()
    _export(_user_variables(layout))


def _kadmin(layout: Layout, args):
    with layout.lock():
        layout.load()
        if not layout.options.secure:
            raise ClusterError("the cluster has no KDC")
        print(kdc.kadmin(layout, args.query), end="")


def _tool(layout: Layout, args):
    layout.load()
    environ = dict(os.environ, HADOOP_CONF_DIR=str(layout.conf), KRB5_CONFIG=str(layout.krb5_conf))
    # A caller's own user counts, unless it is one of ours: `env` may be older than the last `kinit`.
    ticket = environ.get("KRB5CCNAME", "")
    if ticket.startswith(f"FILE:{layout.tickets}/"):
        del environ["KRB5CCNAME"]
    if "KRB5CCNAME" not in environ and "HADOOP_USER_NAME" not in environ:
        environ |= _user_variables(layout)
    line = java.command_line(layout, java.tool(args.command, args.arguments))
    return subprocess.run(line, env=environ).returncode


def _name(layout: Layout, name: str):
    if name not in layout.options.daemons():
        raise ClusterError(f"no daemon {name}; there are {', '.join(layout.options.daemons())}")


def _kill(layout: Layout, args):
    try:
        number = signal.Signals[f"SIG{args.signal.upper().removeprefix('SIG')}"]
    except KeyError:
        raise ClusterError(f"no such signal: {args.signal}") from None
    with layout.lock():
        _name(layout.load(), args.name)
        processes.send(layout, args.name, number)


def _start(layout: Layout, args):
    with layout.lock():
        _name(layout.load(), args.name)
        cluster.restart(layout, args.name)


def _failover(layout: Layout, args):
    with layout.lock():
        cluster.failover(layout.load(), args.kind, _say)


def _logs(layout: Layout, args):
    layout.load()
    if not layout.log(args.name).exists():
        there = ", ".join(sorted(path.stem for path in layout.logs.glob("*.log")))
        raise ClusterError(f"no log {args.name}; there are {there}")
    return subprocess.run(["tail", "-n", args.lines, *(["-f"] if args.follow else []), str(layout.log(args.name))]).returncode
