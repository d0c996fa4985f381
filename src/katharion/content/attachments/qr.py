"""QR codes in pictures and on the pages of PDF files: where they lead.

A picture tells its size before it is decoded; what would take too much memory is a finding.
Meant for a process with limits: the decoders are C, and read what strangers send.

Sources: ISO/IEC 18004 (by zxing-cpp); the decoders of Pillow and PDFium.
"""

from collections.abc import Iterable, Iterator
from io import BytesIO

import pypdfium2
import zxingcpp
from PIL import Image

from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

PIXELS_COUNT_MAX = 40_000_000  # More is a bomb: no camera that sends mail makes it.
LOOKED_PIXELS_MAX = 4_000_000  # What is larger is made smaller first.
PICTURE_OCTETS_MAX = 32 * 1024 * 1024
SIDE_PIXELS_MIN = 21  # The smallest code has so many modules.
PAGES_COUNT_MAX = 3
PAGE_POINTS_MAX = 2000.0
PAGE_PIXELS_MAX = 1600.0  # Of the longer side.
CODES_COUNT_MAX = 10
EVIDENCE_LENGTH_MAX = 200
_SCHEMES = ("http://", "https://", "www.")
_FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP")

Image.init()  # Loads all its decoders now: later, no file can be opened.


def inspect_picture(file: File) -> Inspected:
    """PNG, JPEG, GIF, BMP and WebP."""
    where = printable(file.path)[:EVIDENCE_LENGTH_MAX]
    try:
        with Image.open(BytesIO(file.content), formats=_FORMATS) as picture:
            width, height = picture.size
            if width * height > PIXELS_COUNT_MAX:
                sentence = "A picture is made to be too large for whoever opens it."
                shown = f"{where}: {width} x {height}"[:EVIDENCE_LENGTH_MAX]
                return Inspected((Finding("FILE_PICTURE_BOMB", 3.0, sentence, shown),))
            if min(width, height) < SIDE_PIXELS_MIN or len(file.content) > PICTURE_OCTETS_MAX:
                return Inspected()
            grey = _grey(picture)
    except Image.DecompressionBombError:
        sentence = "A picture is made to be too large for whoever opens it."
        return Inspected((Finding("FILE_PICTURE_BOMB", 3.0, sentence, where),))
    except (OSError, ValueError, SyntaxError, IndexError, TypeError, KeyError, EOFError):
        return Inspected()  # Broken: nobody sees a code in it either.
    return _told(_codes(grey), where)


def inspect_pages(file: File) -> Inspected:
    """The first pages of a PDF file, as a reader would show them."""
    try:
        document = pypdfium2.PdfDocument(file.content)
    except pypdfium2.PdfiumError:
        return Inspected()
    codes: dict[str, None] = {}
    try:
        for index in range(min(len(document), PAGES_COUNT_MAX)):
            codes.update(dict.fromkeys(_page_codes(document, index)))
    finally:
        document.close()
    return _told(codes, printable(file.path)[:EVIDENCE_LENGTH_MAX])


def _page_codes(document: pypdfium2.PdfDocument, index: int) -> list[str]:
    try:
        page = document[index]
        longer = max(*page.get_size(), 1.0)
        if longer > PAGE_POINTS_MAX * 10:
            return []
        scale = min(PAGE_PIXELS_MAX / longer, 2.0)
        grey = page.render(scale=scale, grayscale=True, may_draw_forms=False).to_pil()
        return list(_codes(grey))
    except (pypdfium2.PdfiumError, ValueError, OSError):
        return []


def _grey(picture: Image.Image) -> Image.Image:
    """The first frame, made smaller where it is large; what is transparent is white."""
    width, height = picture.size
    if picture.format == "JPEG" and width * height > LOOKED_PIXELS_MAX:
        picture.draft("L", (width // 2, height // 2))
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        colours = picture.convert("RGBA")
        paper = Image.new("RGBA", colours.size, "white")
        paper.alpha_composite(colours)
        grey = paper.convert("L")
    else:
        grey = picture.convert("L")
    while grey.width * grey.height > LOOKED_PIXELS_MAX:
        grey = grey.reduce(2)
    return grey


def _codes(grey: Image.Image) -> Iterator[str]:
    found = zxingcpp.read_barcodes(
        grey, formats=zxingcpp.BarcodeFormats((zxingcpp.BarcodeFormat.QRCode,))
    )
    for code in found[:CODES_COUNT_MAX]:
        yield code.text


def _told(codes: Iterable[str], where: str) -> Inspected:
    """A code with a link in it; others (a person, a ticket) are nothing."""
    links = tuple(code.strip() for code in codes if code.strip().lower().startswith(_SCHEMES))
    if not links:
        return Inspected()
    sentence = "A picture or page has a QR code that leads to the web."
    shown = printable(f"{where}: {links[0]}")[:EVIDENCE_LENGTH_MAX]
    return Inspected((Finding("FILE_QR_LINK", 1.5, sentence, shown),), links)


def _warm_up() -> None:
    """Read one of each form: Pillow loads some of its modules only when they are needed."""
    for form in _FORMATS:
        buffer = BytesIO()
        Image.new("P" if form in ("GIF", "PNG") else "L", (32, 32)).save(buffer, form)
        with Image.open(BytesIO(buffer.getvalue())) as picture:
            list(_codes(_grey(picture)))


_warm_up()
