"""Fits the codebook that compresses token vectors: centroids, and buckets for what is left of a coordinate.

A vector is stored as the id of its nearest centroid and one 2- or 4-bit bucket number a coordinate. The score
uses the reconstruction brought back to length 1.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.numpy import load_file, save_file
from torch import Tensor


@dataclass
class Codebook:
    """`cuts[bits]` are the borders between buckets, `values[bits]` what each bucket stands for."""

    centroids: Tensor
    cuts: dict[int, Tensor]
    values: dict[int, Tensor]

    def nearest(self, vectors: Tensor, rows: int = 8192) -> Tensor:
        return nearest(self.centroids, vectors, rows)

    def reconstruct(self, vectors: Tensor, bits: int | None, ids: Tensor | None = None) -> Tensor:
        """What a search sees of `vectors` at that many bits; None keeps the centroid alone. `ids` saves the search
        for the nearest centroids, which is nearly all of the work."""
        centroids = self.centroids[self.nearest(vectors) if ids is None else ids]
        if bits is None:
            return F.normalize(centroids, dim=-1)
        buckets = torch.bucketize(vectors - centroids, self.cuts[bits])
        return F.normalize(centroids + self.values[bits][buckets], dim=-1)

    def save(self, path: Path) -> None:
        tensors = {"centroids": self.centroids.numpy().astype(np.float16)}
        for bits in sorted(self.values):
            tensors[f"cut{bits}"] = self.cuts[bits].numpy().astype(np.float32)
            tensors[f"val{bits}"] = self.values[bits].numpy().astype(np.float32)
            tensors[f"scale{bits}"] = np.array([scale_of(self.values[bits])], np.float32)
        save_file(tensors, str(path))

    @staticmethod
    def load(path: Path) -> "Codebook":
        tensors = load_file(str(path))
        bits = sorted(int(name[3:]) for name in tensors if name.startswith("val"))
        return Codebook(torch.from_numpy(tensors["centroids"].astype(np.float32)),
                        {b: torch.from_numpy(tensors[f"cut{b}"]) for b in bits},
                        {b: torch.from_numpy(tensors[f"val{b}"]) for b in bits})


def scale_of(values: Tensor) -> float:
    return float(values.abs().max()) / 127


def nearest(centroids: Tensor, vectors: Tensor, rows: int = 8192, kind: torch.dtype = torch.float32) -> Tensor:
    # Half the squared length makes it the nearest, not only the best aligned: float16 centroids are not all unit.
    offset = centroids.float().square().sum(-1) / 2
    turned = centroids.to(kind).T.contiguous()
    found = [((vectors[i: i + rows].to(kind) @ turned).float() - offset).argmax(-1)
             for i in range(0, len(vectors), rows)]
    return torch.cat(found)


def spherical_k_means(vectors: Tensor, count: int, rounds: int, seed: int) -> Tensor:
    """Centroids of unit length; one that loses all its vectors restarts at a random vector."""
    generator = torch.Generator().manual_seed(seed)
    pick = lambda n: vectors[torch.randperm(len(vectors), generator=generator)[:n]].float()
    centroids = pick(count)
    for _ in range(rounds):
        # bfloat16 doubles the speed, and a vector between two centroids may go to either.
        owner = nearest(centroids, vectors, kind=torch.bfloat16)
        sums = torch.zeros_like(centroids).index_add_(0, owner, vectors.float())
        empty = torch.bincount(owner, minlength=count) == 0
        sums[empty] = pick(int(empty.sum()))
        centroids = F.normalize(sums, dim=-1)
    return centroids


def lloyd_max(samples: np.ndarray, levels: int, rounds: int = 100) -> tuple[Tensor, Tensor]:
    """Borders and values of least squared error for a scalar; values are whole multiples of the largest / 127."""
    samples = np.sort(samples.astype(np.float64))
    sums = np.concatenate([[0.0], np.cumsum(samples)])
    values = np.quantile(samples, (np.arange(levels) + 0.5) / levels)
    for _ in range(rounds):
        edges = np.searchsorted(samples, (values[1:] + values[:-1]) / 2)
        edges = np.concatenate([[0], edges, [len(samples)]])
        counts = np.maximum(np.diff(edges), 1)
        values = np.where(np.diff(edges) > 0, np.diff(sums[edges]) / counts, values)
    # The engine multiplies 8-bit integers, so a value that is no multiple of the scale would not be what it scores.
    scale = np.float32(np.abs(values).max() / 127)
    values = (np.rint(values / scale).astype(np.float32) * scale).astype(np.float32)
    return torch.from_numpy((values[1:] + values[:-1]) / 2), torch.from_numpy(values)


def fit_buckets(centroids: Tensor, unseen: Tensor, bits: tuple[int, ...] = (2, 4), samples: int = 4_000_000,
                seed: int = 0) -> Codebook:
    """Buckets for vectors of texts that the centroids were not fitted on, as a person's files are: vectors of the
    fitted texts lie nearer, and buckets fitted on them are too narrow for any other."""
    rest = (unseen.float() - centroids[nearest(centroids, unseen.float())]).reshape(-1)
    picked = torch.randint(len(rest), (min(samples, len(rest)),), generator=torch.Generator().manual_seed(seed))
    found = {b: lloyd_max(rest[picked].numpy(), 2**b) for b in bits}
    return Codebook(centroids, {b: cut for b, (cut, _) in found.items()}, {b: val for b, (_, val) in found.items()})


def fit(vectors: Tensor, unseen: Tensor, count: int = 8192, rounds: int = 12, seed: int = 0,
        bits: tuple[int, ...] = (2, 4)) -> Codebook:
    # Rounded as they will be stored, so that the residuals are those of the stored centroids.
    centroids = spherical_k_means(vectors, count, rounds, seed).half().float()
    return fit_buckets(centroids, unseen, bits, seed=seed)
