"""Scripts: whether they fetch or start programs, or hide what they do."""

import re

from katharion.content.attachments.values import File, Inspected
from katharion.mail.message import printable
from katharion.values.verdict import Finding

TEXT_OCTETS_MAX = 256 * 1024
EVIDENCE_LENGTH_MAX = 200
LINKS_COUNT_MAX = 50
_ENCODED = b"#@~^"
_ACTS = re.compile(
    r"wscript\.shell|activexobject|createobject\s*\(|shell\.application|adodb\.stream"
    r"|downloadstring|downloadfile|invoke-expression|invoke-webrequest|\biex\b|start-process"
    r"|-enc(?:odedcommand)?\s|frombase64string|powershell|mshta|bitsadmin|certutil|regsvr32"
    r"|rundll32|schtasks|currentversion\\run|start-bitstransfer|msxml2\.|winhttp",
    re.IGNORECASE,
)
_LINK = re.compile(r"https?://[^\s\"'<>|)]{3,2000}", re.IGNORECASE)


def inspect_script(file: File) -> Inspected:
    """What it does, as far as its words tell."""
    content = file.content[:TEXT_OCTETS_MAX]
    codec = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    text = content.decode(codec, "replace")
    links = tuple(dict.fromkeys(_LINK.findall(text)))[:LINKS_COUNT_MAX]
    acts = _ACTS.search(text)
    if not (acts or content.startswith(_ENCODED)):
        return Inspected(links=links)
    shown = printable(f"{file.path}: {acts[0] if acts else 'encoded'}")[:EVIDENCE_LENGTH_MAX]
    sentence = "A script starts or fetches programs, or hides what it does."
    return Inspected((Finding("FILE_SCRIPT_ACTS", 4.0, sentence, shown),), links)
