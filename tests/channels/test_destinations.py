"""Nobody makes us call ourselves: many ways to say "this machine" and its neighbours, and none gets through."""

import ipaddress
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from post_logistics.channels.calling import Answer, Line
from post_logistics.channels.destinations import destination, is_public, public_addresses, system_addresses
from post_logistics.errors import Unacceptable

SHOP = "https://shop.example/hooks?shop=1"


class Listener:
    """A server on this machine that counts who connects."""

    def __init__(self) -> None:
        self.connections = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                caller, _ = self.socket.accept()
                self.connections += 1
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                caller.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    one = Listener()
    yield one
    one.socket.close()


WRITTEN = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://127.0.0.1/",
    "https://localhost:{port}/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://0177.0.0.1/",
    "https://0177.0.0.01/",
    "https://127.0.0.1./",
    "https://１２７.０.０.１/",
    "https://127。0。0。1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://metadata/",
    "https://metadata.google.internal:80/",
    "https://100.100.100.200/",
    "https://192.168.1.1/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://255.255.255.255/",
    "https://shop.example@127.0.0.1/",
    "https://127.0.0.1#@shop.example/",
    "https://127.0.0.1%23@shop.example/",
    "https://shop.example:password@127.0.0.1/",
    "https://user@shop.example/",
    "https://shop.example\\@127.0.0.1/",
    "https://127.0.0.1\\.shop.example/",
    "https:\\\\127.0.0.1/",
    "https:///127.0.0.1/",
    "https:127.0.0.1/",
    "//127.0.0.1/",
    "https://127.0.0.1%2eshop.example/",
    "https://shop.example%00.127.0.0.1/",
    "https://shop.example/\r\nHost: 127.0.0.1",
    "https://shop.example\t@127.0.0.1/",
    " https://127.0.0.1/",
    "https://shop.example:22/",
    "https://shop.example:5432/",
    "https://shop.example:{port}/",
    "https://shop.example:0/",
    "https://shop.example:99999/",
    "https://shop.example:80443/",
    "http://shop.example/",
    "ftp://shop.example/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/_",
    "dict://127.0.0.1:{port}/",
    "jar:https://shop.example!/",
    "javascript:alert(1)",
    "https://shop.example/#fragment",
    "https://-shop.example/",
    "https://shop..example/",
    "https://.example/",
    "https://example/",
    "https://" + "a" * 64 + ".example/",
    "https://" + "a." * 130 + "example/",
    "https://shop.example/" + "a" * 1000,
    "https://shop.example/দোকান",
    "https://",
    "",
]
"""What a merchant may write, and what we refuse before anything is looked up."""

LED_TO = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b:1::7f00:1",
    "100::1",
    "2001::7f00:1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1%eth0",
    "fec0::1",
    "ff02::1",
    "no address",
    "",
]
"""To what an innocent name may lead."""


def call(url: str, *addresses: str) -> Answer:
    """What becomes of a message to a URL whose name leads there."""
    with Line(destination(url), resolve=lambda host, port: addresses, deadline_s=2) as line:
        return line.post(b"{}", {})


@pytest.mark.parametrize("url", WRITTEN, ids=ascii)
def test_a_url_with_another_meaning_is_refused(url: str, listener: Listener) -> None:
    with pytest.raises(Unacceptable) as refused:
        call(url.format(port=listener.port), "127.0.0.1")
    assert (refused.value.field, bool(refused.value.remedy)) == ("url", True)
    assert listener.connections == 0


@pytest.mark.parametrize("address", LED_TO)
def test_a_name_that_leads_inside_is_not_called(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    called: list[object] = []
    monkeypatch.setattr(socket, "create_connection", lambda *asked, **_: called.append(asked))
    assert not is_public(address)
    for addresses in ([address], ["8.8.8.8", address], [address, "2606:4700::1111"]):
        answer = call(SHOP, *addresses)
        assert answer == Answer(None, "the name of the host leads to an address that is not public")
    assert not called


def test_red_control_a_plain_client_does_connect(listener: Listener) -> None:
    for url in (f"http://127.0.0.1:{listener.port}/", f"http://localhost:{listener.port}/"):
        urllib.request.urlopen(url, timeout=5).close()
    with suppress(OSError):  # 127.0.0.1 in one of its other notations
        urllib.request.urlopen(f"http://2130706433:{listener.port}/", timeout=5).close()
    assert listener.connections == 3


def test_a_name_that_changes_its_mind_is_called_where_it_was_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"], ["127.0.0.1"]])
    called: list[str] = []

    def connect(address: tuple[str, int], **_: object) -> socket.socket:
        called.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with Line(destination(SHOP), resolve=lambda host, port: next(answers)) as line:
        assert line.post(b"{}", {}).why == "the connection was refused"
        assert line.post(b"{}", {}).why == "the name of the host leads to an address that is not public"
    assert called == ["8.8.8.8"]


def test_red_control_looking_up_twice_is_what_the_trick_needs(listener: Listener) -> None:
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    assert all(is_public(address) for address in next(answers))
    with socket.create_connection((next(answers)[0], listener.port), timeout=5) as called:
        assert called.recv(1)
    assert listener.connections == 1


def test_proxies_of_the_environment_are_not_asked(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{listener.port}")
    monkeypatch.setattr(socket, "create_connection", lambda *_, **__: (_ for _ in ()).throw(ConnectionRefusedError()))
    call(SHOP, "8.8.8.8")
    assert listener.connections == 0


@given(st.ip_addresses())
def test_what_counts_as_public_is_global_by_the_registries(address: ipaddress.IPv4Address) -> None:
    if is_public(str(address)):
        assert address.is_global
        assert not (address.is_multicast or address.is_reserved or address.is_unspecified)


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "103.7.248.1", "2606:4700:4700::1111", "2400:cb00::1"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    ("url", "host", "target"),
    [
        (SHOP, "shop.example", "/hooks?shop=1"),
        ("HTTPS://Shop.Example", "shop.example", "/"),
        ("https://shop.example:443/a/b;c=1", "shop.example", "/a/b;c=1"),
        ("https://shop.example?x=@y", "shop.example", "/?x=@y"),
        ("https://দোকান.বাংলা/hooks", "xn--p5b7ah1gxc.xn--54b7fta0cc", "/hooks"),
    ],
)
def test_a_plain_url_is_taken_apart_once(url: str, host: str, target: str) -> None:
    to = destination(url)
    assert (to.secure, to.host, to.port, to.target, to.here) == (True, host, 443, target, False)


def test_in_development_this_machine_may_be_named_and_nothing_else() -> None:
    assert destination("http://localhost:8000/x", development=True).here
    assert public_addresses(destination("http://127.0.0.1:8000", development=True), lambda *_: ["127.0.0.1"])
    with pytest.raises(Unacceptable):
        destination("http://localhost:8000/x")
    with pytest.raises(Unacceptable):
        destination("http://shop.example/", development=True)
    with pytest.raises(Unacceptable):
        public_addresses(destination("https://shop.example/", development=True), lambda *_: ["127.0.0.1"])
    with pytest.raises(Unacceptable):
        public_addresses(destination("http://localhost/", development=True), lambda *_: ["10.0.0.1"])


def test_the_system_knows_this_machine() -> None:
    assert "127.0.0.1" in system_addresses("localhost", 80)


def test_there_are_sixty_payloads_and_more() -> None:
    assert len(WRITTEN) + len(LED_TO) > 100
