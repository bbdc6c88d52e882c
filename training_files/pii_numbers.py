"""Numbers that belong to people: phones, cards, bank accounts, identity cards. Each is held to its own checksum or
numbering plan, since text is full of other numbers.

A national phone number is known without a word beside it in the forms of China and North America only; elsewhere it
needs its country code, or a word such as "Tel." before it.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

PHONE = "phone number"
CARD = "card number"
ACCOUNT = "bank account number"
IDENTITY = "identity number"

RUN = r"\+?\(?[0-9][0-9 ().\-]{5,60}[0-9Xx]"
"""RE2: a run of digits with what may stand between them."""

ACCOUNT_SHAPE = r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
"""RE2: an IBAN (ISO 13616)."""

Found = tuple[int, int, str]


def find(text: bytes, start: int, end: int) -> Iterator[Found]:
    """The numbers in a run of digits, which may hold several with blanks between them."""
    run = text[start:end].decode("ascii")
    words = [(match.start(), match.end()) for match in re.finditer(r"[^ ]+", run)]
    first = 0
    while first < len(words):
        for last in range(min(first + 6, len(words)) - 1, first - 1, -1):
            at, until = words[first][0], words[last][1]
            if until - at < 7:
                break
            piece = run[at:until]
            stripped = piece.rstrip("-. (Xx" if not _IDENTITY_CN.fullmatch(piece) else "")
            before = text[max(0, start + at - 24) : start + at]
            kind = _kind(stripped, before, text[start + at + len(stripped) : start + until + 2])
            if kind is not None:
                yield start + at, start + at + len(stripped), kind
                first = last
                break
        first += 1


def account(text: bytes, start: int, end: int) -> Iterator[Found]:
    """The IBAN in a run of that shape; what follows it there, as in "GB33 ... 5678 IS MINE", is left out."""
    from stdnum import iban

    words = text[start:end].decode("ascii").split(" ")
    for last in range(len(words), 0, -1):
        candidate = " ".join(words[:last])
        if iban.is_valid(candidate):
            yield start, start + len(candidate), ACCOUNT
            return


_IDENTITY_CN = re.compile(r"[1-9]\d{16}[\dXx]")
_IDENTITY_US = re.compile(r"(?!123-45-6789|111-22-3333|987-65-4321)\d{3}-\d{2}-\d{4}")  # which all know
_CARD = re.compile(r"\d{14,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{1,3})?|\d{4}([ -])\d{6}\2\d{4,5}")
_ISSUER = re.compile(
    r"4(?:\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|3[0689]\d{12}|(?:6011|64|65)\d+|62\d{14,17}|35\d{14}"
)
_MOBILE_CN = re.compile(r"1[3-9]\d(?:\d{8}|([ -])\d{4}\1\d{4})")
_NORTH_AMERICA = re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?\d{3}[ .-]|\d{3}([.-])\d{3}\1|\d{3} \d{3}-)\d{4}")
_FICTION = re.compile(r"1?\d{3}55501\d\d")  # reserved for films and examples (NANPA)
_CALLED = re.compile(
    r"(?:\b(?:tel|telephone|phone|mobile|cell|fax|call(?: me)?(?: (?:at|on))?|whatsapp|telefon|handy|mobil"
    r"|t[ée]l[ée]phone|portable|tel[ée]fono|m[óo]vil|celular|telefone)(?: (?:number|no|nr))?"
    r"|电话|電話|手机|手機|座机|联系方式|携帯|전화|телефон)"
    r"(?:号码|号|番号)?(?: is)?[\s.:：是为#]{0,4}\Z",
    re.IGNORECASE,
)
_REGIONS = ("CN", "US", "GB", "DE", "FR", "ES", "IT", "JP", "KR", "IN", "BR", "NL", "RU", "AU", "TW", "HK")
_TEST_CARDS = frozenset(  # as payment services publish them
    b"""4111111111111111 4242424242424242 4000056655665556 4012888888881881 5555555555554444 5105105105105100
    2223003122003222 378282246310005 371449635398431 6011111111111117 6011000990139424 3056930009020004 30569309025904
    38520000023237 3566002020360505 3530111333300000 6200000000000005""".split()
)


def _kind(piece: str, before: bytes, after: bytes) -> str | None:
    """What a number is, with what stands right before and after it."""
    if _goes_on(before, after):
        return None
    digits = re.sub(r"\D", "", piece)
    if _IDENTITY_CN.fullmatch(piece):
        from stdnum.cn import ric

        if ric.is_valid(piece.upper()):
            return IDENTITY
    if (
        _CARD.fullmatch(piece)
        and _ISSUER.fullmatch(digits)
        and digits.encode() not in _TEST_CARDS
        and len(set(digits)) > 3
    ):
        from stdnum import luhn

        if len(set(digits)) > 3 and luhn.is_valid(digits):
            return CARD
    if _IDENTITY_US.fullmatch(piece):
        from stdnum.us import ssn

        return IDENTITY if ssn.is_valid(piece) else None
    return PHONE if 7 <= len(digits) <= 15 and _is_phone(piece, digits, before) else None


def _goes_on(before: bytes, after: bytes) -> bool:
    """Whether the number is part of something longer: of a word, a decimal, an address on the web, a date."""
    if re.search(rb"(?:[A-Za-z0-9_%=&/$#*^]|[0-9][.,:\-/])\Z", before):
        return True
    return re.match(rb"[A-Za-z0-9_%/*^]|[.,:\-][0-9]", after) is not None


def _is_phone(piece: str, digits: str, before: bytes) -> bool:
    if len(set(digits[-8:])) < 3 or _FICTION.fullmatch(digits):
        return False
    if piece.startswith("+"):
        return _is_persons_phone(piece, None)
    if _MOBILE_CN.fullmatch(piece):
        return _is_persons_phone(piece, "CN")
    if _NORTH_AMERICA.fullmatch(piece):
        return _is_persons_phone(piece, "US")
    if not _CALLED.search(before.decode("utf-8", "ignore")):
        return False
    return any(_is_persons_phone(piece, region) for region in _REGIONS)


@lru_cache(1 << 14)  # the numbers of one office stand in example after example, and a look costs 30 µs
def _is_persons_phone(piece: str, region: str | None) -> bool:
    """Whether the number can be dialled there, and is no hotline."""
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(piece, region))
    except phonenumbers.NumberParseException:
        return False
    hotlines = (kinds.TOLL_FREE, kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.UAN, kinds.VOICEMAIL)
    return kind != kinds.UNKNOWN and kind not in hotlines
