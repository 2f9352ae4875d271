"""The open web: only https, only public addresses, only what is small and quick."""

import ipaddress
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from integrations.providers.answers import Declined, Done
from integrations.providers.http import NoAnswer
from integrations.providers.openweb import OpenWeb, Refused, is_public
from integrations.providers.stellar.federation import Federation
from tests.integrations.providers.stub import Stub, running

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.1",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    ],
)  # fmt: skip
def test_what_is_not_public_is_not_asked(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700::1111"])
def test_what_is_public_may_be_asked(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    ["http://example.com/", "ftp://example.com/", "https://", "https://u:p@example.com/",
     "https://example.com:8443/", "https://example.com:x/", "https://127.0.0.1/",
     "https://localhost/", "https://[::1]/", "file:///etc/passwd"],
)  # fmt: skip
def test_what_is_not_a_plain_public_address_is_refused(url: str) -> None:
    with pytest.raises(Refused):
        OpenWeb(provider="federation").get(url)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One file with the key and the certificate of `localhost`, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def site(certificate: Path) -> Iterator[Stub]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with running(context) as stub:
        yield stub


def web(site: Stub, certificate: Path) -> OpenWeb:
    """This network's own: it may ask 127.0.0.1, and trusts the certificate above."""
    port = int(site.url.rpartition(":")[2])
    return OpenWeb(
        provider="federation",
        is_allowed=lambda address: address in {"127.0.0.1", "::1"},
        trusted=str(certificate),
        port=port,
    )


def test_a_name_is_found_through_its_domains_stellar_toml(site: Stub, certificate: Path) -> None:
    toml = b'FEDERATION_SERVER="https://localhost/federation"'
    site.answers = [(200, toml), (200, b'{"account_id": "GA", "memo_type": "id", "memo": 7}')]
    federation = Federation(servers={}, web=web(site, certificate))
    answer = federation.resolve("ada*localhost")
    assert isinstance(answer, Done)
    assert (answer.value.address, answer.value.memo, answer.value.memo_type) == ("GA", "7", "ID")
    assert [path for _, path, _, _ in site.asked] == [
        "/.well-known/stellar.toml",
        "/federation?q=ada%2Alocalhost&type=name",
    ]
    assert {headers["Host"] for _, _, headers, _ in site.asked} == {"localhost"}


@pytest.mark.parametrize(
    "toml",
    [b"", b"=", b'FEDERATION_SERVER="http://localhost/"', b"FEDERATION_SERVER=7",
     b'FEDERATION_SERVER="https://127.0.0.2/"', b'FEDERATION_SERVER="gopher://localhost/"'],
)  # fmt: skip
def test_a_domain_cannot_send_us_elsewhere(site: Stub, certificate: Path, toml: bytes) -> None:
    site.answers = [(200, toml)]
    answer = Federation(servers={}, web=web(site, certificate)).resolve("ada*localhost")
    assert isinstance(answer, Declined)
    assert len(site.asked) == 1


def test_a_redirect_is_not_followed(site: Stub, certificate: Path) -> None:
    site.answers, site.location = [(302, b"")], "https://localhost/elsewhere"
    assert web(site, certificate).get("https://localhost/").status == 302
    assert len(site.asked) == 1


def test_a_large_answer_is_not_read_to_its_end(site: Stub, certificate: Path) -> None:
    site.answers = [(200, b"x" * 200_000)]
    with pytest.raises(NoAnswer):
        web(site, certificate).get("https://localhost/")


def test_a_certificate_that_nobody_vouches_for_is_not_believed(site: Stub) -> None:
    site.answers = [(200, b"")]
    port = int(site.url.rpartition(":")[2])
    with pytest.raises(NoAnswer):
        OpenWeb(provider="f", is_allowed=lambda _: True, port=port).get("https://localhost/")
