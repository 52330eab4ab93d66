"""A push service over TLS on this machine, and a browser with its key pair: the one hands over what the other opens."""

import base64
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

UNCOMPRESSED = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint


def text_of(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def derived(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


class Subscription:
    """What a browser keeps of its subscription, and opens with it (RFC 8291, by hand)."""

    def __init__(self) -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.public = self.private.public_key().public_bytes(*UNCOMPRESSED)
        self.secret = bytes(range(16))

    @property
    def keys(self) -> dict[str, str]:
        return {"p256dh": text_of(self.public), "auth": text_of(self.secret)}

    def opened(self, body: bytes) -> dict:
        salt, length = body[:16], body[20]
        theirs, sealed = body[21 : 21 + length], body[21 + length :]
        shared = self.private.exchange(
            ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), theirs)
        )
        source = derived(shared, self.secret, b"WebPush: info\x00" + self.public + theirs, 32)
        key = derived(source, salt, b"Content-Encoding: aes128gcm\x00", 16)
        nonce = derived(source, salt, b"Content-Encoding: nonce\x00", 12)
        padded = AESGCM(key).decrypt(nonce, sealed, None)
        return json.loads(padded.rstrip(b"\x00").removesuffix(b"\x02"))


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    body: bytes

    def signed_by(self) -> str:
        """The public key that the token names, once its signature is checked (RFC 8292)."""
        scheme, _space, parameters = self.headers["authorization"].partition(" ")
        assert scheme == "vapid"
        parts = dict(part.strip().split("=", 1) for part in parameters.split(","))
        signed, _dot, signature = parts["t"].rpartition(".")
        raw = bytes_of(signature)
        pair = utils.encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), bytes_of(parts["k"]))
        key.verify(pair, signed.encode(), ec.ECDSA(hashes.SHA256()))
        return parts["k"]

    def claims(self) -> dict:
        token = self.headers["authorization"].partition("t=")[2].partition(",")[0]
        return json.loads(bytes_of(token.split(".")[1]))


@dataclass
class Service:
    """`answers`: what it says next, in order; then 201."""

    origin: str = ""
    received: list[Request] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    delay: Callable[[], None] = lambda: None

    def endpoint(self, name: str = "un") -> str:
        return f"{self.origin}/push/{name}"

    def answer_next(self, status: int, **headers: str) -> None:
        self.answers.append((status, {name.replace("_", "-"): value for name, value in headers.items()}))

    def answer_to(self, request: Request) -> tuple[int, dict[str, str]]:
        self.received.append(request)
        try:
            request.signed_by()
        except InvalidSignature:
            return 403, {}
        return self.answers.pop(0) if self.answers else (201, {})


def handler_of(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            service.delay()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answered = service.answer_to(Request(self.path, headers, body))
            self.send_response(status)
            for name, value in answered.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            service.received.append(Request(f"GET {self.path}", {}, b""))
            self.send_error(405)

        def log_message(self, *_words) -> None:
            pass

    return Handler


def certificate(folder) -> tuple[str, str]:
    """The files of a certificate for 127.0.0.1 that vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)
    return str(folder / "cert.pem"), str(folder / "key.pem")


@contextmanager
def push_service(settings, monkeypatch, folder) -> Iterator[Service]:
    """The service on a free port, with the settings and the trust that lead to it."""
    service = Service()
    cert, key = certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(service))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(cert, key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    place = f"127.0.0.1:{server.server_port}"
    service.origin = f"https://{place}"
    settings.PUSH_SERVICES = [place]
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", cert)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
