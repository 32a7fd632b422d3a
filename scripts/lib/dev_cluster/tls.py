"""The key and certificate of Hadoop's web servers: without HTTPS a secured DataNode refuses ports above 1024.

One self-signed pair, in a PKCS#12 file that serves as key store and as trust store (Java trusts the certificate of a key entry),
and as ca.pem for other clients.
"""

import pathlib
import subprocess

from .errors import ClusterError

PASSWORD = "changeit"


def create(folder: pathlib.Path):
    """Writes keystore.p12 and ca.pem."""
    key, certificate, store = folder / "key.pem", folder / "ca.pem", folder / "keystore.p12"
    _openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=localhost",
             "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate))
    _openssl("pkcs12", "-export", "-inkey", str(key), "-in", str(certificate), "-name", "server",
             "-passout", f"pass:{PASSWORD}", "-out", str(store))
    key.chmod(0o600)
    store.chmod(0o600)


def _openssl(*arguments: str):
    done = subprocess.run(["openssl", *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise ClusterError(f"openssl {arguments[0]} failed: {done.stdout.strip()}")
