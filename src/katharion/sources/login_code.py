"""Whether a message looks like a login code: somebody waits for it, and it is worth nothing late.

It is looked for in the subject and in the beginning of the text, in the words of some languages;
who is taken for one without being one is only not asked to come again.
"""

import re

TEXT_OCTETS_MAX = 8 * 1024

_CODE = re.compile(
    r"(?<![\d.,/:-])(?:\d{4,8}|\d{3}[ -]\d{3}|[A-Z0-9]{3,4}-[A-Z0-9]{3,4})(?![\d.,/:-]\d)"
)
_WORDS = re.compile(
    r"\b(?:code|passcode|otp|pin|tan|2fa|token|one[ -]time|verif\w+|confirm\w+|log[ -]?in"
    r"|sign[ -]?in|password|passwor[dt]|anmeld\w+|best(?:ä|ae)tig\w+|einmal\w*|kennwort"
    r"|zugang\w*|freigabe\w*|c[oó]dig[oi]|codice|contrase\w+|mot de passe|connexion|k[oó]d\w*)\b",
    re.IGNORECASE,
)
_ASKS_TO_CONFIRM = re.compile(
    r"\b(?:reset|activat\w+|magic link|verify|confirm|zur(?:ü|ue)cksetzen|aktivier\w+"
    r"|best(?:ä|ae)tig\w+)\b",
    re.IGNORECASE,
)


def looks_like_a_code(subject: str, body: bytes) -> bool:
    """A word that speaks of codes with something like one, or a subject that asks to confirm."""
    if _ASKS_TO_CONFIRM.search(subject):
        return True
    text = subject + "\n" + body[:TEXT_OCTETS_MAX].decode("utf-8", "replace")
    return bool(_WORDS.search(text)) and bool(_CODE.search(text))
