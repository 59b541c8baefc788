"""Downloads: allowed addresses, size and time limits."""

import io
import socket
import threading
import time
import zlib
from collections.abc import Callable

import pytest

from voicestudio import __version__
from voicestudio.minimax import (
    BlockReason,
    Client,
    Download,
    DownloadBlocked,
    InvalidAnswer,
    MiniMaxError,
    NoAnswer,
    NotSent,
    Reason,
    Refused,
)
from voicestudio.minimax.addresses import is_public, parse_origin

from .conftest import Reply, ScriptedServer, http

type Make = Callable[..., Client]
type Addresses = list[tuple[object, ...]]


def download(client: Client, url: str, *, max_bytes: int = 1000, timeout: float = 5.0) -> bytes:
    target = io.BytesIO()
    client.download(url, target, max_bytes=max_bytes, timeout=timeout)
    return target.getvalue()


def get_block_reason(
    client: Client, url: str, *, max_bytes: int = 1000, timeout: float = 5.0
) -> BlockReason:
    with pytest.raises(DownloadBlocked) as caught:
        download(client, url, max_bytes=max_bytes, timeout=timeout)
    assert (caught.value.outcome_unknown, caught.value.retryable) == (False, False)
    return caught.value.reason


def redirect(location: str, status: str = "302 Found") -> Reply:
    return http("", status, headers={"Location": location})


def fake_dns(monkeypatch: pytest.MonkeyPatch, *answers: str) -> list[str]:
    """Resolve every name to these addresses; return the list of the names looked up."""
    names: list[str] = []

    def look_up(host: str, port: int, *_: object, **__: object) -> Addresses:
        names.append(host)
        return [
            (
                socket.AF_INET6 if ":" in address else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (address, port, 0, 0) if ":" in address else (address, port),
            )
            for address in answers
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return names


def test_audio_of_the_provider_is_downloaded_without_the_key(
    client: Client, provider: ScriptedServer
) -> None:
    provider.will_send(http(b"ID3 sound", headers={"Content-Type": "audio/mpeg"}))
    target = io.BytesIO()

    content = client.download(provider.url + "/demo.mp3?sig=1", target, max_bytes=1000, timeout=5)

    assert content == Download(bytes=9, content_type="audio/mpeg", trace_id="trace-1")
    assert target.getvalue() == b"ID3 sound"
    [sent] = provider.received
    assert sent.line == "GET /demo.mp3?sig=1 HTTP/1.1"
    assert sent.headers == {
        "host": f"127.0.0.1:{provider.port}",
        "user-agent": f"VoiceStudio/{__version__}",
        "accept": "*/*",
        "accept-encoding": "identity",
    }


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",  # noqa: S104
        "169.254.169.254", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "224.0.0.1",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8",
        "::127.0.0.1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1",
        "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "100::1", "no address", "",
    ],
)  # fmt: skip
def test_private_address_is_not_public(address: str) -> None:
    assert is_public(address) is False


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "100.128.0.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_public_address_is_public(address: str) -> None:
    assert is_public(address) is True


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "2130706433", "0x7f000001", "017700000001", "127.1", "[::1]",
        "[::ffff:127.0.0.1]", "169.254.169.254", "10.0.0.1",
    ],
)  # fmt: skip
def test_private_address_is_blocked(client: Client, provider: ScriptedServer, host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.setblocking(False)

        reason = get_block_reason(client, f"http://{host}:{other.getsockname()[1]}/")

        with pytest.raises(BlockingIOError):  # no connection was made
            other.accept()
    assert reason is BlockReason.ADDRESS


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    "addresses",
    [("127.0.0.1",), ("::1",), ("169.254.169.254",), ("8.8.8.8", "127.0.0.1"), ("fe80::1%lo",)],
)
def test_name_with_a_private_address_is_blocked(
    client: Client, monkeypatch: pytest.MonkeyPatch, scheme: str, addresses: tuple[str, ...]
) -> None:
    fake_dns(monkeypatch, *addresses)

    assert get_block_reason(client, f"{scheme}://demo.example/a.mp3") is BlockReason.ADDRESS


def test_proxy_of_the_environment_is_ignored(
    client: Client, provider: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", provider.url)
    fake_dns(monkeypatch, "127.0.0.1")

    assert get_block_reason(client, "http://demo.example/a.mp3") is BlockReason.ADDRESS
    assert provider.received == []


def test_checked_address_is_the_one_connected_to(
    make_client: Make, provider: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = fake_dns(monkeypatch, "127.0.0.1")
    # A test can reach only loopback addresses.
    monkeypatch.setattr("voicestudio.minimax.addresses.is_public", lambda _: True)
    provider.will_send(http(b"sound"))

    content = download(
        make_client(base_url="https://api.example"), f"http://a.example:{provider.port}/x"
    )

    assert (content, names) == (b"sound", ["a.example"])
    assert provider.received[0].headers["host"] == f"a.example:{provider.port}"


@pytest.mark.parametrize(
    "url",
    [
        "", "demo.mp3", "//demo.example/a", "ftp://demo.example/a", "file:///etc/passwd",
        "data:audio/mpeg;base64,AAAA", "http://", "http:///a", "http://user@demo.example/",
        "http://user:pass@demo.example/", "http://@demo.example/", "http://demo.example:99999/",
        "http://demo.example:x/", "http://[::1/", "http://demo.example\\@127.0.0.1/",
        "http://demo.example/a b", "http://demo.example/\r\nX: y", " http://demo.example/",
        "http://*.example/",
    ],
)  # fmt: skip
def test_invalid_url_is_blocked(client: Client, url: str) -> None:
    assert get_block_reason(client, url) is BlockReason.URL


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://A.example", ("http", "a.example", 80)),
        ("HTTPS://a.example/", ("https", "a.example", 443)),
        ("http://a.example:0/", ("http", "a.example", 0)),
        ("http://[::1]:8080/x", ("http", "::1", 8080)),
    ],
)
def test_origin_is_scheme_host_and_port(url: str, origin: tuple[str, str, int]) -> None:
    assert parse_origin(url) == origin


def test_other_port_of_the_provider_is_blocked(client: Client, provider: ScriptedServer) -> None:
    assert get_block_reason(client, f"http://127.0.0.1:{provider.port - 1}/") is BlockReason.ADDRESS
    assert get_block_reason(client, f"https://127.0.0.1:{provider.port}/") is BlockReason.ADDRESS


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("http://127.0.0.1:9/", BlockReason.ADDRESS),
        ("http://169.254.169.254/latest/meta-data", BlockReason.ADDRESS),
        ("//10.0.0.1/", BlockReason.ADDRESS),
        ("https://[::1]/", BlockReason.ADDRESS),
        ("file:///etc/passwd", BlockReason.URL),
        ("http://u:p@a.example/", BlockReason.URL),
        ("http://[", BlockReason.URL),
        ("http://a.example/b c", BlockReason.URL),
    ],
)
@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "303 See", "307 T", "308 P"])
def test_redirect_is_checked_like_the_first_url(
    client: Client, provider: ScriptedServer, status: str, location: str, reason: BlockReason
) -> None:
    provider.will_send(redirect(location, status))

    assert get_block_reason(client, provider.url + "/a") is reason
    assert len(provider.received) == 1


def test_redirects_are_followed_five_times(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(*[redirect(f"/{n}") for n in range(5)], http(b"sound"))

    content = download(client, provider.url + "/a")

    assert content == b"sound"
    assert [sent.line.split()[1] for sent in provider.received] == "/a /0 /1 /2 /3 /4".split()


def test_sixth_redirect_is_blocked(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(*[redirect("/a") for _ in range(6)])

    assert get_block_reason(client, provider.url + "/a") is BlockReason.REDIRECTS
    assert len(provider.received) == 6


def test_redirect_to_a_non_ascii_path_is_followed(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(redirect("/王芳.mp3"), http(b"sound"))

    assert download(client, provider.url + "/a") == b"sound"
    assert provider.received[1].line == "GET /%E7%8E%8B%E8%8A%B3.mp3 HTTP/1.1"


@pytest.mark.parametrize("length", ["1001", "9" * 40])
def test_content_length_above_the_limit_is_blocked_before_reading(
    client: Client, provider: ScriptedServer, length: str
) -> None:
    provider.will_send(http(b"x" * 10, headers={"Content-Length": length}))
    target = io.BytesIO()

    with pytest.raises(DownloadBlocked) as caught:
        client.download(provider.url, target, max_bytes=1000, timeout=5)

    assert (caught.value.reason, caught.value.trace_id) == (BlockReason.SIZE, "trace-1")
    assert target.getvalue() == b""


def test_size_is_counted_without_content_length(client: Client, provider: ScriptedServer) -> None:
    provider.will_send(http(b"x" * 1001, headers={"Content-Length": ""}, then="close"))
    provider.will_send(http(b"x" * 1000, headers={"Content-Length": ""}, then="close"))

    assert get_block_reason(client, provider.url) is BlockReason.SIZE
    assert len(download(client, provider.url)) == 1000


def test_size_is_counted_after_decompression(client: Client, provider: ScriptedServer) -> None:
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(b"x" * 100_000) + packer.flush()
    provider.will_send(http(packed, headers={"Content-Encoding": "gzip"}))

    assert get_block_reason(client, provider.url) is BlockReason.SIZE


@pytest.mark.parametrize(
    "reply",
    [
        Reply([], then="hang"),
        Reply([b"HTTP/1.1 200 OK\r\nX: "], drip=threading.Event()),
        Reply([b"HTTP/1.1 200 OK\r\n\r\n"], drip=threading.Event()),
        Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n"], drip=threading.Event()),
        Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc"], then="hang"),
    ],
    ids=["silent", "dripping head", "dripping", "dripping with a length", "stalled"],
)
def test_slow_download_times_out(client: Client, provider: ScriptedServer, reply: Reply) -> None:
    provider.will_send(reply)
    before = threading.active_count()

    assert get_block_reason(client, provider.url, timeout=0.2) is BlockReason.TIMEOUT
    assert threading.active_count() <= before + 1  # the thread of the server, not our timer


def test_slow_redirects_share_one_timeout(
    client: Client, provider: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(stream: object, length: int) -> bytes:
        time.sleep(0.1)
        return b""

    monkeypatch.setattr(provider, "read_body", slow)
    provider.will_send(*[redirect("/a") for _ in range(5)], http(b"sound"))

    assert get_block_reason(client, provider.url, timeout=0.25) is BlockReason.TIMEOUT


def test_silent_tls_handshake_times_out(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"

        with pytest.raises(MiniMaxError) as caught:
            download(make_client(base_url=url), url, timeout=0.2)

    assert type(caught.value) in {DownloadBlocked, NotSent}


@pytest.mark.parametrize("status", ["401 U", "403 Forbidden", "404 Not Found", "410 Gone"])
def test_expired_link_is_not_found(client: Client, provider: ScriptedServer, status: str) -> None:
    provider.will_send(http("<Error>expired</Error>", status))

    with pytest.raises(Refused) as caught:
        download(client, provider.url)

    assert (caught.value.reason, caught.value.trace_id) == (Reason.NOT_FOUND, "trace-1")


@pytest.mark.parametrize(
    ("status", "kind"),
    [("500 Oops", Refused), ("204 None", InvalidAnswer), ("302 Found", InvalidAnswer)],
)
def test_answer_without_a_file_is_an_error(
    client: Client, provider: ScriptedServer, status: str, kind: type[MiniMaxError]
) -> None:
    provider.will_send(http("", status))

    with pytest.raises(kind):
        download(client, provider.url)


@pytest.mark.parametrize(
    "reply",
    [
        Reply([], then="close"),
        Reply([], then="reset"),
        Reply([b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nabc"], then="close"),
        Reply([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabc"], then="close"),
        http(b"no gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=range(5),
)
def test_interrupted_download_is_no_answer(
    client: Client, provider: ScriptedServer, reply: Reply
) -> None:
    provider.will_send(reply)

    with pytest.raises(NoAnswer) as caught:
        download(client, provider.url)

    assert caught.value.__cause__ is not None


def test_refused_connection_was_not_sent(make_client: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"

    with pytest.raises(NotSent):
        download(make_client(base_url=url), url)


@pytest.mark.usefixtures("no_such_host")
def test_unknown_name_was_not_sent(client: Client) -> None:
    with pytest.raises(NotSent):
        download(client, "http://nowhere.example/")


def test_full_disk_is_an_os_error(client: Client, provider: ScriptedServer) -> None:
    class Full(io.BytesIO):
        def write(self, _: object) -> int:
            raise OSError("no space left on device")

    provider.will_send(http(b"sound"))

    with pytest.raises(OSError, match="no space left"):
        client.download(provider.url, Full(), max_bytes=1000, timeout=5)
