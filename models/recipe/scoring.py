"""Late interaction over whole collections, and the measures taken of the rankings."""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from encoder import Encoder

EncodeFn = Callable[[np.ndarray, np.ndarray], Tensor]


@dataclass
class TokenVectors:
    """The vectors of many texts in one array; text i owns rows offsets[i] to offsets[i + 1]."""

    vectors: Tensor
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def map(self, change: Callable[[Tensor], Tensor], rows: int = 65536) -> "TokenVectors":
        parts = [change(self.vectors[i: i + rows].float()).to(self.vectors.dtype)
                 for i in range(0, len(self.vectors), rows)]
        return TokenVectors(torch.cat(parts), self.offsets)


def torch_encoder(model: Encoder, bfloat16: bool = True) -> EncodeFn:
    def encode(ids: np.ndarray, mask: np.ndarray) -> Tensor:
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16, enabled=bfloat16):
            full = bool(mask.all())
            return model(torch.from_numpy(ids).long(), None if full else torch.from_numpy(mask))
    return encode


def onnx_encoder(path: str, threads: int = 2) -> EncodeFn:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def encode(ids: np.ndarray, mask: np.ndarray) -> Tensor:
        feeds = {"input_ids": ids.astype(np.int64), "attention_mask": mask.astype(np.int64)}
        return torch.from_numpy(session.run(["token_embeddings"], feeds)[0])
    return encode


def pad(batch: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    longest = max(map(len, batch))
    ids = np.zeros((len(batch), longest), np.int32)
    mask = np.zeros((len(batch), longest), np.int64)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1
    return ids, mask


def encode_all(encode: EncodeFn, texts: Sequence[np.ndarray], keep: Callable[[np.ndarray], np.ndarray] | None = None,
               batch_tokens: int = 8192, kind: torch.dtype = torch.float16) -> TokenVectors:
    """Encodes in batches of like length; `keep` says which of a text's tokens become vectors."""
    order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
    found: list[Tensor | None] = [None] * len(texts)
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop + 1 - start) * len(texts[order[stop]]) <= batch_tokens:
            stop += 1
        rows = order[start:stop]
        vectors = encode(*pad([texts[i] for i in rows]))
        for row, i in enumerate(rows):
            own = vectors[row, : len(texts[i])].to(kind)
            if keep is not None:
                kept = keep(texts[i])
                # A text of nothing but punctuation keeps its vectors: [CLS] and [SEP] always stay.
                own = own[torch.from_numpy(kept)]
            found[i] = own.clone()
        start = stop
    offsets = np.concatenate([[0], np.cumsum([len(f) for f in found])])
    return TokenVectors(torch.cat(found), offsets)


def max_sim(queries: TokenVectors, docs: TokenVectors, kind: torch.dtype = torch.bfloat16,
            block: int = 16384) -> np.ndarray:
    """Scores of every query (rows) against every document, exhaustively."""
    scores = np.zeros((len(queries), len(docs)), np.float32)
    lengths = np.diff(docs.offsets)
    order = np.argsort(lengths, kind="stable")
    query_rows = queries.vectors.to(kind)
    owner = torch.from_numpy(np.repeat(np.arange(len(queries)), np.diff(queries.offsets)))
    start = 0
    while start < len(order):
        longest = int(lengths[order[min(start + 63, len(order) - 1)]])
        stop = min(len(order), start + max(1, block // max(longest, 1)))
        longest = int(lengths[order[stop - 1]])
        own = order[start:stop]
        # Padding repeats the document's first vector, which cannot change a maximum.
        rows = docs.offsets[own][:, None] + np.minimum(np.arange(longest), 10**9)[None, :]
        rows = np.where(np.arange(longest)[None, :] < lengths[own][:, None], rows, docs.offsets[own][:, None])
        block_vectors = docs.vectors[torch.from_numpy(rows.reshape(-1))].to(kind)
        for first in range(0, len(query_rows), 2048):
            part = query_rows[first: first + 2048] @ block_vectors.T
            best = part.view(len(part), len(own), longest).amax(-1).float()
            total = torch.zeros(len(queries), len(own)).index_add_(0, owner[first: first + 2048], best)
            scores[:, own] += total.numpy()
        start = stop
    return scores


def mean_vectors(tokens: TokenVectors) -> Tensor:
    owner = torch.from_numpy(np.repeat(np.arange(len(tokens)), np.diff(tokens.offsets)))
    total = torch.zeros(len(tokens), tokens.vectors.shape[1])
    for i in range(0, len(tokens.vectors), 65536):
        total.index_add_(0, owner[i: i + 65536], tokens.vectors[i: i + 65536].float())
    return torch.nn.functional.normalize(total, dim=-1)


def ndcg(scores: np.ndarray, gains: Sequence[dict[int, int]], depth: int = 10) -> np.ndarray:
    """nDCG of each query, with linear gains and documents of equal score in collection order."""
    values = np.zeros(len(gains))
    for row, judged in enumerate(gains):
        top = np.argsort(-scores[row], kind="stable")[:depth]
        gained = sum(judged.get(int(doc), 0) / math.log2(rank + 2) for rank, doc in enumerate(top))
        ideal = sorted((g for g in judged.values() if g > 0), reverse=True)[:depth]
        best = sum(g / math.log2(rank + 2) for rank, g in enumerate(ideal))
        values[row] = gained / best if best else 0.0
    return values


def min_max(scores: np.ndarray) -> np.ndarray:
    low, high = scores.min(1, keepdims=True), scores.max(1, keepdims=True)
    return (scores - low) / np.maximum(high - low, 1e-9)
