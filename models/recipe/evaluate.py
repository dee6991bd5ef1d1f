"""nDCG@10 of an encoder on test collections, exhaustively: whole documents cut at 256 tokens.

Compares what a search may see: float vectors, and reconstructions of a codebook at 4 and 2 bits.
"""
from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from bm25 import Bm25
from codebook import Codebook
from encoder import Encoder
from scoring import EncodeFn, TokenVectors, encode_all, max_sim, mean_vectors, min_max, ndcg, onnx_encoder, torch_encoder
from text import Collection, TextEncoder, read_collection, read_jsonl


def held_out_collections(path: Path) -> list[Collection]:
    """The pairs that prepare.py kept from training, as one collection a source."""
    rows: dict[str, list[dict]] = {}
    for row in read_jsonl(path):
        rows.setdefault(row["source"], []).append(row)
    found = []
    for name, pairs in rows.items():
        docs = sorted({p["positive"] for p in pairs})
        place = {d: str(i) for i, d in enumerate(docs)}
        queries = pairs[:: max(1, len(pairs) // 300)]
        found.append(Collection(name, [str(i) for i in range(len(docs))], docs, [str(i) for i in range(len(queries))],
                                [q["query"] for q in queries],
                                {str(i): {place[q["positive"]]: 1} for i, q in enumerate(queries)}))
    return found


def measure(collection: Collection, encode: EncodeFn, text: TextEncoder, book: Codebook | None, lexical: bool,
            most_queries: int = 0) -> dict[str, float]:
    if most_queries and len(collection.queries) > most_queries:
        picked = np.linspace(0, len(collection.queries) - 1, most_queries).astype(int)
        collection.query_ids = [collection.query_ids[i] for i in picked]
        collection.queries = [collection.queries[i] for i in picked]
    place = {d: i for i, d in enumerate(collection.doc_ids)}
    gains = [{place[d]: g for d, g in collection.qrels[q].items() if d in place} for q in collection.query_ids]
    docs = encode_all(encode, text.passages(collection.docs), text.keep)
    queries = encode_all(encode, text.queries(collection.queries))
    score = lambda vectors: max_sim(queries, vectors)
    figures: dict[str, float] = {}
    exact = score(docs)
    figures["float"] = float(ndcg(exact, gains).mean())
    figures["dense"] = float(ndcg((mean_vectors(queries) @ mean_vectors(docs).T).numpy(), gains).mean())
    found = exact
    if book is not None:
        exact_vectors = torch.nn.functional.normalize(docs.vectors.float(), dim=-1)
        ids = book.nearest(exact_vectors)
        for bits in sorted(book.values, reverse=True):
            rebuilt = torch.empty_like(docs.vectors)
            kept = 0.0
            for i in range(0, len(rebuilt), 65536):
                part = book.reconstruct(exact_vectors[i: i + 65536], bits, ids[i: i + 65536])
                kept += float((part * exact_vectors[i: i + 65536]).sum())
                rebuilt[i: i + 65536] = part.to(rebuilt.dtype)
            found_at = score(TokenVectors(rebuilt, docs.offsets))
            figures[f"{bits}bit"] = float(ndcg(found_at, gains).mean())
            figures[f"cosine_{bits}bit"] = kept / len(rebuilt)
            found = found_at if bits == 4 else found
    if lexical:
        bm25 = Bm25(collection.docs)
        words = np.stack([bm25.scores(q) for q in collection.queries])
        figures["bm25"] = float(ndcg(words, gains).mean())
        figures["fused"] = float(ndcg(0.7 * min_max(found) + 0.3 * min_max(words), gains).mean())
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True, help=".onnx, or .safetensors that train.py wrote")
    parser.add_argument("--dimension", type=int, help="0 with a base checkpoint: its hidden states")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--codebook", type=Path)
    parser.add_argument("--lexical", action="store_true", help="also BM25 and the fused ranking")
    parser.add_argument("--held-out", type=Path, help="held_out.jsonl of prepare.py")
    parser.add_argument("--queries", type=int, default=0, help="at most so many a collection")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("collections", type=Path, nargs="*", help="folders in the BEIR layout")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    if args.model.suffix == ".onnx":
        encode = onnx_encoder(str(args.model), args.threads)
    else:
        encode = torch_encoder(Encoder.load(args.model, args.dimension).eval())
    text = TextEncoder(args.tokenizer)
    book = Codebook.load(args.codebook) if args.codebook else None
    collections = [read_collection(folder) for folder in args.collections]
    if args.held_out:
        collections += held_out_collections(args.held_out)
    table: dict[str, dict[str, float]] = {}
    for collection in collections:
        table[collection.name] = measure(collection, encode, text, book, args.lexical, args.queries)
        print(collection.name, {k: round(v, 4) for k, v in table[collection.name].items()}, flush=True)
    names = list(next(iter(table.values())))
    table["mean"] = {n: float(np.mean([row[n] for row in table.values()])) for n in names}
    print("mean", {k: round(v, 4) for k, v in table["mean"].items()})
    if args.json:
        args.json.write_text(json.dumps(table, indent=1) + "\n")


if __name__ == "__main__":
    main()
