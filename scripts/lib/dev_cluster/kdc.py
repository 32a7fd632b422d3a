"""The Kerberos realm: an MIT KDC on a port of its own, principals for daemons and people, keytabs, tickets.

`--ticket-life` shortens the tickets of people only: daemons that renew every minute would test Hadoop, not us.
The tolerated clock skew shrinks with it; with MIT's five minutes an expired ticket would still be accepted.
"""

import os
import subprocess

from . import hosts
from .artifacts import command
from .errors import ClusterError
from .layout import REALM, USERS, Layout

#: Keytab -> principals in it. One keytab for all daemons is enough here.
DAEMON_PRINCIPALS = {
    "hadoop": ["nn/localhost", "dn/localhost", "rm/localhost", "nm/localhost", "HTTP/localhost"],
    "kafka": ["kafka/localhost"],
    "zookeeper": ["zookeeper/localhost"],
}


def _daemon_principals(layout: Layout) -> dict[str, list[str]]:
    """With those of the web pages of nodes that have names."""
    named = [name for name in layout.options.nodemanagers() if layout.host(name) != "localhost"]
    pages = [f"HTTP/{layout.host(name)}" for name in named]
    return DAEMON_PRINCIPALS | {"hadoop": DAEMON_PRINCIPALS["hadoop"] + pages}


def environment(layout: Layout) -> dict[str, str]:
    return dict(os.environ, KRB5_CONFIG=str(layout.krb5_conf), KRB5_KDC_PROFILE=str(layout.daemon("kdc") / "kdc.conf"))


def krb5_conf(layout: Layout) -> str:
    life = layout.options.ticket_life
    short = f" ticket_lifetime = {life}s\n clockskew = 5\n" if life else ""
    return f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_kdc = false
 dns_lookup_realm = false
 rdns = false
 dns_canonicalize_hostname = false
 udp_preference_limit = 1
 forwardable = true
{short}[realms]
 {REALM} = {{
  kdc = 127.0.0.1:{layout.ports["kdc.kdc"]}
 }}
[domain_realm]
 localhost = {REALM}
 .{hosts.DOMAIN} = {REALM}
"""


def kdc_conf(layout: Layout) -> str:
    home, port = layout.daemon("kdc"), layout.ports["kdc.kdc"]
    return f"""[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {REALM} = {{
  database_name = {home}/principal
  key_stash_file = {home}/stash
  acl_file = {home}/kadm5.acl
  max_life = 24h
  max_renewable_life = 7d
  supported_enctypes = aes256-cts-hmac-sha1-96:normal aes128-cts-hmac-sha1-96:normal
 }}
[logging]
 kdc = FILE:{layout.log("kdc")}
"""


def create(layout: Layout):
    """Writes the realm's files, its database, every principal and every keytab."""
    home = layout.daemon("kdc")
    home.mkdir(parents=True, exist_ok=True)
    home.chmod(0o700)
    layout.keytabs.mkdir(exist_ok=True)
    layout.krb5_conf.write_text(krb5_conf(layout))
    (home / "kdc.conf").write_text(kdc_conf(layout))
    _run(layout, "kdb5_util", "create", "-s", "-P", "master", "-r", REALM)
    people = f" -maxlife {layout.options.ticket_life}s" if layout.options.ticket_life else ""
    lines = []
    for keytab, principals in _daemon_principals(layout).items():
        for principal in principals:
            lines += [f"addprinc -randkey {principal}", f"ktadd -k {layout.keytabs}/{keytab}.keytab {principal}"]
    for user in USERS:
        # As in production, nobody gets a ticket without a proof: with it clocks count.
        lines += [f"addprinc -randkey +requires_preauth{people} {user}", f"ktadd -k {layout.keytabs}/{user}.keytab {user}"]
    _run(layout, "kadmin.local", "-r", REALM, input="\n".join(lines) + "\n")
    for principal in USERS:
        if not (layout.keytabs / f"{principal}.keytab").exists():
            raise ClusterError(f"kadmin.local made no keytab for {principal}; see {layout.log('kdc')}")


def command_line(layout: Layout) -> list[str]:
    return [command("krb5kdc") or "krb5kdc", "-n", "-r", REALM]


def kadmin(layout: Layout, query: str) -> str:
    """Runs a command of kadmin.local; returns what it says. That it failed shows in its words only."""
    return _run(layout, "kadmin.local", "-r", REALM, "-q", query)


def kinit(layout: Layout, user: str) -> str:
    """Gets a ticket for one of the cluster's principals from its keytab; returns the cache's name for KRB5CCNAME."""
    keytab = layout.keytabs / (f"{user}.keytab" if "/" not in user else "hadoop.keytab")
    if not keytab.exists():
        raise ClusterError(f"no such user: {user}; there are {', '.join(USERS)} and, for the daemons, nn/localhost and the like")
    layout.tickets.mkdir(exist_ok=True, mode=0o700)
    cache = f"FILE:{layout.tickets / user.replace('/', '_')}"
    _run(layout, "kinit", "-k", "-t", str(keytab), "-c", cache, user)
    return cache


def _run(layout: Layout, *arguments: str, **how) -> str:
    program = command(arguments[0]) or arguments[0]
    done = subprocess.run([program, *arguments[1:]], env=environment(layout), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)
    if done.returncode != 0:
        raise ClusterError(f"{arguments[0]} failed: {done.stdout.strip()}")
    return done.stdout
