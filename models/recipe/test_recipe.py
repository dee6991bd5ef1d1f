"""Small checks of the recipe's parts; none needs trained weights."""
from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch

from codebook import Codebook, fit, lloyd_max, scale_of
from encoder import Encoder, EncoderConfig
from exported import read_package
from export import rotation, spread_over_dimensions
from graph import quantise_columns, read_encoder, write
from objective import LexicalScorer, Tokens, matches
from prepare import in_shares, leaves, plan
from scoring import TokenVectors, encode_all, max_sim, ndcg, onnx_encoder, torch_encoder
from text import TextEncoder
from tracking import Run, register

SMALL = EncoderConfig(vocab_size=1200, hidden_size=48, num_hidden_layers=2, num_attention_heads=4,
                      intermediate_size=96, max_position_embeddings=64, dimension=24)


@pytest.fixture
def model() -> Encoder:
    torch.manual_seed(0)
    return Encoder(SMALL).eval()


def some_texts(count: int = 7) -> list[np.ndarray]:
    generator = np.random.default_rng(0)
    return [generator.integers(0, 1200, generator.integers(3, 30)).astype(np.int32) for _ in range(count)]


def test_padding_changes_no_vector(model: Encoder) -> None:
    texts = some_texts()
    together = encode_all(torch_encoder(model, False), texts, kind=torch.float32)
    alone = encode_all(torch_encoder(model, False), texts, kind=torch.float32, batch_tokens=1)
    assert torch.allclose(together.vectors, alone.vectors, atol=1e-5)
    assert torch.allclose(together.vectors.norm(dim=-1), torch.ones(len(together.vectors)), atol=1e-5)


@pytest.mark.parametrize("bits,least", [(0, 0.9999), (8, 0.995), (7, 0.99)])
def test_graph_agrees_with_the_model(model: Encoder, tmp_path: Path, bits: int, least: float) -> None:
    write(model, tmp_path / "model.onnx", bits)
    texts = some_texts()
    exact = encode_all(torch_encoder(model, False), texts, kind=torch.float32).vectors
    found = encode_all(onnx_encoder(str(tmp_path / "model.onnx"), 1), texts, kind=torch.float32).vectors
    assert float((exact * found).sum(-1).min()) > least


def test_graph_vectors_do_not_depend_on_the_batch(model: Encoder, tmp_path: Path) -> None:
    write(model, tmp_path / "model.onnx")
    encode, texts = onnx_encoder(str(tmp_path / "model.onnx"), 1), some_texts()
    together = encode_all(encode, texts, kind=torch.float32)
    alone = encode_all(encode, texts, kind=torch.float32, batch_tokens=1)
    # Exact but for the order of float sums, which can move one activation to the next of 255 steps.
    assert float((together.vectors * alone.vectors).sum(-1).min()) > 0.9995


def test_a_graph_can_be_read_back(model: Encoder, tmp_path: Path) -> None:
    write(model, tmp_path / "model.onnx", 8)
    again = read_encoder(tmp_path / "model.onnx").eval()
    texts = some_texts()
    exact = encode_all(torch_encoder(model, False), texts, kind=torch.float32).vectors
    found = encode_all(torch_encoder(again, False), texts, kind=torch.float32).vectors
    assert float((exact * found).sum(-1).min()) > 0.995


def test_the_default_package_can_be_read_back() -> None:
    package = Path(__file__).parent.parent / "default"
    texts = TextEncoder(package / "tokenizer.json").passages(["Three months' notice, in writing.", "def f(x): return x"])
    exact = encode_all(onnx_encoder(str(package / "model.int8.onnx"), 1), texts, kind=torch.float32).vectors
    found = encode_all(torch_encoder(read_package(package).eval(), False), texts, kind=torch.float32).vectors
    assert float((exact * found).sum(-1).min()) > 0.98


def test_columns_keep_their_own_scale() -> None:
    weight = np.random.default_rng(0).standard_normal((64, 3)) * np.array([1.0, 100.0, 0.01])
    whole, scale = quantise_columns(weight, 7)
    assert np.abs(whole).max() <= 63
    assert (np.abs(whole * scale - weight).max(0) / np.abs(weight).max(0) < 0.42).all()
    assert (np.square(whole * scale - weight).sum(0) / np.square(weight).sum(0) < 1e-3).all()


def test_max_sim_is_the_sum_of_best_products() -> None:
    generator = torch.Generator().manual_seed(0)
    make = lambda lengths: TokenVectors(torch.randn(sum(lengths), 8, generator=generator),
                                        np.concatenate([[0], np.cumsum(lengths)]))
    queries, docs = make([3, 1, 5]), make([4, 9, 1, 2])
    found = max_sim(queries, docs, torch.float32, block=8)
    for q in range(3):
        for d in range(4):
            own = queries.vectors[queries.offsets[q]: queries.offsets[q + 1]]
            other = docs.vectors[docs.offsets[d]: docs.offsets[d + 1]]
            assert found[q, d] == pytest.approx(float((own @ other.T).amax(1).sum()), abs=1e-4)


def test_ndcg_by_hand() -> None:
    scores = np.array([[0.9, 0.8, 0.7], [0.1, 0.2, 0.3]])
    found = ndcg(scores, [{1: 1}, {2: 2, 1: 1}])
    assert found == pytest.approx([1 / math.log2(3), 1.0])


def test_lloyd_max_reaches_the_known_error_of_a_normal_source() -> None:
    samples = np.random.default_rng(0).standard_normal(200_000)
    for levels, least in ((4, 0.1175), (16, 0.0095)):
        cuts, values = lloyd_max(samples, levels)
        rebuilt = values[torch.bucketize(torch.from_numpy(samples).float(), cuts)].numpy()
        assert np.square(rebuilt - samples).mean() == pytest.approx(least, rel=0.08)
        whole = values.numpy() / scale_of(values)
        assert np.abs(whole - np.rint(whole)).max() < 1e-4


def test_codebook_round_trip(tmp_path: Path) -> None:
    vectors = torch.nn.functional.normalize(torch.randn(4000, 16, generator=torch.Generator().manual_seed(0)), dim=-1)
    book = fit(vectors[:3600], vectors[3600:], count=64, rounds=3)
    book.save(tmp_path / "codebook.safetensors")
    again = Codebook.load(tmp_path / "codebook.safetensors")
    for bits, least in ((4, 0.98), (2, 0.93)):
        rebuilt = again.reconstruct(vectors, bits)
        assert torch.equal(rebuilt, book.reconstruct(vectors, bits))
        assert float((rebuilt * vectors).sum(-1).mean()) > least


def test_rotation_changes_no_product(model: Encoder) -> None:
    ids = torch.randint(1200, (1, 20))
    before = model(ids)[0]
    spread_over_dimensions(model, 3)
    after = model(ids)[0]
    assert torch.allclose(before @ before.T, after @ after.T, atol=1e-4)
    assert torch.allclose(rotation(8, 1) @ rotation(8, 1).T, torch.eye(8), atol=1e-5)


def test_matches_ignore_padding_and_skipped_tokens() -> None:
    vectors = torch.nn.functional.normalize(torch.randn(2, 4, 8), dim=-1)
    valid = torch.tensor([[True, True, True, False], [True, False, True, True]])
    found = matches(Tokens(vectors, valid), Tokens(vectors, valid))
    assert found.best.shape == (6, 2)
    assert torch.allclose(found.scores.diagonal(), torch.ones(2), atol=1e-5)


def test_lexical_score_prefers_shared_rare_words() -> None:
    texts = [np.array([101, 2000, 3000, 102]), np.array([101, 2000, 4000, 102]), np.array([101, 2000, 5000, 102])]
    score = LexicalScorer(np.concatenate(texts), np.array([0, 4, 8, 12]), np.zeros(6000, bool))
    found = score([np.array([101, 2000, 4000, 102])], texts)
    assert found[0].argmax() == 1 and found[0, 0] == found[0, 2] > 0


def test_batches_hold_one_source_and_neighbours() -> None:
    generator = np.random.default_rng(0)
    vectors = generator.standard_normal((400, 8))
    groups = leaves(vectors, np.arange(400), 8, generator)
    assert sorted(np.concatenate(groups)) == list(range(400)) and max(map(len, groups)) <= 8
    sources = ["a"] * 300 + ["b"] * 100
    for batch in plan(vectors, sources, 16, 8, 2, 0.7, 0):
        assert len({sources[i] for i in batch}) == 1 and len(set(batch)) == len(batch)


def test_shares_hold_from_any_place_on() -> None:
    sources = ["code"] * 3 + ["news"] * 30 + ["notes"] * 30
    batches = [[i] for i in range(len(sources))]
    ordered = in_shares(batches, sources, {"code": 0.4})
    assert len(ordered) == len(batches)
    for start in (0, 20, 40):
        code = [b for b in ordered[start: start + 20] if b[0] < 3]
        assert len(code) == pytest.approx(8, abs=1)
    assert {b[0] for b in ordered if b[0] < 3} == {0, 1, 2}
    with pytest.raises(ValueError, match="nothing"):
        in_shares(batches, sources, {"nothing": 0.1})


def test_run_files_are_where_mlflow_looks(tmp_path: Path) -> None:
    run = Run(tmp_path, "trial", "one")
    run.params({"rate": 0.1})
    run.metric("loss", 0.5, 3)
    run.finish()
    again = Run(tmp_path, "trial", "one", run.run_id)
    assert again.folder == run.folder
    assert (run.folder / "params" / "rate").read_text() == "0.1"
    assert (run.folder / "metrics" / "loss").read_text().split()[1:] == ["0.5", "3"]
    meta = dict(line.split(": ", 1) for line in (run.folder / "meta.yaml").read_text().splitlines())
    assert json.loads(meta["run_id"]) == run.run_id
    assert register(tmp_path, "model", tmp_path, run.run_id) == 1
    assert register(tmp_path, "model", tmp_path, run.run_id) == 2
