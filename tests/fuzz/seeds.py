"""What the fuzzer starts from: one well-formed input of each kind that it would hardly guess."""

_MESSAGE = (
    b"From: =?utf-8?Q?J=C3=BCrgen?= <j@example.com>\r\nSubject: =?utf-8?B?aGVsbG8=?=\r\n"
    b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n'
    b"Content-Type: text/html; charset=utf-7\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b'<a href=3D"http://a.example">x</a><p style=3D"display:none">y</p>\r\n--m\r\n'
    b"Content-Type: application/ms-tnef; name*0*=utf-8''w%69n\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\neJ8+IgEA\r\n--m\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: y\r\n\r\n"
    b"begin 644 a.txt\r\n#86)C\r\n`\r\nend\r\n"
    b"--m--\r\n"
)
_ARC = b"From: a <a@b.example>, c@d.example\r\nARC-Seal: i=1; cv=none; "
_DIALOG = (
    b"EHLO a.example\r\nMAIL FROM:<a@b.example> SIZE=9 BODY=8BITMIME\r\n"
    b"RCPT TO:<c@d.example>\r\nBDAT 3 LAST\r\nabcQUIT\r\n"
)
_SIGNATURE = b"v=1; a=rsa-sha256; d=example.com; s=s1; h=from:to; bh=aGk=; b=aGk=; l=3; t=1; x=2"

SEEDS: dict[str, tuple[bytes, ...]] = {
    "address": (b"a@example.com", b'"a b"@[IPv6:::1]', "\u00fc@b\u00fccher.example".encode()),
    "aggregate": (b"<feedback><record><row><count>1</count></row></record></feedback>",),
    "charset": (b"utf-7\n+AGg-", b"hz\n~{VPND~}", b"iso-2022-jp\n\x1b$BF|\x1b(B"),
    "dkim_key": (b"v=DKIM1; k=rsa; p=MIGf; h=sha256; t=s", b"v=DKIM1; k=ed25519; p=aGk="),
    "dkim_tags": (_SIGNATURE,),
    "dmarc": (b"v=DMARC1; p=reject; rua=mailto:a@b.example!10m; pct=5; adkim=s; np=none",),
    "domain": ("b\u00fccher.example".encode(), b"xn--bcher-kva.example", b"a.b.c."),
    "header": (_ARC + _SIGNATURE + b"\r\n\r\n",),
    "html": (
        b"<style>a{}</style><a href='http://a&amp;b'>x</a><font color=white>y</font><!-- z -->",
        b'<td bgcolor="#fff"><span style="font-size:0;color:rgb(255,255,255)">x</span></td>',
    ),
    "links": (b"http://0x7f.1/ www.a.example https://u:p@b%2e.example:80/(x)", b"http:\\\\a\\@b"),
    "mailbox": (b'"Doe, J" <@r:j@example.com>, k@example.org (K)',),
    "message": (_MESSAGE,),
    "parameters": (b'a/b; x*0*=utf-8\'\'%41; x*1=b; y="c\\"d"; boundary=e; boundary=f',),
    "proxy": (
        b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\1\2\3\4\5\6\7\x08\0\1\0\2",
    ),
    "smtp_reply": (b"250-a\r\n250 2.1.0 b\r\n",),
    "smtp_server": (_DIALOG,),
    "spf": (b"v=spf1 ip4:1.2.3.0/24 include:%{d}.a.example a/24//64 mx exp=b.example -all",),
    "tnef": (b"\x78\x9f\x3e\x22\1\0\2\x0f\x80\6\0\2\0\0\0MZ\0\0",),
    "transfer": (b"begin 644 a\n#86)C\n`\nend\n", b"aGVsbG8=", b"a=3Db=\r\n"),
}
