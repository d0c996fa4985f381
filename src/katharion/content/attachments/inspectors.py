"""Which inspectors look into which kinds of files. A new one is a file here and a line below.

A new kind stands in `kinds.INSPECTED` as well: filters know it from there, and load nothing.
"""

from collections.abc import Mapping

from katharion.content.attachments.markup import inspect_page
from katharion.content.attachments.office import inspect_package, inspect_rtf, inspect_table
from katharion.content.attachments.ole import inspect_ole
from katharion.content.attachments.onenote import inspect_section
from katharion.content.attachments.pdf import inspect_pdf
from katharion.content.attachments.pointers import inspect_pointer
from katharion.content.attachments.qr import inspect_pages, inspect_picture
from katharion.content.attachments.script import inspect_script
from katharion.content.attachments.shortcut import inspect_shortcut
from katharion.content.attachments.signatures import inspect_signatures
from katharion.content.attachments.values import Inspect

_INSPECTORS: Mapping[str, tuple[Inspect, ...]] = {
    "html": (inspect_page,),
    "svg": (inspect_page,),
    "hta": (inspect_page, inspect_script),
    "lnk": (inspect_shortcut,),
    "one": (inspect_section,),
    "url": (inspect_pointer,),
    "rdp": (inspect_pointer,),
    "library-ms": (inspect_pointer,),
    "settingcontent-ms": (inspect_pointer,),
    "reg": (inspect_script,),
    "script": (inspect_script,),
    "doc": (inspect_ole,),
    "xls": (inspect_ole,),
    "ppt": (inspect_ole,),
    "vsd": (inspect_ole,),
    "ole": (inspect_ole,),
    "encrypted-office": (inspect_ole,),
    "docx": (inspect_package,),
    "xlsx": (inspect_package,),
    "pptx": (inspect_package,),
    "rtf": (inspect_rtf,),
    "text": (inspect_table,),
    "pdf": (inspect_pdf, inspect_pages),
    "png": (inspect_picture,),
    "jpg": (inspect_picture,),
    "gif": (inspect_picture,),
    "bmp": (inspect_picture,),
    "webp": (inspect_picture,),
}

# Signatures are compared with each of them, and with programs and disks.
INSPECTORS: Mapping[str, tuple[Inspect, ...]] = {
    kind: (*_INSPECTORS.get(kind, ()), inspect_signatures)
    for kind in (*_INSPECTORS, "exe", "iso", "img", "vhd", "msi", "data")
}
