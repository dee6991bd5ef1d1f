"""Fits a package's codebook on varied text, and measures its loss on text set aside or unlike all of it.

Fitted on the vectors of the 8-bit graph, because those are what a search stores.
"""
from __future__ import annotations

import argparse
import gzip
import json
import random
from pathlib import Path
from typing import Iterator

import numpy as np
import torch
import torch.nn.functional as F

from codebook import Codebook, fit, fit_buckets
from scoring import TokenVectors, encode_all, max_sim, ndcg, onnx_encoder
from text import TextEncoder, read_pairs


def chunks(text: str, characters: int = 1200) -> Iterator[str]:
    for start in range(0, len(text), characters):
        piece = text[start: start + characters].strip()
        if len(piece) > characters // 4:
            yield piece


def file_chunks(folder: Path, most: int, chooser: random.Random) -> list[str]:
    """Pieces of the files under a folder, few from each, so that no file is most of it."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file())
    chooser.shuffle(paths)
    found: list[str] = []
    for path in paths:
        opener = gzip.open if path.suffix == ".gz" else open
        try:
            with opener(path, "rt", encoding="utf-8", errors="strict") as source:
                pieces = list(chunks(source.read(400_000)))
        except (OSError, UnicodeDecodeError, EOFError):
            continue
        found += chooser.sample(pieces, min(len(pieces), 6))
        if len(found) >= most:
            break
    return found[:most]


def known_items(texts: list[str], chooser: random.Random, words: int = 8) -> tuple[list[str], list[dict[int, int]]]:
    """Queries with a sure answer in any kind of text: a run of words out of a passage."""
    queries, gains = [], []
    for row, text in enumerate(texts):
        own = text[:700].split()
        if len(own) > words:
            start = chooser.randrange(len(own) - words)
            # Every other word, so that the query is no copy of a stretch of the passage.
            queries.append(" ".join(own[start: start + words: 2]))
            gains.append({row: 1})
    return queries, gains


def loss_on(texts: list[str], encode, text: TextEncoder, book: Codebook, chooser: random.Random) -> dict[str, float]:
    queries, gains = known_items(texts, chooser)
    docs = encode_all(encode, text.passages(texts), text.keep)
    asked = encode_all(encode, text.queries(queries))
    figures = {"float": float(ndcg(max_sim(asked, docs), gains).mean())}
    exact = F.normalize(docs.vectors.float(), dim=-1)
    ids = book.nearest(exact)
    for bits in [*sorted(book.values, reverse=True), None]:
        rebuilt = book.reconstruct(exact, bits, ids)
        name = "centroid" if bits is None else f"{bits}bit"
        figures[f"cosine_{name}"] = float((rebuilt * exact).sum(-1).mean())
        if bits:
            figures[name] = float(ndcg(max_sim(asked, TokenVectors(rebuilt.half(), docs.offsets)), gains).mean())
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help="the graph export.py wrote")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--pairs", type=Path, required=True)
    parser.add_argument("--extra", type=Path, nargs="*", default=[], help="folders of other text: code, languages")
    parser.add_argument("--unlike", type=Path, nargs="*", default=[], help="folders that only measure the loss")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--centroids-from", type=Path, help="fit only the buckets, for the centroids of this codebook")
    parser.add_argument("--centroids", type=int, default=8192)
    parser.add_argument("--per-source", type=int, default=260)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    chooser = random.Random(args.seed)
    encode, text = onnx_encoder(str(args.model), args.threads), TextEncoder(args.tokenizer)
    samples = {}
    for name, rows in read_pairs(args.pairs).items():
        passages = sorted({p.positive for p in rows})
        samples[name] = chooser.sample(passages, min(args.per_source, len(passages)))
    for folder in args.extra:
        samples[folder.name] = file_chunks(folder, args.per_source * 2, chooser)
    aside = {name: texts[-len(texts) // 8:] for name, texts in samples.items()}
    fitted = [t for name, texts in samples.items() for t in texts[: -len(texts) // 8]]
    vectors_of = lambda texts: encode_all(encode, text.passages(texts), text.keep).vectors
    unseen = vectors_of([t for texts in aside.values() for t in texts])
    if args.centroids_from:
        book = fit_buckets(Codebook.load(args.centroids_from).centroids, unseen, seed=args.seed)
    else:
        book = fit(vectors_of(fitted), unseen, args.centroids, args.rounds, args.seed)
    book.save(args.out)
    book = Codebook.load(args.out)
    table = {}
    measured = {f.name: aside[f.name] for f in args.extra}
    measured |= {f.name: file_chunks(f, 200, chooser) for f in args.unlike}
    for name, texts in measured.items():
        table[name] = loss_on(texts, encode, text, book, chooser)
        print(name, len(texts), {k: round(v, 4) for k, v in table[name].items()}, flush=True)
    print(json.dumps({"unseen": len(unseen), "centroids": len(book.centroids),
                      "values4": np.round(book.values[4].numpy(), 4).tolist()}))
    args.out.with_suffix(".loss.json").write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
