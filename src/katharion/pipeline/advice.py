"""What a stranger whose mail was refused can do about it, one sentence a finding.

It is for the page and the lines that he sees, so it speaks to whoever runs the sender's server,
and tells nothing of the recipient, of weights, or of anything that is not his own.
"""

from katharion.values.verdict import Finding

_SPF = "Let the SPF record of your domain name the server that sends its mail."
_SIGN = "Sign your mail with DKIM for the domain in its From field, and publish the key."
_UNCHANGED = "See that nothing changes your mail after it is signed: lists, footers, other filters."
_NAME = "Give your server's address a name in the DNS (PTR) that leads back to that address."
_HELO = "Let your server say its full host name in EHLO, one that the DNS knows."
_SOURCE = (
    "See which mail your server sends, and stop what nobody asked for; it is forgotten in time."
)
_HEADER = "Let your mail program write the header as RFC 5322 says: one From, Date and Message-ID."
_FORM = "Let your mail program build the parts of a message as RFC 2045 and RFC 2046 say."
_MAILING = (
    "Send mailings to those alone who asked for them, prove who you are (DKIM, DMARC), and say how"
    " to leave (List-Unsubscribe)."
)
_WAIT = "Nothing is to be done: your server comes again by itself."
_WAITS = "Let your mail program wait for each answer before it goes on (RFC 5321, RFC 2920)."
_FILES = "Send fewer and smaller files in one message, or by another way."
_NOTHING = ""  # It speaks for the message, or is no reproach.

# By the finding's name, or by how that begins.
_BY_NAME = {
    "ARCHIVE_BOMB": _FILES,
    "ARCHIVE_BROKEN": "Pack the files anew: the archive can't be read.",
    "ARCHIVE_DEEP": _FILES,
    "ARCHIVE_ENCRYPTED": "Send files without a password, or by another way.",
    "ARCHIVE_LIMIT": _FILES,
    "ARC_FAIL": _UNCHANGED,
    "BASE64_BROKEN": _FORM,
    "BOUNDARY_": _FORM,
    "CHARSET_": "Let your mail program say which character set a text is in: UTF-8 is best.",
    "ENCODING_UNKNOWN": _FORM,
    "HEADER_MISSING": _FORM,
    "MULTIPART_ENCODED": _FORM,
    "NAMES_DISAGREE": "Give each file one name.",
    "PARAMETER_TWICE": _FORM,
    "PARTIALLY_SCANNED": "Send large files by other ways, and less of them in one message.",
    "PART_": _FORM,
    "TYPE_MALFORMED": _FORM,
    "BARE_LF": "Let your mail program end lines with CR and LF (RFC 5321 section 2.3.8).",
    "BLOCKED": "The recipient does not want mail from you: ask him in another way.",
    "CLASSIFIER_": "Write as one person to another: say who you are and why, in plain text.",
    "BULK_MANY_": _MAILING,
    "CAMPAIGN_SPAM": _MAILING,
    "CAMPAIGN_SPAM_": _MAILING,
    "DATE_": _HEADER,
    "DKIM_FAIL": _UNCHANGED,
    "DKIM_NONE": _SIGN,
    "DKIM_PART": "Sign all of the body: leave l= out of your DKIM signatures.",
    "DKIM_WEAK": "Sign with RSA of 2048 bits and SHA-256, and publish the key where it is named.",
    "DMARC_FAIL_": _SIGN,
    "DMARC_NO_AUTHOR": _HEADER,
    "DMARC_POLICY": _SIGN,
    "EARLY_TALKER": _WAITS,
    "EICAR": "This is a test file for filters: the filter works.",
    "FILES_": _FILES,
    "FILE_": "Send no programs, scripts or disguised files by mail; a link to them is better.",
    "FILE_LINKS": _NOTHING,
    "FILE_UNREADABLE": "Save the file anew: it can't be read.",
    "FILE_WITH_PASSWORD": "Send files without a password, or the password by another way.",
    "FROM_": _HEADER,
    "GREYLISTED": _WAIT,
    "GTUBE": "This is a test message for filters: the filter works.",
    "HASTY_HELLO": _WAITS,
    "HEADER_": _HEADER,
    "HELO_SPF_FAIL": "Let the SPF record of your server's own name name its addresses.",
    "HELO_": _HELO,
    "LISTED_": "See what the list has against you, and ask it to take you off.",
    "LONG_LINE": "Let your mail program fold lines at 998 octets (RFC 5322 section 2.1.1).",
    "LOOP": "Your mail goes round in a ring: see where forwarding leads.",
    "MESSAGE_ID_": _HEADER,
    "PTR_MISMATCH": _NAME,
    "PTR_NONE": _NAME,
    "SOURCE_BAD_": _SOURCE,
    "SOURCE_BURST": _SOURCE,
    "SOURCE_HARVESTS": "Write only to addresses that you have from their owners.",
    "SOURCE_NEW": _NOTHING,
    "SPF_FAIL": _SPF,
    "SPF_NEUTRAL": _SPF,
    "SPF_NONE": "Publish an SPF record for your domain that names the servers that send its mail.",
    "SPF_PERMERROR": "Mend the SPF record of your domain: it can't be understood.",
    "SPF_SOFTFAIL": _SPF,
    "VIRUS": "See that your computer, and whoever made the file, are free of viruses.",
    "VIRUS_": "Send the file in another form, or by another way.",
    "UNSCANNABLE": "Send the message in another form: it could not be read.",
    **dict.fromkeys(
        (
            *("ALLOWED_", "ARC_PASS", "BULK_LISTED", "BULK_NEW", "CORRESPONDENT"),
            *("DKIM_PASS", "DMARC_ARC_TRUSTED"),
            *("DMARC_PASS", "GREYLIST_SPARED", "LIST_OUT_", "PTR_CONFIRMED", "SOURCE_GOOD_"),
            "SPF_PASS",
        ),
        _NOTHING,
    ),
}
_BEGINNINGS = sorted((name for name in _BY_NAME if name.endswith("_")), key=len, reverse=True)


def advice(finding: Finding) -> str:
    """What can be done about a finding; "" where nothing is to be done."""
    if not finding.was_checked and finding.name not in _BY_NAME:
        return _NOTHING
    found = _BY_NAME.get(finding.name)
    if found is None:
        found = next((_BY_NAME[b] for b in _BEGINNINGS if finding.name.startswith(b)), _NOTHING)
    return found


def is_known(name: str) -> bool:
    """Whether something was written for findings of that name."""
    return name in _BY_NAME or any(name.startswith(beginning) for beginning in _BEGINNINGS)
