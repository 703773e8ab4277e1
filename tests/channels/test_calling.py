"""A message to a server: answered, refused, led on, kept waiting; never longer than its time, never elsewhere."""

import datetime as dt
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from post_logistics.channels.calling import Answer, Line
from post_logistics.channels.destinations import Destination, destination
from tests.channels.servers import hear, shop, speaking


def line(url: str, deadline_s: float = 5) -> Line:
    return Line(destination(url, development=True), deadline_s=deadline_s)


def test_a_message_arrives_as_it_was_written_and_the_line_is_kept() -> None:
    with shop() as server, line(server.url + "?a=1") as to:
        for body in ("{}", '{"text_bn":"বিলি সম্পন্ন"}'):
            assert to.post(body.encode(), {"webhook-id": "msg_1"}) == Answer(204, "HTTP 204")
    assert server.bodies == [b"{}", '{"text_bn":"বিলি সম্পন্ন"}'.encode()]
    assert server.paths == ["/hooks?a=1"] * 2
    assert server.headers[0]["webhook-id"] == "msg_1"
    assert server.headers[0]["host"] == server.url.split("/")[2]
    assert server.connections == 1


def test_a_redirect_is_an_answer_and_not_followed() -> None:
    with shop() as other, shop() as server:
        server.answer = lambda n: (307, {"Location": other.url})
        with line(server.url) as to:
            assert to.post(b"{}", {}).status == 307
    assert (len(server.bodies), len(other.bodies)) == (1, 0)


def test_what_the_server_asks_for_is_handed_up() -> None:
    with shop() as server, line(server.url) as to:
        server.answer = lambda n: (503, {"Retry-After": "120"})
        assert to.post(b"{}", {}) == Answer(503, "HTTP 503", "120")


def test_a_line_that_the_server_hung_up_is_opened_again_by_the_checked_address() -> None:
    looked_up: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    with shop() as server, Line(destination(server.url, development=True), resolve=resolve) as to:
        server.answer = lambda n: (200, {"Connection": "close"})
        assert [to.post(b"{}", {}).status for _ in range(3)] == [200] * 3
    assert (server.connections, len(looked_up)) == (3, 3)


def test_a_kept_line_that_died_silently_is_tried_once_more() -> None:
    def one_answer(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")  # keep-alive is implied; then it hangs up

    with speaking(one_answer) as url, line(url) as to:
        assert to.post(b"{}", {}).status == 200
        time.sleep(0.05)
        assert to.post(b"{}", {}).status == 200


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (b"", "the connection failed"),
        (b"SSH-2.0-OpenSSH_9.9\r\n", "the connection failed"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "the connection failed"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: 1\r\n" * 1000 + b"\r\n", "the connection failed"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"1" * 100_000 + b"\r\n\r\n", "the connection failed"),
    ],
    ids=["nothing", "another protocol", "no number", "many headers", "a long header"],
)
def test_what_is_no_answer_is_a_failure(said: bytes, why: str) -> None:
    with speaking(lambda caller: caller.sendall(said)) as url, line(url) as to:
        assert to.post(b"{}", {}) == Answer(None, why)


def dripping(head: bytes, drop: bytes) -> Iterator[bytes]:
    yield head
    for _ in range(200):
        time.sleep(0.05)
        yield drop


@pytest.mark.parametrize(
    ("head", "drop", "status"),
    [
        (b"", b"", None),
        (b"", b"H", None),
        (b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n", None),
        (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 100 Continue\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4000\r\n\r\n", b".", 200),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n.\r\n", 200),
    ],
    ids=["silent", "status", "headers", "continue", "body", "chunks"],
)
def test_a_server_that_drips_is_left_when_the_time_is_over(head: bytes, drop: bytes, status: int | None) -> None:
    def drip(caller: socket.socket) -> None:
        for part in dripping(head, drop):
            caller.sendall(part)

    began = time.monotonic()
    with speaking(drip) as url, line(url, deadline_s=0.4) as to:
        answer = to.post(b"{}", {})
    assert answer.status == status
    assert status or answer.why == "no answer in time"
    assert time.monotonic() - began < 2


def test_an_endless_body_is_not_read() -> None:
    read = [0]

    def pour(caller: socket.socket) -> None:
        caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
        while True:
            read[0] += caller.send(b"." * 65536)

    with speaking(pour) as url, line(url) as to:
        assert to.post(b"{}", {}).status == 200
    time.sleep(0.1)
    assert read[0] < 20_000_000


def test_nobody_there_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with line(f"http://127.0.0.1:{port}/") as to:
        assert to.post(b"{}", {}).why == "the connection was refused"

    def nowhere(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    with Line(destination("https://shop.example/"), resolve=nowhere) as to:
        assert to.post(b"{}", {}).why == "the name of the host leads nowhere"
    with Line(destination("https://shop.example/"), resolve=lambda host, port: []) as to:
        assert to.post(b"{}", {}).why == "the connection failed"


# TLS: the certificate is that of the name, wherever the name leads


def certificate(folder: Path, name: str) -> Path:
    """A certificate of that name with its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    path = folder / f"{name}.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(made.public_bytes(Encoding.PEM) + secret)
    return path


@contextmanager
def secure(path: Path, names: list[str | None]) -> Iterator[int]:
    """The port of a TLS server with that certificate; ``names`` collects what callers ask for (SNI)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.sni_callback = lambda sock, name, of: names.append(name)  # type: ignore[assignment]
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                caller, _ = listening.accept()
                with suppress(OSError), context.wrap_socket(caller, server_side=True) as spoken:
                    hear(spoken)
                    spoken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    Thread(target=serve, daemon=True).start()
    try:
        yield listening.getsockname()[1]
    finally:
        listening.close()


def test_the_certificate_is_checked_against_the_name_and_not_the_address(tmp_path: Path) -> None:
    path = certificate(tmp_path, "shop.example")
    names: list[str | None] = []
    trust = ssl.create_default_context(cafile=str(path))
    with secure(path, names) as port:

        def ask(host: str, trust: ssl.SSLContext | None) -> Answer:
            to = Destination(secure=True, host=host, port=port, target="/", here=True)
            with Line(to, resolve=lambda host, port: ["127.0.0.1"], trust=trust, deadline_s=5) as one:
                return one.post(b"{}", {})

        assert ask("shop.example", trust) == Answer(200, "HTTP 200")
        assert ask("other.example", trust).why == "the certificate of the host is not valid"
        assert ask("shop.example", None).why == "the certificate of the host is not valid"
    assert names == ["shop.example", "other.example", "shop.example"]


def test_plain_text_where_tls_is_expected_is_a_failure() -> None:
    with speaking(lambda caller: caller.sendall(b"HTTP/1.1 200 OK\r\n\r\n"), end=b"") as url:
        port = int(url.split(":")[2].split("/")[0])
        to = Destination(secure=True, host="shop.example", port=port, target="/", here=True)
        with Line(to, resolve=lambda host, port: ["127.0.0.1"], deadline_s=2) as one:
            assert one.post(b"{}", {}).why == "no secure connection could be made"
