"""What a fresh machine lacks: Debian packages, Hadoop's jars, Hadoop's native library.

Jars come through Maven, the way any Java project gets them, and are kept under ${XDG_CACHE_HOME:-~/.cache}/alpheus/hadoop-RELEASE.
A download goes to a folder beside it and is renamed when complete, so an interrupted one leaves nothing half done.
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import zipfile

from .errors import ClusterError

#: Command needed -> Debian package that has it.
_PACKAGES = {"javac": "openjdk-17-jdk-headless", "mvn": "maven", "openssl": "openssl"}
_KERBEROS_PACKAGES = {"krb5kdc": "krb5-kdc", "kadmin.local": "krb5-admin-server", "kinit": "krb5-user"}
_HERE = pathlib.Path(__file__).resolve().parent
#: The one published artifact with a libhadoop.so. A build of 3.3 that 3.4 accepts.
_NATIVE = "io.trino.hadoop:hadoop-apache:3.3.5-3"
_SBIN = ["/usr/sbin", "/sbin", "/usr/local/sbin"]


def command(name: str) -> str | None:
    """The path of a program, looking where daemons are too."""
    return shutil.which(name, path=os.pathsep.join([os.environ.get("PATH", ""), *_SBIN]))


def packages(secure: bool, say):
    """Installs the Debian packages that are missing; says which ones when it may not."""
    wanted = _PACKAGES | (_KERBEROS_PACKAGES if secure else {})
    missing = sorted({package for name, package in wanted.items() if not command(name)})
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise ClusterError(f"missing packages: {' '.join(missing)}; install them: sudo apt-get install {' '.join(missing)}")
    say(f"installing {' '.join(missing)}")
    quiet = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", *missing]):
        _run(["apt-get", *arguments], "apt-get failed; is the machine online and is another apt-get running?", env=quiet)


def cache(release: str) -> pathlib.Path:
    root = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return pathlib.Path(root) / "alpheus" / f"hadoop-{release}"


def hadoop(release: str, say) -> tuple[pathlib.Path, pathlib.Path]:
    """The folders of the jars and of the native library (which may be empty), downloaded when they are not there yet."""
    home = cache(release)
    home.mkdir(parents=True, exist_ok=True)
    with open(home / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        jars, native = home / "jars", home / "native"
        if not any(jars.glob("hadoop-hdfs-client-*.jar")):
            say(f"fetching Hadoop {release} (115 MB, once)")
            _complete(jars, lambda folder: _maven(
                "-f", str(_HERE / "pom.xml"), f"-Dhadoop={release}", "dependency:copy-dependencies", f"-DoutputDirectory={folder}"))
        if not native.exists():
            _complete(native, lambda folder: _native_library(release, folder, say))
    return jars, native


def _native_library(release: str, folder: pathlib.Path, say):
    if not release.startswith("3.4"):
        return  # no published build fits; Options.log_aggregation says what is lost
    say("fetching Hadoop's native library (32 MB, once)")
    _maven("dependency:copy", f"-Dartifact={_NATIVE}", f"-DoutputDirectory={folder}")
    machine = {"x86_64": "amd64"}.get(os.uname().machine, os.uname().machine)
    for jar in folder.glob("*.jar"):
        with zipfile.ZipFile(jar) as archive:
            name = f"nativelib/Linux-{machine}/libhadoop.so"
            if name not in archive.namelist():
                raise ClusterError(f"no libhadoop.so is published for {machine}; use --insecure here")
            (folder / "libhadoop.so").write_bytes(archive.read(name))
        jar.unlink()


def _maven(*arguments: str):
    _run(["mvn", "-q", "-B", *arguments], "Maven could not fetch Hadoop; is the machine online, and is ~/.m2/settings.xml right for it?")


def _complete(target: pathlib.Path, fill):
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.rmtree(target, ignore_errors=True)
    partial.mkdir(parents=True)
    fill(partial)
    partial.rename(target)


def _run(arguments: list[str], remedy: str, **how):
    done = subprocess.run(arguments, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **how)
    if done.returncode != 0:
        raise ClusterError(f"{remedy}\n  {' '.join(arguments)}\n" + "\n".join("  " + line for line in done.stdout.splitlines()[-12:]))
