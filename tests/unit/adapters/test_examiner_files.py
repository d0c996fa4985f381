"""What real, confined processes see in documents and pictures: they can open no file any more."""

import asyncio
from io import BytesIO
from pathlib import Path

import msgspec
import zxingcpp
from PIL import Image

from fixtures.fix_files import file_of
from fixtures.fix_office import vba_project
from katharion.adapters.examiner import WorkerExaminer
from katharion.content.attachments.options import MEBIOCTET, Rules, Settings
from katharion.values.examination import Examination, File

LINK = "https://x.example/pay"


def looked_into(folder: str, *files: File) -> Examination:
    told = Settings(Rules(), 1024 * MEBIOCTET, cpu_seconds_max=10, signatures_folder=folder)

    async def ask() -> Examination:
        told_so = msgspec.json.encode(told).decode()
        examiner = WorkerExaminer(told_so, count=1, seconds_max=20.0)
        try:
            return await examiner.examine(files)
        finally:
            examiner.close()

    return asyncio.run(ask())


def picture(form: str) -> bytes:
    barcode = zxingcpp.create_barcode(LINK, zxingcpp.BarcodeFormat.QRCode)
    code = Image.fromarray(zxingcpp.write_barcode_to_image(barcode, scale=4)).convert("L")
    buffer = BytesIO()
    code.save(buffer, form)
    return buffer.getvalue()


def test_codes_are_read_in_each_form() -> None:
    for form in ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PDF"):
        assert LINK in looked_into("", file_of(picture(form))).links, form


def test_macros_and_an_operators_rules(tmp_path: Path) -> None:
    rule = 'rule mine { strings: $a = "INV-4711" condition: $a }'
    (tmp_path / "mine.yar").write_text(rule)
    (tmp_path / "broken.yar").write_text("rule {")
    document = file_of(vba_project('Sub AutoOpen()\r\nShell "a"\r\n'), "a.doc")
    found = looked_into(str(tmp_path), document, file_of(b"see INV-4711", "a.txt"))
    assert {"FILE_MACRO_RUNS", "FILE_YARA_MINE"} <= {each.name for each in found.findings}
