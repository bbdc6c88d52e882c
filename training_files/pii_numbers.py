"""Numbers that belong to people: phones, cards, bank accounts, identity cards. Each is held to its own checksum or
numbering plan, since text is full of other numbers.

A national phone number is known without a word beside it in the forms of China and North America only; elsewhere it
needs its country code, or a word such as "Tel." before it.
"""

import re
from collections.abc import Iterator, Sequence

PHONE = "phone number"
CARD = "card number"
ACCOUNT = "bank account number"
IDENTITY = "identity number"

RUN = r"\+?\(?[0-9][0-9 ().\-]{5,60}[0-9Xx]"
"""RE2: a run of digits with what may stand between them."""

RUN_BYTES = b"0123456789 ().-+Xx"
"""What a run consists of; other finds hold something else."""

ACCOUNT_SHAPE = r"\b[A-Z]{2}[0-9]{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?\b"
"""RE2: an IBAN (ISO 13616)."""

Found = tuple[int, int, str]


class PhoneLookup:
    """Whether a number can be dialled, by its country's numbering plan, and is no hotline.

    A look-up takes some 50 µs. After `most` different numbers a file is full of them, and the form of the others
    decides: a list of a million phone numbers is answered in seconds, and nothing that is a person's is passed over.
    """

    def __init__(self, most: int = 20_000) -> None:
        self._most = most
        self._known: dict[tuple[str, str | None], bool] = {}

    def is_persons(self, piece: str, region: str | None) -> bool:
        """`region` is the country of a number without a country code, as in ISO 3166."""
        known = self._known.get((piece, region))
        if known is None:
            if len(self._known) >= self._most:
                return True
            known = self._known[piece, region] = _is_persons_phone(piece, region)
        return known


def find(text: bytes, start: int, end: int, phones: PhoneLookup) -> Iterator[Found]:
    """The numbers in a run of digits, which may hold several with blanks between them."""
    run = text[start:end].decode("ascii")
    words = [match.span() for match in _WORD.finditer(run)]
    end_of_last = 0
    for first, (at, _) in enumerate(words):
        if at < end_of_last:
            continue
        before = text[max(0, start + at - 24) : start + at]
        called = first == 0 and _is_called(before)
        any_form = called or run[at] == "+"
        for until in _ends(run, at, words[first : first + 6]) if any_form else _ends_of_forms(run, at):
            after = text[start + until : start + until + 3]
            kind = _kind(run[at:until], before, after, called, phones)
            if kind is not None:
                yield start + at, start + until, kind
                end_of_last = until
                break


def _ends(run: str, at: int, words: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Where a number that begins at `at` may end, the longest first, and what stands between numbers left out."""
    for _, until in reversed(words):
        if until - at < 7:
            return
        piece = run[at:until]
        yield at + len(piece if _IDENTITY_CN.fullmatch(piece) else piece.rstrip("-. (Xx"))


def _ends_of_forms(run: str, at: int) -> Iterator[int]:
    for form in _FORMS:
        match = form.match(run, at)
        if match is not None:
            yield match.end()


def account(text: bytes, start: int, end: int) -> Iterator[Found]:
    """The IBAN in a run of that shape; what follows it there, as in "GB33 ... 5678 IS MINE", is left out."""
    from stdnum import iban

    words = text[start:end].decode("ascii").split(" ")
    for last in range(len(words), 0, -1):
        candidate = " ".join(words[:last])
        if _has_iban_remainder(candidate) and iban.is_valid(candidate):
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
_FORMS = tuple(
    re.compile(rf"(?:{form})(?=[-.(Xx]*(?: |\Z))")
    for form in (
        r"[2-6]\d{3}[ -]\d{4}[ -]\d{4}[ -]\d{4}[ -]\d{1,3}",
        r"[2-6]\d{3}[ -](?:\d{4}[ -]\d{4}[ -]\d{4}|\d{6}[ -]\d{4,5})",
        r"\d{17}[Xx]|\d{14,19}",
        r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}",
        r"1[3-9]\d(?:\d{8}|[ -]\d{4}[ -]\d{4})",
        r"\d{3}-\d{2}-\d{4}",
    )
)
"""What numbers without a country code and without a word before them look like, the longest first, up to the end of a
word: a quick look before the closer ones.
"""
_WORD = re.compile(r"[^ ]+")
_NOT_A_DIGIT = re.compile(r"\D")
_GOES_ON_BEFORE = re.compile(rb"(?:[A-Za-z0-9_%=&/$#*^]|[0-9][.,:\-/])\Z")
_GOES_ON_AFTER = re.compile(rb"[A-Za-z0-9_%/*^]|[.,:\-][0-9]")
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


def _kind(piece: str, before: bytes, after: bytes, called: bool, phones: PhoneLookup) -> str | None:
    """What a number is, with what stands right before and after it. `called`: a word before it says that it is a phone
    number.
    """
    if _goes_on(before, after):
        return None
    digits = _NOT_A_DIGIT.sub("", piece)
    if _IDENTITY_CN.fullmatch(piece) and _is_identity_cn(piece.upper()):
        return IDENTITY
    if (
        _CARD.fullmatch(piece)
        and _ISSUER.fullmatch(digits)
        and digits.encode() not in _TEST_CARDS
        and len(set(digits)) > 3
        and _is_luhn(digits.encode())
    ):
        return CARD
    if _IDENTITY_US.fullmatch(piece):
        from stdnum.us import ssn

        return IDENTITY if ssn.is_valid(piece) else None
    return PHONE if 7 <= len(digits) <= 15 and _is_phone(piece, digits, called, phones) else None


def _is_luhn(digits: bytes) -> bool:
    """ISO/IEC 7812-1. In a fifth of the time of stdnum's: a file may hold a million numbers in the form of a card's."""
    return (sum(digits[::-2]) + sum(digits[-2::-2].translate(_DOUBLED)) - 48 * len(digits)) % 10 == 0


_DOUBLED = bytes.maketrans(b"0123456789", b"0246813579")


def _has_iban_remainder(candidate: str) -> bool:
    """ISO 13616: quick, before the country's own rules."""
    compact = candidate.replace(" ", "")
    return len(compact) >= 15 and int((compact[4:] + compact[:4]).translate(_IBAN_DIGITS)) % 97 == 1


_IBAN_DIGITS = {ord(letter): str(int(letter, 36)) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def _is_identity_cn(number: str) -> bool:
    from stdnum.cn import ric

    try:
        return bool(ric.is_valid(number))
    except KeyError:  # python-stdnum 2 on places whose county it does not know, such as 619501
        return False


def _goes_on(before: bytes, after: bytes) -> bool:
    """Whether the number is part of something longer: of a word, a decimal, an address on the web, a date."""
    return _GOES_ON_BEFORE.search(before) is not None or _GOES_ON_AFTER.match(after) is not None


def _is_called(before: bytes) -> bool:
    return _CALLED.search(before.decode("utf-8", "ignore")) is not None


def _is_phone(piece: str, digits: str, called: bool, phones: PhoneLookup) -> bool:
    if len(set(digits[-8:])) < 3 or _FICTION.fullmatch(digits):
        return False
    if piece.startswith("+"):
        return phones.is_persons(piece, None)
    if _MOBILE_CN.fullmatch(piece):
        return phones.is_persons(piece, "CN")
    if _NORTH_AMERICA.fullmatch(piece):
        return phones.is_persons(piece, "US")
    return called and any(phones.is_persons(piece, region) for region in _REGIONS)


def _is_persons_phone(piece: str, region: str | None) -> bool:
    import phonenumbers

    kinds = phonenumbers.PhoneNumberType
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(piece, region))
    except phonenumbers.NumberParseException:
        return False
    hotlines = (kinds.TOLL_FREE, kinds.PREMIUM_RATE, kinds.SHARED_COST, kinds.UAN, kinds.VOICEMAIL)
    return kind != kinds.UNKNOWN and kind not in hotlines
