"""Hadoop's XML files. One pure function per file, from the layout to a dictionary; `write` puts them on disk.

Clients read DIR/conf. A daemon reads its own folder first, which holds what differs from the clients' files.
"""

import os
import pathlib
import secrets
from xml.sax.saxutils import escape

from .layout import REALM, Layout
from .tls import PASSWORD

NAMESERVICE = "ns1"
_EXECUTOR = pathlib.Path(__file__).resolve().parent / "container-executor"
_RM = "org.apache.hadoop.yarn.server.resourcemanager"
_RM_SERVICES = {"address": "client", "scheduler.address": "scheduler", "resource-tracker.address": "tracker",
                "admin.address": "admin", "webapp.address": "web"}


def xml(settings: dict) -> str:
    body = "".join(f"  <property><name>{escape(str(k))}</name><value>{escape(str(v))}</value></property>\n"
                   for k, v in settings.items())
    return f'<?xml version="1.0"?>\n<configuration>\n{body}</configuration>\n'


def at(layout: Layout, port: str) -> str:
    return f"{layout.host(port.split('.')[0])}:{layout.ports[port]}"


def superuser(layout: Layout) -> str:
    """Who may do everything on HDFS: the NameNode's principal, or the Unix user who formatted it."""
    import pwd
    return "nn" if layout.options.secure else pwd.getpwuid(os.geteuid()).pw_name


def http_secret(layout: Layout) -> pathlib.Path:
    """With what the cookies of web pages are signed."""
    return layout.conf / "http.secret"


def core(layout: Layout) -> dict:
    o = layout.options
    settings = {
        "fs.defaultFS": f"hdfs://{NAMESERVICE}" if o.nn_ha else f"hdfs://{at(layout, 'nn.rpc')}",
        "hadoop.tmp.dir": layout.dir / "tmp",
        # Everything is on localhost: tokens named after addresses would not match configurations named after hosts.
        "hadoop.security.token.service.use_ip": "false",
        # The published native library knows another OpenSSL than today's.
        "hadoop.security.crypto.codec.classes.aes.ctr.nopadding": "org.apache.hadoop.crypto.JceAesCtrCryptoCodec",
    }
    if o.secure:
        settings |= {
            "hadoop.security.authentication": "kerberos",
            "hadoop.security.authorization": "true",
            "hadoop.rpc.protection": o.protection,
            "hadoop.security.auth_to_local": "RULE:[1:$1] RULE:[2:$1]",
            "hadoop.proxyuser.rm.hosts": "*",
            "hadoop.proxyuser.rm.groups": "*",
            "hadoop.proxyuser.admin.hosts": "*",
            "hadoop.proxyuser.admin.users": "alice,bob",
        }
        # Web pages ask who somebody is, and YARN's proxy tells applications.
        settings |= {
            "hadoop.http.filter.initializers": "org.apache.hadoop.security.AuthenticationFilterInitializer",
            "hadoop.http.authentication.type": "kerberos",
            "hadoop.http.authentication.kerberos.principal": f"HTTP/_HOST@{REALM}",
            "hadoop.http.authentication.kerberos.keytab": layout.keytabs / "hadoop.keytab",
            "hadoop.http.authentication.signature.secret.file": http_secret(layout),
            "hadoop.http.authentication.simple.anonymous.allowed": "false",
        }
        if o.ticket_life:
            settings["hadoop.kerberos.min.seconds.before.relogin"] = 1
    return settings | o.overrides_for("core")


def hdfs(layout: Layout) -> dict:
    o = layout.options
    settings = {
        "dfs.replication": min(3, o.datanodes),
        "dfs.namenode.safemode.extension": 0,
        "dfs.permissions.superusergroup": "hadoop",
        "dfs.client.failover.sleep.base.millis": 100,
        "dfs.client.failover.sleep.max.millis": 1000,
    }
    if o.nn_ha:
        settings |= {
            "dfs.nameservices": NAMESERVICE,
            f"dfs.ha.namenodes.{NAMESERVICE}": "nn1,nn2",
            f"dfs.client.failover.proxy.provider.{NAMESERVICE}":
                "org.apache.hadoop.hdfs.server.namenode.ha.ConfiguredFailoverProxyProvider",
            "dfs.namenode.shared.edits.dir": f"file://{layout.dir}/daemons/shared-edits",
            "dfs.ha.fencing.methods": "shell(/bin/true)",
            "dfs.ha.automatic-failover.enabled": "false",
            "dfs.ha.tail-edits.period": "1s",
            "dfs.ha.log-roll.period": "10s",
        }
        for n in o.namenodes():
            for kind in ("rpc", "http", "https"):
                settings[f"dfs.namenode.{kind}-address.{NAMESERVICE}.{n}"] = at(layout, f"{n}.{kind}")
    else:
        for kind in ("rpc", "http", "https"):
            settings[f"dfs.namenode.{kind}-address"] = at(layout, f"nn.{kind}")
    if o.secure:
        keytab = layout.keytabs / "hadoop.keytab"
        settings |= {
            "dfs.namenode.kerberos.principal": f"nn/_HOST@{REALM}",
            "dfs.namenode.keytab.file": keytab,
            "dfs.datanode.kerberos.principal": f"dn/_HOST@{REALM}",
            "dfs.datanode.keytab.file": keytab,
            "dfs.web.authentication.kerberos.principal": f"HTTP/_HOST@{REALM}",
            "dfs.web.authentication.kerberos.keytab": keytab,
            "dfs.block.access.token.enable": "true",
            "dfs.data.transfer.protection": o.protection,
            "dfs.encrypt.data.transfer.cipher.suites": "AES/CTR/NoPadding",
            "dfs.http.policy": "HTTPS_ONLY",
        }
    if o.token_life:
        settings |= {
            "dfs.namenode.delegation.token.renew-interval": 1000 * o.token_renew,
            "dfs.namenode.delegation.token.max-lifetime": 1000 * o.token_life,
        }
    return settings | o.overrides_for("hdfs")


def yarn(layout: Layout) -> dict:
    o = layout.options
    settings = {
        "yarn.scheduler.minimum-allocation-mb": 128,
        "yarn.acl.enable": "true",
        "yarn.admin.acl": f"rm,admin,{superuser(layout)}",
        "yarn.application.classpath": f"{layout.conf},{layout.dir}/jars/*",
        "yarn.resourcemanager.nodemanagers.heartbeat-interval-ms": 1000,
        "yarn.resourcemanager.recovery.enabled": "true",
        "yarn.resourcemanager.store.class": f"{_RM}.recovery.FileSystemRMStateStore",
        "yarn.resourcemanager.fs.state-store.uri": f"file://{layout.dir}/daemons/rm-state",
        "yarn.resourcemanager.scheduler.class": f"{_RM}.scheduler.capacity.CapacityScheduler",
        # Hadoop's default is one folder in /tmp for everybody.
        "yarn.node-attribute.fs-store.root-dir": f"file://{layout.dir}/daemons/node-attributes",
        "yarn.node-labels.fs-store.root-dir": f"file://{layout.dir}/daemons/node-labels",
        "yarn.log-aggregation-enable": str(o.log_aggregation).lower(),
        "yarn.nodemanager.remote-app-log-dir": "/logs",
        "yarn.nodemanager.log-aggregation.roll-monitoring-interval-seconds.min": 1,
        # Clients find a restarted or failed-over ResourceManager within a second.
        "yarn.resourcemanager.connect.retry-interval.ms": 500,
        "yarn.client.failover-sleep-base-ms": 100,
        "yarn.client.failover-sleep-max-ms": 1000,
    }
    if o.rm_ha:
        settings |= {
            "yarn.resourcemanager.ha.enabled": "true",
            "yarn.resourcemanager.ha.automatic-failover.enabled": "false",
            "yarn.resourcemanager.ha.rm-ids": "rm1,rm2",
            "yarn.resourcemanager.cluster-id": "dev",
        }
    for rm in o.resourcemanagers():
        suffix = f".{rm}" if o.rm_ha else ""
        settings[f"yarn.resourcemanager.hostname{suffix}"] = "localhost"
        for key, service in _RM_SERVICES.items():
            settings[f"yarn.resourcemanager.{key}{suffix}"] = at(layout, f"{rm}.{service}")
    if o.secure:
        keytab = layout.keytabs / "hadoop.keytab"
        settings |= {
            "yarn.resourcemanager.principal": f"rm/_HOST@{REALM}",
            "yarn.resourcemanager.keytab": keytab,
            # One for all: a node that has an address of its own still speaks to the ResourceManager from this machine's.
            "yarn.nodemanager.principal": f"nm/localhost@{REALM}",
            "yarn.nodemanager.keytab": keytab,
            "yarn.resourcemanager.webapp.spnego-principal": f"HTTP/_HOST@{REALM}",
            "yarn.resourcemanager.webapp.spnego-keytab-file": keytab,
            "yarn.nodemanager.webapp.spnego-principal": f"HTTP/_HOST@{REALM}",
            "yarn.nodemanager.webapp.spnego-keytab-file": keytab,
        }
    if o.token_life:
        settings |= {
            "yarn.resourcemanager.delegation.token.renew-interval": 1000 * o.token_renew,
            "yarn.resourcemanager.delegation.token.max-lifetime": 1000 * o.token_life,
        }
    return settings | o.overrides_for("yarn")


def scheduler(layout: Layout) -> dict:
    queue = "yarn.scheduler.capacity.root"
    return {
        "yarn.scheduler.capacity.maximum-am-resource-percent": 0.5,
        "yarn.scheduler.capacity.resource-calculator": "org.apache.hadoop.yarn.util.resource.DominantResourceCalculator",
        f"{queue}.queues": "default,etl",
        # Hadoop's default lets everybody administer every queue, and so end everybody's applications.
        f"{queue}.acl_administer_queue": "admin",
        f"{queue}.acl_submit_applications": "*",
        f"{queue}.default.capacity": 70,
        f"{queue}.default.maximum-capacity": 100,
        f"{queue}.etl.capacity": 30,
        f"{queue}.etl.maximum-capacity": 100,
    } | layout.options.overrides_for("scheduler")


def for_daemon(layout: Layout, name: str) -> dict[str, dict]:
    """What one daemon sees differently from clients: file name -> settings."""
    o, home, kind = layout.options, layout.daemon(name), name[:2]
    if kind == "nn":
        own = {"dfs.namenode.name.dir": home / "name"}
        return {"hdfs-site.xml": own | ({"dfs.ha.namenode.id": name} if o.nn_ha else {})}
    if kind == "dn":
        return {"hdfs-site.xml": {
            "dfs.datanode.data.dir": home / "data",
            "dfs.datanode.address": at(layout, f"{name}.data"),
            "dfs.datanode.ipc.address": at(layout, f"{name}.ipc"),
            "dfs.datanode.http.address": at(layout, f"{name}.http"),
            "dfs.datanode.https.address": at(layout, f"{name}.https"),
        }}
    if kind == "rm":
        return {"yarn-site.xml": {"yarn.resourcemanager.ha.id": name} if o.rm_ha else {}}
    own = {
        "yarn.nodemanager.address": at(layout, f"{name}.rpc"),
        "yarn.nodemanager.localizer.address": at(layout, f"{name}.localizer"),
        "yarn.nodemanager.webapp.address": at(layout, f"{name}.web"),
        "yarn.nodemanager.collector-service.address": at(layout, f"{name}.collector"),
        "yarn.nodemanager.local-dirs": home / "local",
        "yarn.nodemanager.log-dirs": home / "log",
        "yarn.nodemanager.recovery.enabled": "true",
        "yarn.nodemanager.recovery.dir": home / "recovery",
        "yarn.nodemanager.resource.memory-mb": 8192,
        "yarn.nodemanager.resource.cpu-vcores": 8,
        "yarn.nodemanager.vmem-check-enabled": "false",
        "yarn.nodemanager.disk-health-checker.max-disk-utilization-per-disk-percentage": 99.5,
    }
    if o.as_users:
        own |= {
            "yarn.nodemanager.container-executor.class": "org.apache.hadoop.yarn.server.nodemanager.LinuxContainerExecutor",
            "yarn.nodemanager.linux-container-executor.path": _EXECUTOR,
            "yarn.nodemanager.linux-container-executor.group": "root",
            "yarn.nodemanager.linux-container-executor.nonsecure-mode.limit-users": "false",
        }
    return {"yarn-site.xml": own}


def write(layout: Layout):
    """Writes every file of clients and daemons."""
    files = {"core-site.xml": core(layout), "hdfs-site.xml": hdfs(layout), "yarn-site.xml": yarn(layout)}
    for name, settings in files.items():
        (layout.conf / name).write_text(xml(settings))
    if layout.options.secure:
        http_secret(layout).touch(mode=0o600)
        http_secret(layout).write_text(secrets.token_hex(32))
    (layout.conf / "capacity-scheduler.xml").write_text(xml(scheduler(layout)))
    store = {"keystore.location": layout.conf / "keystore.p12", "keystore.password": PASSWORD, "keystore.type": "PKCS12"}
    trust = {k.replace("keystore", "truststore"): v for k, v in store.items()}
    server = store | trust | {"keystore.keypassword": PASSWORD}
    (layout.conf / "ssl-server.xml").write_text(xml({f"ssl.server.{k}": v for k, v in server.items()}))
    (layout.conf / "ssl-client.xml").write_text(xml({f"ssl.client.{k}": v for k, v in trust.items()}))
    (layout.conf / "log4j.properties").write_text(_log4j("WARN", "%p %c{1}: %m%n"))
    for daemon in layout.options.daemons():
        if daemon == "kdc":
            continue
        home = layout.daemon(daemon) / "conf"
        home.mkdir(parents=True, exist_ok=True)
        (home / "log4j.properties").write_text(_log4j("INFO", "%d{ISO8601} %p %c{2}: %m%n"))
        for name, own in for_daemon(layout, daemon).items():
            (home / name).write_text(xml(files[name] | own))


def _log4j(level: str, pattern: str) -> str:
    return (f"log4j.rootLogger={level},A\nlog4j.appender.A=org.apache.log4j.ConsoleAppender\nlog4j.appender.A.target=System.err\n"
            f"log4j.appender.A.layout=org.apache.log4j.PatternLayout\nlog4j.appender.A.layout.ConversionPattern={pattern}\n"
            "log4j.logger.org.apache.hadoop.util.NativeCodeLoader=ERROR\n")
