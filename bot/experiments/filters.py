"""Which jobs are looked for, in which order: values, and the words that people write for them."""

import re
import shlex
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, Literal

import msgspec

from bot.errors import Invalid
from bot.jobs import states

Sort = Literal["date", "loss", "accuracy", "reward", "cost", "time"]
SORTS: Final[tuple[Sort, ...]] = ("date", "loss", "accuracy", "reward", "cost", "time")
NAMES: Final = ("mine", "#channel", "model", "file", "since", "last", "state", "sort", "compare", "csv")
"""Of the words, as people are told of them."""

_ACTIVE: Final = "active"
_ENDED: Final = "ended"
_SECONDS: Final = {"h": 3600, "d": 86_400, "w": 7 * 86_400, "m": 30 * 86_400}
_KEYS: Final = ("model", "file", "data", "since", "last", "state", "sort", "page", "compare")
_NEXT: Final = re.compile(rf",(?=mine\b|csv\b|<[#@]|(?:ft)?job-|(?:{'|'.join(_KEYS)})=)", re.IGNORECASE)
_PERSON: Final = re.compile(r"<@([UW][A-Z0-9]+)>")
_CHANNEL: Final = re.compile(r"<#([CGD][A-Z0-9]+)>")
_JOB: Final = re.compile(r"(?:ft)?job-[\w-]+", re.IGNORECASE)
_SHORTEST_HASH: Final = 6


class Filters(msgspec.Struct, frozen=True):
    """`since`: seconds since the epoch. `states`: none for all. `model` and `data` are parts of names, or the beginning
    of a hash. `backwards`: in the order that is the other way round."""

    jobs: tuple[str, ...] = ()
    requester: str | None = None
    channel: str | None = None
    model: str = ""
    data: str = ""
    since: float | None = None
    states: tuple[str, ...] = ()
    sort: Sort = "date"
    backwards: bool = False

    @property
    def by_name(self) -> bool:
        """Whether `matches` has to be asked."""
        return bool(self.jobs or self.model or self.data)


class Wanted(msgspec.Struct, frozen=True):
    """What of the jobs that are found: a page (from 1), their settings beside each other, or all as CSV."""

    filters: Filters = Filters()
    page: int = 1
    compare: bool = False
    csv: bool = False


class JobNames(msgspec.Struct, frozen=True):
    """As much of a `Job` as it is named by."""

    id: str
    base_model: str
    suffix: str | None = None
    file_name: str | None = None
    training_file: str | None = None
    dataset_id: str | None = None
    provider_job_id: str | None = None
    fine_tuned_model: str | None = None


def read_wanted(parts: Sequence[str], *, user: str, at: float, shown: Mapping[str, str]) -> Wanted:
    """From the words of a command. `user` is who is meant by "mine", `at` the time of the request, `shown` what people
    see states called (casefolded), with the states. Raises Invalid."""
    found: dict[str, object] = {}
    wanted: dict[str, object] = {}
    jobs: list[str] = []
    for part in (piece.strip("`") for whole in parts for piece in _NEXT.split(whole) if piece.strip("`,")):
        part = part.strip(",")
        name, equals, value = part.partition("=")
        name = name.lower()
        if equals and name in ("page", "compare"):
            wanted[name] = _WANTED[name](part, value)
        elif equals and name == "state":
            found["states"] = _states(value, shown)
        elif equals and name in _READERS:
            found |= _READERS[name](part, value, at)
        elif name == "csv":
            wanted["csv"] = True
        elif name == "mine":
            found["requester"] = user
        elif match := _PERSON.fullmatch(part):
            found["requester"] = match[1]
        elif match := _CHANNEL.fullmatch(part):
            found["channel"] = match[1]
        elif _JOB.fullmatch(part):
            jobs.append(part.lower())
        else:
            raise Invalid("unknown_job_filter", word=part, filters=NAMES)
    return Wanted(Filters(jobs=tuple(jobs), **found), **wanted)  # type: ignore[arg-type]


def words_of(filters: Filters) -> str:
    """The words that read as these filters again."""
    words = list(filters.jobs)
    words += [f"<@{filters.requester}>"] if filters.requester else []
    words += [f"<#{filters.channel}>"] if filters.channel else []
    words += [shlex.quote(f"{name}={value}") for name, value in _named(filters).items() if value]
    return " ".join(words)


def _named(filters: Filters) -> Mapping[str, str]:
    sort = f"{'-' if filters.backwards else ''}{filters.sort}"
    return {
        "model": filters.model,
        "file": filters.data,
        "since": f"{datetime.fromtimestamp(filters.since, UTC):%Y-%m-%dT%H:%M}" if filters.since is not None else "",
        "state": ",".join(filters.states),
        "sort": "" if sort == "date" else sort,
    }


def matches(filters: Filters, job: JobNames, sha256: str | None) -> bool:
    """Whether a job is meant by its names; `sha256` of its data set."""
    if filters.jobs and not {job.id.lower(), (job.provider_job_id or "").lower()} & set(filters.jobs):
        return False
    if filters.model and not _holds(filters.model, job.base_model, job.fine_tuned_model, job.suffix):
        return False
    if not filters.data:
        return True
    by_hash = len(filters.data) >= _SHORTEST_HASH and (sha256 or "").startswith(filters.data.lower())
    return by_hash or _holds(filters.data, job.file_name, job.dataset_id, job.training_file)


def _holds(part: str, *names: str | None) -> bool:
    wanted = _alike(part)
    return any(wanted in _alike(name) for name in names if name)


def _alike(name: str) -> str:
    return unicodedata.normalize("NFKC", name).casefold()


def _model(part: str, value: str, at: float) -> dict[str, object]:
    return {"model": _some(part, value)}


def _data(part: str, value: str, at: float) -> dict[str, object]:
    return {"data": _some(part, value)}


def _some(part: str, value: str) -> str:
    if not value.strip("`"):
        raise Invalid("unknown_job_filter", word=part, filters=NAMES)
    return value.strip("`")


def _since(part: str, value: str, at: float) -> dict[str, object]:
    text = value.replace("/", "-").replace(".", "-")
    for form in ("%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m"):
        try:
            return {"since": datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()}
        except (ValueError, OverflowError):
            continue
    raise Invalid("invalid_since", word=part)


def _last(part: str, value: str, at: float) -> dict[str, object]:
    match = re.fullmatch(r"([0-9]{1,4})([hdwm]?)", value.lower())
    if match is None:
        raise Invalid("invalid_since", word=part)
    since = at - int(match[1]) * _SECONDS[match[2] or "d"]
    return {"since": max(0.0, since - since % 60)}


def _states(value: str, shown: Mapping[str, str]) -> tuple[str, ...]:
    found: list[str] = []
    for state in filter(None, (word.strip() for word in value.casefold().split(","))):
        if state == _ACTIVE:
            found += sorted(states.STATES - states.ENDED)
        elif state == _ENDED:
            found += sorted(states.ENDED)
        elif state in states.STATES:
            found.append(state)
        elif state in shown:
            found.append(shown[state])
        else:
            raise Invalid("unknown_state", word=state, states=(_ACTIVE, _ENDED, *sorted(states.STATES)))
    return tuple(dict.fromkeys(found))


def _sort(part: str, value: str, at: float) -> dict[str, object]:
    sort = value.lower().removeprefix("-")
    if sort not in SORTS:
        raise Invalid("unknown_sort", word=value, sorts=SORTS)
    return {"sort": sort, "backwards": value.startswith("-")}


def _page(part: str, value: str) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", value) or not int(value):
        raise Invalid("unknown_job_filter", word=part, filters=NAMES)
    return int(value)


def _yes(part: str, value: str) -> bool:
    if value.lower() not in ("yes", "no"):
        raise Invalid("unknown_job_filter", word=part, filters=NAMES)
    return value.lower() == "yes"


_READERS: Final[Mapping[str, Callable[[str, str, float], dict[str, object]]]] = {
    "model": _model,
    "file": _data,
    "data": _data,
    "since": _since,
    "last": _last,
    "sort": _sort,
}
_WANTED: Final[Mapping[str, Callable[[str, str], object]]] = {"page": _page, "compare": _yes}
