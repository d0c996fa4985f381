"""QR codes, written by the program that reads them, and by no other hand."""

import zlib
from io import BytesIO

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from katharion.content.attachments.qr import inspect_pages, inspect_picture
from katharion.content.attachments.values import File, Inspected

LINK = "https://x.example/pay?id=1"


def code(text: str) -> Image.Image:
    barcode = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode)
    return Image.fromarray(zxingcpp.write_barcode_to_image(barcode, scale=4)).convert("L")


def saved(picture: Image.Image, form: str) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, form)
    return buffer.getvalue()


def seen(content: bytes) -> Inspected:
    return inspect_picture(File("2", "a", "png", content))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_codes_in_pictures(form: str) -> None:
    found = seen(saved(code(LINK), form))
    assert found.links == (LINK,)
    assert [finding.name for finding in found.findings] == ["FILE_QR_LINK"]


def test_a_code_turned_and_transparent() -> None:
    picture = code(LINK).rotate(90)
    clear = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    clear.paste((0, 0, 0, 255), mask=picture.point(lambda value: 255 - value))
    assert seen(saved(clear, "PNG")).links == (LINK,)


def test_codes_without_a_link_are_nothing() -> None:
    assert seen(saved(code("BEGIN:VCARD"), "PNG")) == Inspected()


def test_codes_on_pages() -> None:
    page = Image.new("L", (600, 800), 255)
    page.paste(code(LINK), (100, 100))
    found = inspect_pages(File("2", "a.pdf", "pdf", saved(page, "PDF")))
    assert found.links == (LINK,)


def test_a_bomb_is_not_decoded() -> None:
    small = saved(Image.new("1", (64, 64)), "PNG")
    for side in (7000, 60_000):
        bomb = small[:16] + side.to_bytes(4) * 2 + small[24:]
        bomb = bomb[:29] + zlib.crc32(bomb[12:29]).to_bytes(4) + bomb[33:]
        assert [finding.name for finding in seen(bomb).findings] == ["FILE_PICTURE_BOMB"]


def test_what_is_cut_off_does_not_raise() -> None:
    for form in ("PNG", "GIF", "WEBP", "JPEG", "BMP"):
        whole = saved(code(LINK), form)
        for end in range(0, len(whole), max(1, len(whole) // 50)):
            seen(whole[:end])


@given(st.binary(max_size=300))
def test_no_octets_raise(octets: bytes) -> None:
    seen(octets)
    seen(b"\x89PNG\r\n\x1a\n" + octets)
    inspect_pages(File("2", "a", "pdf", b"%PDF-1.4" + octets))
