"""Secrets and personal data in a text: where they stand, and the text without them.

Covers keys and tokens that are known by their shape (secret_shapes.toml), values whose name says that they are secret,
and mail addresses, phone, card, bank account and identity numbers, each held to its own checksum or numbering plan.
What is no person's is passed over: addresses such as support@ and those reserved for examples, free and special-rate
phone numbers, test cards. Names, street addresses and passwords in prose are not found: no shape tells them.

Everything is looked for by RE2 in time linear in the text; Python looks at what it found.
"""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import re2

from training_files import pii_numbers
from training_files.pii_numbers import PhoneLookup
from training_files.secret_shapes import IN_ADDRESS, PRIVATE_KEY, secret_shapes

MAIL = "mail address"
PERSONAL = {  # what stands in the text instead
    MAIL: "[EMAIL]",
    pii_numbers.PHONE: "[PHONE]",
    pii_numbers.CARD: "[CARD]",
    pii_numbers.ACCOUNT: "[ACCOUNT]",
    pii_numbers.IDENTITY: "[ID]",
}
SECRET = "[SECRET]"
NAMED = "named secret"

Pattern = Any  # re2 brings no types


class Span(msgspec.Struct, frozen=True):
    """`text[start:end]` is a thing of this kind, such as "mail address" or "GitHub token"."""

    start: int
    end: int
    kind: str

    @property
    def label(self) -> str:
        return PERSONAL.get(self.kind, SECRET)


def find(text: str, phones: PhoneLookup | None = None) -> list[Span]:
    """What should not be trained on, in order; spans do not overlap. Offsets count characters.

    `phones` is one for all the texts of a file, which bounds how long they take.
    """
    encoded = text.encode("utf-8", "replace")  # half a surrogate pair becomes one "?": offsets stay
    if _quick_look().search(encoded) is None:
        return []
    found = list(_find(encoded, phones or PhoneLookup()))
    if len(encoded) == len(text):
        return found
    spans, characters, at = [], 0, 0
    for span in found:
        start = characters + len(encoded[at : span.start].decode())
        characters = start + len(encoded[span.start : span.end].decode())
        at = span.end
        spans.append(Span(start, characters, span.kind))
    return spans


def kinds(text: str, phones: PhoneLookup) -> Iterator[str]:
    """The kinds of what `find` finds, in order; each is looked for only when it is asked for."""
    return (span.kind for span in _find(text.encode("utf-8", "replace"), phones))


def mask(text: str, phones: PhoneLookup | None = None) -> tuple[str, list[str]]:
    """The text with each find replaced by a word in brackets, and the kinds that were, in order. Masking again changes
    nothing: what comes to light beside a word in brackets is masked at once.
    """
    kinds: list[str] = []
    while spans := find(text, phones):
        parts, at = [], 0
        for span in spans:
            parts += [text[at : span.start], span.label]
            at = span.end
        text = "".join([*parts, text[at:]])
        kinds += [span.kind for span in spans]
    return text, kinds


def may_hold(line: bytes) -> bool:
    """Whether a line of JSON is worth a closer look: quick, and True wherever `find` finds something in its texts."""
    return _quick_look().search(line) is not None


def may_hold_secret(line: bytes) -> bool:
    """The same for secrets alone."""
    return _secret_look().search(line) is not None


# A name that says that a secret follows, and what stands between the two.
_NAMES = (
    r"(?:(?i:pass(?:word|wd|phrase)|pwd|secret|(?:api|access|secret|private|signing|encryption|account)[-_ ]?key"
    r"|(?:access|auth|refresh|bearer|bot|api|secret|session)[-_ ]?token|authorization|passwort|kennwort|mot de passe"
    r"|contraseña|пароль)|密码|口令|密钥|令牌|パスワード|비밀번호)"
)
_SAYS = (
    r"""(?:["'`*]|”){0,3}\s{0,3}(?::=|=>|[:=]|：|＝|\bis\s|\bist\s|\best\s|\bes\s|是|为|為|は)"""
    r"""\s{0,3}(?:["'`*]|“){0,3}(?i:bearer |basic )?"""
)
_VALUE = r"""[!#-&*+\-./0-9:=?@A-Z\\^_a-z|~]{8,200}"""  # visible ASCII but quotes, brackets, commas and semicolons
_NAMED = rf"{_NAMES}{_SAYS}({_VALUE})"
_MAIL = r"[A-Za-z0-9][A-Za-z0-9._%+'\-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9\-]{0,62})\.)+[A-Za-z]{2,24}"

_NOBODYS_TOP_LEVELS = frozenset(  # RFC 2606, RFC 6762; and names of files, such as icon@2x.png
    b"""test example invalid localhost local internal lan home corp
    png jpg jpeg gif svg webp css js ts py html json""".split()
)
_NOBODYS_DOMAINS = frozenset((b"example.com", b"example.org", b"example.net", b"example.edu"))
_ROLES = frozenset(  # RFC 2142 and usual practice: an office, not a person
    b"""abuse account accounts accounting admin administrator billing booking bookings careers contact customercare
    customerservice customersupport do-not-reply donotreply enquiries feedback finance git hello help helpdesk
    hostmaster hr info inquiries invoices it jobs kefu kontakt legal mail mailer-daemon marketing media news newsletter
    no-reply noc noreply notifications office orders postmaster press privacy reception refunds returns root sales
    security service services shop sos support team user webmaster welcome username email name someone you
    your.name""".split()
)
_EXAMPLES = (  # what people write where a secret would stand, in lower case
    *b"""example placeholder your xxxx dummy changeme change_me redacted sample insert replace 12345678 23456789
    abcdefgh **** .... ____ $( %s process.env os.environ getenv""".split(),
    b"sflkxwrjsmekkf2qt4fwpmejf36pok6yjv_adqssw5c",  # the signature of the token that jwt.io shows
)


def _find(encoded: bytes, phones: PhoneLookup) -> Iterator[Span]:
    """The finds in UTF-8; offsets count bytes."""
    search, at = _candidates().search, 0
    while match := search(encoded, at):
        start, end = match.span()
        candidate = encoded[start:end]
        if not candidate.strip(pii_numbers.RUN_BYTES):
            spans = [Span(*found) for found in pii_numbers.find(encoded, start, end, phones)]
            yield from spans
            # Its last word may begin something else: a mail address, a token.
            last = start + max(candidate.rfind(b" "), candidate.rfind(b"(")) + 1
            end = max(last, spans[-1].end if spans else at + 1) if last > start else end
        elif _mail().fullmatch(candidate):
            if _is_persons(candidate):
                yield Span(start, end, MAIL)
        elif _account().fullmatch(candidate):
            yield from (Span(*found) for found in pii_numbers.account(encoded, start, end))
        elif kind := _shape_of(candidate):
            if kind == IN_ADDRESS:
                start = encoded.index(b"://", start) + 3
                end = encoded.index(b"@", start)
                if _is_password(encoded[start:end].partition(b":")[2]):
                    yield Span(start, end, kind)
            # A key without its last line runs on into what follows, which may well speak of an example.
            elif _has_dense_run(candidate) if kind == PRIVATE_KEY else is_dense(candidate):
                yield Span(start, end, kind)
        elif named := _named().fullmatch(candidate):
            value_start, end = named.span(1)
            value_start, end = start + value_start, start + end
            value = encoded[value_start:end]
            if _is_password(value):
                yield Span(value_start, end, _shape_of(value) or NAMED)
            else:
                end = value_start  # it may be, or hold, something else
        at = max(end, at + 1)


def _shape_of(secret: bytes) -> str | None:
    return next((kind for kind, shape in _shapes() if shape.fullmatch(secret)), None)


def _is_persons(mail: bytes) -> bool:
    name, _, domain = mail.lower().rpartition(b"@")
    return (
        domain.rpartition(b".")[2] not in _NOBODYS_TOP_LEVELS
        and not any(domain == known or domain.endswith(b"." + known) for known in _NOBODYS_DOMAINS)
        and name not in _ROLES
    )


def is_dense(secret: bytes) -> bool:
    """Whether part of it looks drawn by lot: 16 letters and digits without a break, 8 different ones, not all lower
    case letters. A text such as sk-learn-examples-for-beginners does not.
    """
    return not _is_example(secret) and _has_dense_run(secret)


def _has_dense_run(secret: bytes) -> bool:
    return any(
        len(run) >= 16 and len(set(run)) >= 8 and not (run.isalpha() and run.islower())
        for run in re.split(rb"[^A-Za-z0-9]", secret)
    )


def _is_password(value: bytes) -> bool:
    """Whether a named value is one: letters and digits, and either long and varied or of three kinds of characters.
    "password: required", `token = tokens[1]` and `secret=secret_name_2` are none.
    """
    if _is_example(value) or b"=" in value[:-2]:
        return False
    kinds = [re.search(kind, value) is not None for kind in (rb"[a-z]", rb"[A-Z]", rb"[0-9]", rb"[^A-Za-z0-9._\-/]")]
    if not kinds[2] or not (kinds[0] or kinds[1]):
        return False
    return sum(kinds) >= 3 or (len(value) >= 16 and len(set(value)) >= 10 and is_dense(value))


def _is_example(value: bytes) -> bool:
    lower = value.lower()
    return any(word in lower for word in _EXAMPLES)


@cache
def _shapes() -> tuple[tuple[str, Pattern], ...]:
    return tuple((shape.kind, _compile(shape.pattern)) for shape in secret_shapes())


@cache
def _candidates() -> Pattern:
    """All that may be a find. Of those that begin at the same place the earlier in this list wins."""
    shapes = [shape.pattern for shape in secret_shapes()]
    return _compile("|".join((*shapes, _NAMED, _MAIL, pii_numbers.ACCOUNT_SHAPE, pii_numbers.RUN)))


@cache
def _quick_look() -> Pattern:
    """What each find holds, as text or inside JSON."""
    return _compile(
        "|".join((_starts_of_secrets(), r"[A-Za-z0-9]@[A-Za-z0-9]", pii_numbers.ACCOUNT_SHAPE, pii_numbers.RUN))
    )


@cache
def _secret_look() -> Pattern:
    return _compile(_starts_of_secrets())


def _starts_of_secrets() -> str:
    """What each secret holds, whether the text stands as it is or inside JSON: there a slash may be escaped, a line
    break is a letter after a backslash (so that no word begins after it), and a name may be written in escapes.
    """
    starts = [shape.start.replace("/", r"\\?/") for shape in secret_shapes()]
    names = [_NAMES, *(re.escape(name) for name in _escaped_names())]
    named = rf"(?:{'|'.join(names)})[^\n]{{0,8}}(?:[:=]|：|＝|是|为|為|は|\\u|is|es)"
    return "|".join((*starts, named))


def _escaped_names() -> list[str]:
    words = (word for word in re.split(r"[(|)]", _NAMES) if not word.isascii())
    return [json.dumps(word)[1:-1] for word in words]


@cache
def _named() -> Pattern:
    return _compile(_NAMED)


@cache
def _mail() -> Pattern:
    return _compile(_MAIL)


@cache
def _account() -> Pattern:
    return _compile(pii_numbers.ACCOUNT_SHAPE)


def _compile(pattern: str) -> Pattern:
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1  # bytes as they are: a tenth of the states
    options.max_mem = 64 << 20
    options.log_errors = False
    return re2.compile(pattern.encode(), options)
