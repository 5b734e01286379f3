"""A certificate authority of the tests' own, and a certificate for this machine."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


class Certificates(NamedTuple):
    """Files in PEM. `other` is an authority that has signed nothing."""

    authority: Path
    certificate: Path
    key: Path
    other: Path


def certificates(folder: Path) -> Certificates:
    """An authority, a certificate of it for 127.0.0.1, and another authority."""
    names = [folder / name for name in ("authority.pem", "server.pem", "server.key", "other.pem")]
    ours, key = _signed("Kizuna's tests", None, None)
    other, _ = _signed("Somebody else", None, None)
    server, server_key = _signed("127.0.0.1", ours, key)
    for path, certificate in ((names[0], ours), (names[1], server), (names[3], other)):
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    names[2].write_bytes(
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    names[2].chmod(0o600)
    return Certificates(*names)


def _signed(
    name: str, issuer: x509.Certificate | None, issuer_key: ec.EllipticCurvePrivateKey | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer_key or key).public_key()), critical=False
        )
    )
    if issuer is None:
        usage = {
            word: word in {"key_cert_sign", "crl_sign"}
            for word in (
                "digital_signature",
                "content_commitment",
                "key_encipherment",
                "data_encipherment",
                "key_agreement",
                "key_cert_sign",
                "crl_sign",
                "encipher_only",
                "decipher_only",
            )
        }
        builder = builder.add_extension(x509.KeyUsage(**usage), critical=True)
    else:
        address = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        builder = builder.add_extension(address, critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256()), key
