"""Make every secret of a deployment at its first start: passwords, addresses with passwords, a certificate.

There is no default secret. What exists is left alone, so a restart changes nothing, and an administrator may put a
certificate or a password of their own in its place beforehand. Each file is closed (0400) and, where root makes it,
owned by the account that reads it.

    python -m deploy.secrets FOLDER --name ward.hospital.example
"""

import argparse
import datetime
import ipaddress
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

CERTIFICATE_DAYS = 397
# The accounts inside the images that compose.yaml names.
OWNERS = {
    "app": 10001,
    "postgres": 999,
    "redis": 999,
    "nginx": 101,
    "store": 1000,
    "prometheus": 65534,
    "exporters": 65534,
    "grafana": 472,
    "pgadmin": 5050,
    "commander": 1000,
}

# Who owns the database, who serves people and is bound by row-level security, and who only looks at figures.
OWNER, APP, MONITOR = "wardline_owner", "wardline_app", "wardline_monitor"


class Secrets:
    """The folder with one folder for each reader; `postgres` and `redis` say where those two are found."""

    def __init__(self, folder: Path, *, postgres: str, redis: str) -> None:
        self.folder = folder
        self.postgres = postgres
        self.redis = redis

    def make(self, names: list[str]) -> None:
        """Make what is missing."""
        self._kept("postgres", "superuser-password", _password)
        owner, app, monitor = (
            self._kept("postgres", f"{role}-password", _password) for role in ("owner", "app", "monitor")
        )
        cache = self._kept("redis", "password", _password)
        self._kept("redis", "auth.conf", lambda: f"requirepass {cache}\n")
        self._kept("app", "secret", _password)
        self._kept("app", "database-url", lambda: self._database(OWNER, owner))
        self._kept("app", "app-database-url", lambda: self._database(APP, app))
        self._kept("app", "redis-url", lambda: f"redis://:{quote(cache)}@{self.redis}/0")
        token = self._kept("app", "metrics-token", _password)
        self._kept("prometheus", "metrics-token", lambda: token)
        self._kept("grafana", "admin-password", _password)
        self._kept("pgadmin", "password", _password)
        self._kept("commander", "password", _password)
        self._kept("commander", "redis-password", lambda: cache)
        self._make_for_exporters(monitor, cache)
        self._make_for_the_store()
        self._make_certificate(names)

    def _make_for_exporters(self, monitor: str, cache: str) -> None:
        self._kept("exporters", "postgres-password", lambda: monitor)
        self._kept("exporters", "redis-password.json", lambda: json.dumps({f"redis://{self.redis}": cache}))

    def _make_for_the_store(self) -> None:
        """The object store's own file of who may do what, and the same key for the application."""
        key = self._kept("app", "files-key", lambda: f"{secrets.token_hex(8)}:{_password()}")
        name, _, secret = key.partition(":")
        identity = {
            "name": "wardline",
            "credentials": [{"accessKey": name, "secretKey": secret}],
            "actions": ["Read:wardline", "Write:wardline", "List:wardline"],
        }
        self._kept("store", "identities.json", lambda: json.dumps({"identities": [identity]}))

    def _make_certificate(self, names: list[str]) -> None:
        """A certificate that signs itself, until the hospital's own is put in its place."""
        if self._path("nginx", "certificate.pem").exists():
            return
        key, certificate = self_signed(names)
        self._kept("nginx", "key.pem", lambda: key)
        self._kept("nginx", "certificate.pem", lambda: certificate)

    def _database(self, user: str, password: str) -> str:
        return f"postgresql://{user}:{quote(password)}@{self.postgres}/wardline"

    def _path(self, reader: str, name: str) -> Path:
        return self.folder / reader / name

    def _kept(self, reader: str, name: str, make: Callable[[], str]) -> str:
        """What the file holds; made now if there is none. Written beside its place first, so it is whole or absent."""
        path = self._path(reader, name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            draft = path.with_name(f".{name}.draft")
            draft.unlink(missing_ok=True)
            draft.touch(mode=0o600)
            draft.write_text(make(), encoding="utf-8")
            draft.chmod(0o400)
            draft.rename(path)
        return path.read_text(encoding="utf-8")

    def give(self, owners: dict[str, int]) -> None:
        """Let each reader have its own folder; for root only."""
        for reader, owner in owners.items():
            for path in (self.folder / reader, *(self.folder / reader).iterdir()):
                os.chown(path, owner, owner, follow_symlinks=False)


def _password() -> str:
    return secrets.token_urlsafe(32)


def self_signed(names: list[str]) -> tuple[str, str]:
    """A private key and its certificate as PEM, for these host names and addresses."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + datetime.timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), certificate.public_bytes(serialization.Encoding.PEM).decode()


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def main() -> None:
    """The one-shot service `secrets` of compose.yaml."""
    parser = argparse.ArgumentParser(description="Make the secrets of a deployment where they are missing.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--name", action="append", help="a host name or address for the certificate; may be repeated")
    parser.add_argument("--postgres", default="postgres:5432")
    parser.add_argument("--redis", default="redis:6379")
    parser.add_argument("--own", action="append", default=[], metavar="FOLDER=ACCOUNT", help="a volume to give away")
    given = parser.parse_args()
    made = Secrets(given.folder, postgres=given.postgres, redis=given.redis)
    made.make(given.name or ["localhost", "127.0.0.1"])
    if os.geteuid() == 0:
        made.give(OWNERS)
        for folder, _, account in (text.partition("=") for text in given.own):
            os.chown(folder, int(account), int(account))


if __name__ == "__main__":
    main()
