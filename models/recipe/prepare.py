"""Turns the training pairs into token ids and an order of batches, and sets a part aside for watching progress.

Batches come from one source each and hold neighbours: a tree splits a source's queries at the median of their main
direction until few are left, and a batch joins a few of these leaves. The other passages of a leaf are close enough
to be hard negatives, and cost nothing because each is also somebody's positive.
"""
from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import numpy as np
import torch

from encoder import Encoder
from scoring import encode_all, mean_vectors, torch_encoder
from text import Pair, TextEncoder, read_pairs

QUERY_TOKENS = 48


def leaves(vectors: np.ndarray, members: np.ndarray, size: int, generator: np.random.Generator) -> list[np.ndarray]:
    """Splits `members` into groups of at most `size` whose vectors lie close together."""
    if len(members) <= size:
        return [members]
    own = vectors[members] - vectors[members].mean(0)
    direction = generator.standard_normal(own.shape[1])
    for _ in range(5):
        direction = own.T @ (own @ direction)
        direction /= np.linalg.norm(direction) + 1e-12
    order = members[np.argsort(own @ direction)]
    # Halves that are multiples of the leaf size leave at most one short leaf in a source.
    middle = max(size, round(len(order) / 2 / size) * size)
    if middle >= len(order):
        middle = len(order) // 2
    return [leaf for half in (order[:middle], order[middle:]) for leaf in leaves(vectors, half, size, generator)]


def plan(vectors: np.ndarray, sources: list[str], batch: int, leaf: int, rounds: int, power: float,
         seed: int) -> list[list[int]]:
    """The batches of all rounds, in training order; large sources are thinned to count**power of their kind."""
    generator = np.random.default_rng(seed)
    names = sorted(set(sources))
    members = {n: np.array([i for i, s in enumerate(sources) if s == n]) for n in names}
    largest = max(map(len, members.values()))
    batches: list[list[int]] = []
    for _ in range(rounds):
        this_round = []
        for name in names:
            share = int(len(members[name]) ** power * largest ** (1 - power) * 0.5)
            picked = generator.permutation(members[name])[: min(len(members[name]), share)]
            groups = leaves(vectors, picked, leaf, generator)
            flat = np.concatenate([groups[i] for i in generator.permutation(len(groups))])
            this_round += [flat[i: i + batch].tolist() for i in range(0, len(flat) - batch // 2, batch)]
        batches += [this_round[i] for i in generator.permutation(len(this_round))]
    return batches


def in_shares(batches: list[list[int]], sources: list[str], shares: dict[str, float]) -> list[list[int]]:
    """Reorders batches so that, from any place on, about the given share of them comes from each named source or
    comma-separated group of sources, and the rest from all others. A queue that runs out begins again."""
    queues: dict[str, list[list[int]]] = {key: [] for key in [*shares, ""]}
    for batch in batches:
        own = sources[batch[0]]
        queues[next((key for key in shares if own in key.split(",")), "")].append(batch)
    wanted = {**shares, "": 1 - sum(shares.values())}
    missing = [key for key in wanted if wanted[key] > 0 and not queues[key]]
    if missing:
        raise ValueError(f"no batches of {missing}")
    given = dict.fromkeys(wanted, 0)
    ordered: list[list[int]] = []
    for number in range(1, len(batches) + 1):
        behind = max(wanted, key=lambda key: wanted[key] * number - given[key])
        ordered.append(queues[behind][given[behind] % len(queues[behind])])
        given[behind] += 1
    return ordered


def split(pairs: dict[str, list[Pair]], held_out: dict[str, int], seed: int) -> tuple[list[Pair], list[Pair]]:
    """Training pairs and held-out pairs; no passage is on both sides."""
    chooser = random.Random(seed)
    train, watch = [], []
    for name, rows in pairs.items():
        passages = sorted({p.positive for p in rows})
        chosen = set(chooser.sample(passages, min(held_out.get(name, 0), len(passages) // 3)))
        unique = list({(p.query, p.positive): p for p in rows}.values())
        watch += [p for p in unique if p.positive in chosen]
        train += [p for p in unique if p.positive not in chosen]
    return train, watch


def pack(rows: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    return np.concatenate(rows), np.concatenate([[0], np.cumsum([len(r) for r in rows])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, required=True, help="folder of pair files")
    parser.add_argument("--base", type=Path, required=True, help="safetensors of the base encoder")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--passage-tokens", type=int, default=160)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--leaf", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--power", type=float, default=0.7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shares", type=json.loads, default={},
                        help='share of the batches by source, such as {"python_docstring_code": 0.4}')
    parser.add_argument("--held-out", type=json.loads, help="passages kept out of training, by source", default={
        "python_docstring_code": 400, "squadshifts_new_wiki": 300, "tldr_pages": 300, "papers_title_abstract": 300,
        "medquad": 300, "stackexchange_small": 300})
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    encoder = TextEncoder(args.tokenizer, args.passage_tokens, QUERY_TOKENS)
    train, watch = split(read_pairs(args.pairs), args.held_out, args.seed)
    queries = encoder.queries([p.query for p in train])
    # A word or two name a passage no better than many others, and teach noise.
    kept = [i for i, q in enumerate(queries) if len(q) >= 5]
    train, queries = [train[i] for i in kept], [queries[i] for i in kept]
    base = Encoder.load(args.base, 0).eval()
    vectors = mean_vectors(encode_all(torch_encoder(base), queries)).numpy()
    sources = [p.source for p in train]
    batches = plan(vectors, sources, args.batch, args.leaf, args.rounds, args.power, args.seed)
    if args.shares:
        batches = in_shares(batches, sources, args.shares)
    query_ids, query_offsets = pack(queries)
    passage_of: dict[str, int] = {}
    for p in train:
        passage_of.setdefault(p.positive, len(passage_of))
    passage_ids, passage_offsets = pack(encoder.passages(list(passage_of)))
    np.savez(args.out / "train.npz", query_ids=query_ids, query_offsets=query_offsets, passage_ids=passage_ids,
             passage_offsets=passage_offsets, positive=np.array([passage_of[p.positive] for p in train]),
             batches=np.array([i for b in batches for i in b]),
             batch_offsets=np.concatenate([[0], np.cumsum([len(b) for b in batches])]), skip=encoder.skip)
    with open(args.out / "held_out.jsonl", "w", encoding="utf-8") as out:
        for p in watch:
            out.write(json.dumps({"source": p.source, "query": p.query, "positive": p.positive}) + "\n")
    counts = {n: sources.count(n) for n in sorted(set(sources))}
    print(json.dumps({"pairs": len(train), "passages": len(passage_of), "batches": len(batches),
                      "held_out": len(watch), "sources": counts}, indent=1))


if __name__ == "__main__":
    torch.set_num_threads(2)
    main()
