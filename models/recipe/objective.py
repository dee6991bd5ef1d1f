"""What training asks of the encoder: the teacher's scores, the known pairs, and the teacher's token matches."""
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass
class Tokens:
    """A padded batch of token vectors; `valid` marks those that take part in the score."""

    vectors: Tensor
    valid: Tensor

    def flat(self) -> Tensor:
        return self.vectors[self.valid]


@dataclass
class Matches:
    """For every query token its best similarity in every passage, and the mean of those over each query."""

    best: Tensor
    scores: Tensor


def matches(queries: Tokens, passages: Tokens) -> Matches:
    rows = queries.flat()
    count, longest, width = passages.vectors.shape
    similarity = (rows @ passages.vectors.reshape(-1, width).T).view(len(rows), count, longest)
    best = similarity.masked_fill(~passages.valid, -2.0).amax(-1)
    owner = queries.valid.nonzero()[:, 0]
    lengths = queries.valid.sum(1).to(best.dtype)
    total = torch.zeros(len(queries.valid), count, dtype=best.dtype).index_add(0, owner, best)
    return Matches(best, total / lengths[:, None])


def mean_pooled(tokens: Tokens) -> Tensor:
    weights = tokens.valid.to(tokens.vectors.dtype)[..., None]
    return F.normalize((tokens.vectors * weights).sum(1), dim=-1)


class LexicalScorer:
    """BM25 of the passages of a batch, on word pieces, with rarity counted over all training passages."""

    def __init__(self, ids: np.ndarray, offsets: np.ndarray, skip: np.ndarray, k1: float = 1.2, b: float = 0.75):
        self.k1, self.b = k1, b
        frequency = np.zeros(len(skip))
        for start, stop in zip(offsets[:-1], offsets[1:]):
            frequency[np.unique(ids[start:stop])] += 1
        count = len(offsets) - 1
        self.rarity = np.log(1 + (count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        self.rarity[skip] = 0
        self.rarity[:999] = 0  # [CLS], [SEP] and other reserved entries of the vocabulary
        self.mean_length = float(np.diff(offsets).mean())

    def __call__(self, queries: list[np.ndarray], passages: list[np.ndarray]) -> np.ndarray:
        """Scores as a share of the highest that each query could reach, so that long queries do not weigh more."""
        found = np.zeros((len(queries), len(passages)), np.float32)
        wanted = [np.unique(q[self.rarity[q] > 0]) for q in queries]
        vocabulary = np.unique(np.concatenate(wanted))
        times = np.stack([np.bincount(np.searchsorted(vocabulary, p[np.isin(p, vocabulary)]),
                                      minlength=len(vocabulary)) for p in passages]).astype(np.float32)
        lengths = np.array([len(p) for p in passages], np.float32)[:, None]
        norm = self.k1 * (1 - self.b + self.b * lengths / self.mean_length)
        saturated = times * (self.k1 + 1) / (times + norm)
        for row, words in enumerate(wanted):
            columns = np.searchsorted(vocabulary, words)
            rarity = self.rarity[words]
            found[row] = saturated[:, columns] @ rarity / max(float(rarity.sum()) * (self.k1 + 1), 1e-6)
        return found


@dataclass
class Weights:
    """How much each part counts. A teacher's score is MaxSim plus shares of dense and lexical scores, each first
    divided by its usual spread; `sharpness` is the factor on the mean MaxSim before the softmax."""

    distil: float = 3.0
    contrast: float = 0.5
    tokens: float = 2.0
    dense_share: float = 0.25
    lexical_share: float = 0.25
    sharpness: float = 25.0


def teacher_scores(queries: Tokens, passages: Tokens, found: Matches, lexical: Tensor, weights: Weights) -> Tensor:
    spread = lambda s: (s - s.mean(1, keepdim=True)) / s.std().clamp_min(1e-6)
    dense = mean_pooled(queries) @ mean_pooled(passages).T
    mixed = spread(found.scores) + weights.dense_share * spread(dense) + weights.lexical_share * spread(lexical)
    return mixed * found.scores.std() * weights.sharpness


def loss(student: Matches, teacher: Matches, target: Tensor, positive: Tensor, scale: Tensor, slope: Tensor,
         shift: Tensor, weights: Weights) -> tuple[Tensor, dict[str, float]]:
    logits = student.scores * scale
    distil = F.kl_div(F.log_softmax(logits, -1), F.log_softmax(target, -1), log_target=True, reduction="batchmean")
    # A passage that the teacher puts near the known answer or above it may answer too: it is no negative.
    own = target.gather(1, positive[:, None])
    doubtful = target > own - 0.5
    doubtful.scatter_(1, positive[:, None], False)
    contrast = F.cross_entropy(logits.masked_fill(doubtful, -1e4), positive)
    # 1 - R²: the spread of the teacher's matches is the unit, whatever that teacher's similarities look like.
    tokens = (student.best * slope + shift - teacher.best).square().mean() / teacher.best.var()
    total = weights.distil * distil + weights.contrast * contrast + weights.tokens * tokens
    accuracy = (logits.argmax(-1) == positive).float().mean()
    figures = {"loss": total, "distil": distil, "contrast": contrast, "tokens": tokens, "accuracy": accuracy,
               "scale": scale, "teacher_accuracy": (target.argmax(-1) == positive).float().mean()}
    return total, {name: float(value.detach()) for name, value in figures.items()}
