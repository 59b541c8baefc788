"""Compression: every page is sent in gzip, as Django would send it."""

import gzip
import os

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.test import Client, RequestFactory
from zlib_ng import zlib_ng

from voicestudio.views.compression import GZIP, HEADER, LEVEL, CompressionMiddleware

PAGE = b"<p>Anna and Ben</p>" * 400


def answer(response: HttpResponseBase, accepts: str = "gzip, br") -> HttpResponseBase:
    request = RequestFactory().get("/", headers={"Accept-Encoding": accepts})
    return CompressionMiddleware(lambda _request: response)(request)  # type: ignore[return-value]


def content(response: HttpResponseBase) -> bytes:
    return b"".join(response)


@pytest.mark.django_db
def test_page_of_the_studio_is_compressed(client: Client) -> None:
    response = client.get("/sign-in/", headers={"Accept-Encoding": "gzip"})

    assert response["Content-Encoding"] == "gzip"
    assert int(response["Content-Length"]) == len(response.content)
    assert "Accept-Encoding" in response["Vary"]
    assert gzip.decompress(response.content).startswith(b"<!DOCTYPE html>")


def test_page_is_compressed_by_zlib_ng() -> None:
    packed = content(answer(HttpResponse(PAGE)))

    assert gzip.decompress(packed) == PAGE
    assert packed.endswith(zlib_ng.compress(PAGE, LEVEL, GZIP)[HEADER:])


def test_length_of_a_page_is_random() -> None:
    lengths = {len(content(answer(HttpResponse(PAGE)))) for _ in range(200)}

    assert len(lengths) > 50
    assert max(lengths) - min(lengths) < CompressionMiddleware.max_random_bytes


@pytest.mark.parametrize("accepts", ["", "br", "identity"])
def test_page_is_plain_for_those_who_take_no_gzip(accepts: str) -> None:
    response = answer(HttpResponse(PAGE), accepts)

    assert (content(response), response.has_header("Content-Encoding")) == (PAGE, False)
    assert response["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "body", [b"<p>Anna</p>", os.urandom(4000)], ids=["short", "gets no shorter"]
)
def test_answer_that_gains_nothing_is_plain(body: bytes) -> None:
    response = answer(HttpResponse(body))

    assert (content(response), response.has_header("Content-Encoding")) == (body, False)


def test_answer_with_an_encoding_is_left_alone() -> None:
    response = answer(HttpResponse(PAGE, headers={"Content-Encoding": "identity"}))

    assert (content(response), response["Content-Encoding"]) == (PAGE, "identity")


def test_etag_of_a_compressed_answer_is_weak() -> None:
    response = answer(HttpResponse(PAGE, headers={"ETag": '"7"'}))

    assert (response["ETag"], response["Content-Encoding"]) == ('W/"7"', "gzip")


def test_streamed_answer_is_compressed_piece_by_piece() -> None:
    response = answer(StreamingHttpResponse(iter([PAGE, PAGE])))

    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(content(response)) == PAGE * 2
