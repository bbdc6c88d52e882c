"""llama.cpp's C interface (llama.h) by ctypes, out of the library that xllamacpp installs.

xllamacpp's own interface is llama.cpp's HTTP server: it gives no logits, and each server loads its model again. Here
contexts share one model, and adapters too. Importing raises ImportError where the library is not installed, or where it
lays out its structures otherwise than this module expects: that is checked, as they change with its version.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType
from gguf.quants import quant_shape_to_byte_shape

from trainer.serving.sampling import Logits
from trainer.tensors import Floats

# Threads that wait for each other sleep. Where they spin, as they do by default, other work on the machine holds them
# up: 64 tokens took 0.9 s so and 76 s spinning, on two cores that eight processes wanted. Read when the library loads.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

_ERROR = 4  # ggml_log_level


class _Params(ctypes.Structure):
    """Parameters of a model or a context: filled by llama.cpp, and larger than it knows. Passed by value, more at the
    end does no harm on any platform."""

    _fields_ = [("head", ctypes.c_uint32 * 256)]


class _Batch(ctypes.Structure):
    _fields_ = [
        ("count", ctypes.c_int32),
        ("tokens", ctypes.c_void_p),
        ("embeddings", ctypes.c_void_p),
        ("positions", ctypes.c_void_p),
        ("sequence_counts", ctypes.c_void_p),
        ("sequences", ctypes.c_void_p),
        ("wants_logits", ctypes.c_void_p),
        ("_more", ctypes.c_uint8 * 64),
    ]


_LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
_POINTER, _INT = ctypes.c_void_p, ctypes.c_int32
# Name: result, arguments.
_FUNCTIONS: dict[str, tuple[Any, list[Any]]] = {
    "llama_log_set": (None, [_LOG, _POINTER]),
    "llama_backend_init": (None, []),
    "llama_model_default_params": (_Params, []),
    "llama_context_default_params": (_Params, []),
    "llama_batch_init": (_Batch, [_INT, _INT, _INT]),
    "llama_batch_free": (None, [_Batch]),
    "llama_model_load_from_file": (_POINTER, [ctypes.c_char_p, _Params]),
    "llama_model_free": (None, [_POINTER]),
    "llama_model_get_vocab": (_POINTER, [_POINTER]),
    "llama_vocab_n_tokens": (_INT, [_POINTER]),
    "llama_adapter_lora_init": (_POINTER, [_POINTER, ctypes.c_char_p]),
    "llama_adapter_lora_free": (None, [_POINTER]),
    "llama_init_from_model": (_POINTER, [_POINTER, _Params]),
    "llama_free": (None, [_POINTER]),
    "llama_n_ctx": (ctypes.c_uint32, [_POINTER]),
    "llama_n_batch": (ctypes.c_uint32, [_POINTER]),
    "llama_n_ubatch": (ctypes.c_uint32, [_POINTER]),
    "llama_set_n_threads": (None, [_POINTER, _INT, _INT]),
    "llama_set_adapters_lora": (
        _INT,
        [_POINTER, ctypes.POINTER(_POINTER), ctypes.c_size_t, ctypes.POINTER(ctypes.c_float)],
    ),
    "llama_get_memory": (_POINTER, [_POINTER]),
    "llama_memory_clear": (None, [_POINTER, ctypes.c_bool]),
    "llama_memory_seq_rm": (ctypes.c_bool, [_POINTER, _INT, _INT, _INT]),
    "llama_decode": (_INT, [_POINTER, _Batch]),
    "llama_tokenize": (
        _INT,
        [_POINTER, ctypes.c_char_p, _INT, _POINTER, _INT, ctypes.c_bool, ctypes.c_bool],
    ),
    "ggml_quantize_chunk": (
        ctypes.c_size_t,
        [ctypes.c_int, _POINTER, _POINTER, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, _POINTER],
    ),
    "llama_get_logits": (ctypes.POINTER(ctypes.c_float), [_POINTER]),
    "llama_get_logits_ith": (ctypes.POINTER(ctypes.c_float), [_POINTER, _INT]),
}


def _open() -> Any:
    found = importlib.util.find_spec("xllamacpp")
    names = list(Path(found.origin or "").parent.glob("xllamacpp*.so")) if found else []
    if not names:
        raise ImportError("xllamacpp is not installed, or brings no library that ctypes can open here")
    try:
        library = ctypes.CDLL(str(names[0]))
        for name, (result, arguments) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = result, arguments
    except (OSError, AttributeError) as error:
        raise ImportError(f"xllamacpp's library is not one that the trainer can use: {error}") from error
    return library


def _require_known_layout() -> None:
    """ImportError unless structures begin as declared here, by what llama.cpp itself writes into them."""
    params = _library.llama_context_default_params()
    batch = _library.llama_batch_init(1, 0, 1)
    pointers = [getattr(batch, name) is not None for name, *_ in _Batch._fields_[1:7]]
    # n_ctx, n_batch, n_ubatch and n_seq_max as llama.h documents their defaults.
    if list(params.head[:4]) != [512, 2048, 512, 1] or pointers != [True, False, True, True, True, True]:
        raise ImportError("This version of xllamacpp lays out llama.cpp's structures in a way that is not known here")
    _library.llama_batch_free(batch)


def _log(level: int, text: bytes, data: Any) -> None:
    if level >= _ERROR:
        print(text.decode(errors="replace"), end="", file=sys.stderr)  # noqa: T201


_library = _open()
_require_known_layout()
_logging = _LOG(_log)  # as long as the library may call it
_library.llama_log_set(_logging, None)
_library.llama_backend_init()


def quantized(numbers: Floats, kind: GGMLQuantizationType, threads: int = 1) -> np.ndarray[Any, Any]:
    """A matrix in one of ggml's types, as ggml packs it; `threads` share its rows."""
    if kind == GGMLQuantizationType.F32:
        return numbers
    rows, columns = numbers.shape
    packed = np.empty(quant_shape_to_byte_shape(numbers.shape, kind), np.uint8)

    def pack(part: slice) -> None:
        some = numbers[part]
        _library.ggml_quantize_chunk(kind, some.ctypes.data, packed[part].ctypes.data, 0, len(some), columns, None)

    parts = [slice(rows * at // threads, rows * (at + 1) // threads) for at in range(threads)]
    with ThreadPoolExecutor(threads) as pool:  # ctypes lets go of the interpreter meanwhile
        list(pool.map(pack, [part for part in parts if part.start < part.stop]))
    return packed


class Resource:
    """What llama.cpp made, freed after all that was made from it. References alone would not do: of a cycle Python's
    collector finalizes the parts in any order.
    """

    def __init__(self, handle: Any, free: Callable[[Any], None], *made_from: Resource) -> None:
        self._handle, self._free, self._made_from = handle, free, made_from
        self._users = [True]  # True is popped last; a list bears several threads
        for one in made_from:
            one._users.append(False)

    def _let_go(self) -> None:
        if self._users.pop():
            self._free(self._handle)
            for one in self._made_from:
                one._let_go()

    def __del__(self) -> None:
        if hasattr(self, "_users"):
            self._let_go()


class Model(Resource):
    """Weights, mapped from a GGUF file. ValueError where llama.cpp cannot read it."""

    def __init__(self, file: Path) -> None:
        handle = _library.llama_model_load_from_file(os.fsencode(file), _library.llama_model_default_params())
        if not handle:
            raise ValueError(f"llama.cpp cannot load {file}")
        super().__init__(handle, _library.llama_model_free)
        self.bytes = file.stat().st_size
        self.vocabulary_size = int(_library.llama_vocab_n_tokens(_library.llama_model_get_vocab(self._handle)))

    def tokens(self, text: str) -> list[int]:
        """What llama.cpp itself reads in a text; names of special tokens stand for these. Of a file with a
        vocabulary."""
        data = text.encode()
        ids = np.zeros(len(data) + 8, np.int32)
        vocabulary = _library.llama_model_get_vocab(self._handle)
        count = _library.llama_tokenize(vocabulary, data, len(data), ids.ctypes.data, len(ids), False, True)
        return [int(id) for id in ids[: max(count, 0)]]


class Adapter(Resource):
    """A LoRA adapter, computed beside a model's weights. ValueError where it does not fit the model."""

    def __init__(self, model: Model, file: Path) -> None:
        handle = _library.llama_adapter_lora_init(model._handle, os.fsencode(file))
        if not handle:
            raise ValueError(f"llama.cpp cannot load the adapter {file}")
        super().__init__(handle, _library.llama_adapter_lora_free, model)
        self.bytes = file.stat().st_size


class Context(Resource):
    """A model, perhaps with an adapter, and up to `size` tokens that it has read. One thread at a time."""

    # Making a context changes the model that others share.
    _making = threading.Lock()

    def __init__(
        self, model: Model, adapter: Adapter | None, size: int, *, batch: int, threads: int, batch_threads: int
    ) -> None:
        """`batch`: tokens that are read at once at most. `threads` compute one token, `batch_threads` several."""
        self.model, self.adapter = model, adapter
        self._batch = batch
        self._read: list[int] = []
        params = _library.llama_context_default_params()
        params.head[:3] = [size, batch, batch]
        with self._making:
            handle = _library.llama_init_from_model(model._handle, params)
        if not handle:
            raise ValueError(f"llama.cpp has no memory for a context of {size} tokens")
        super().__init__(handle, _library.llama_free, model, *([adapter] if adapter is not None else []))
        own = (_library.llama_n_ctx(self._handle), _library.llama_n_batch(self._handle))
        if own[0] < size or own[1] != batch or _library.llama_n_ubatch(self._handle) != batch:
            raise ValueError(f"llama.cpp made another context than was asked for: {own}")
        _library.llama_set_n_threads(self._handle, threads, batch_threads)
        if adapter is not None:
            adapters, scales = (_POINTER * 1)(adapter._handle), (ctypes.c_float * 1)(1.0)
            if _library.llama_set_adapters_lora(self._handle, adapters, 1, scales):
                raise ValueError("llama.cpp cannot use this adapter")

    def rewind(self, ids: Sequence[int]) -> int:
        same = next((at for at, (one, other) in enumerate(zip(self._read, ids, strict=False)) if one != other), None)
        length = min(len(self._read), len(ids)) if same is None else same
        memory = _library.llama_get_memory(self._handle)
        if length == 0 or not _library.llama_memory_seq_rm(memory, 0, length, -1):
            _library.llama_memory_clear(memory, False)
            length = 0
        del self._read[length:]
        return length

    def read(self, ids: Sequence[int], *, every: bool = False) -> Logits:
        """At most `batch` tokens. RuntimeError where llama.cpp cannot compute them."""
        assert 0 < len(ids) <= self._batch
        tokens = np.asarray(ids, np.int32)
        wants = np.ones(len(ids), np.int8)
        batch = _Batch(count=len(ids), tokens=tokens.ctypes.data, wants_logits=wants.ctypes.data if every else None)
        code = _library.llama_decode(self._handle, batch)
        if code:
            self.rewind([])  # nobody knows how far it came
            raise RuntimeError(f"llama.cpp could not compute an answer (llama_decode gave {code})")
        self._read += ids
        words = self.model.vocabulary_size
        if every:
            return np.ctypeslib.as_array(_library.llama_get_logits(self._handle), (len(ids), words))
        return np.ctypeslib.as_array(_library.llama_get_logits_ith(self._handle, -1), (words,)).copy()
