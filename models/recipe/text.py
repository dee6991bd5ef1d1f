"""Text in, token ids out, and the retrieval collections and training pairs that hold the text."""
from __future__ import annotations

import gzip
import json
import string
from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterator, Sequence

import numpy as np
from tokenizers import Tokenizer

MAX_PASSAGE_TOKENS = 256
MAX_QUERY_TOKENS = 64


class TextEncoder:
    """Token ids of queries and passages, and which passage tokens are kept as vectors."""

    def __init__(self, tokenizer: Path, max_passage: int = MAX_PASSAGE_TOKENS, max_query: int = MAX_QUERY_TOKENS):
        self.tokenizer = Tokenizer.from_file(str(tokenizer))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()
        self.max_passage, self.max_query = max_passage, max_query
        # A punctuation mark matches its like in every passage: as passage vectors they cost bytes and find nothing.
        self.skip = np.zeros(self.tokenizer.get_vocab_size(), bool)
        for mark in string.punctuation:
            token = self.tokenizer.token_to_id(mark)
            if token is not None:
                self.skip[token] = True

    def _encode(self, texts: Sequence[str], limit: int) -> list[np.ndarray]:
        # Cutting the characters first bounds the work on long files; 12 characters a token is far above English.
        cut = [t[: limit * 12] for t in texts]
        ids = [np.array(e.ids, np.int32) for e in self.tokenizer.encode_batch(cut)]
        return [i if len(i) <= limit else np.append(i[: limit - 1], i[-1]) for i in ids]

    def passages(self, texts: Sequence[str]) -> list[np.ndarray]:
        return self._encode(texts, self.max_passage)

    def queries(self, texts: Sequence[str]) -> list[np.ndarray]:
        return self._encode(texts, self.max_query)

    def keep(self, ids: np.ndarray) -> np.ndarray:
        return ~self.skip[ids]


@dataclass
class Collection:
    """A test collection in the BEIR layout."""

    name: str
    doc_ids: list[str]
    docs: list[str]
    query_ids: list[str]
    queries: list[str]
    qrels: dict[str, dict[str, int]] = field(default_factory=dict)


def read_jsonl(path: Path) -> Iterator[dict]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


def _either(folder: Path, name: str) -> Path:
    packed = folder / f"{name}.gz"
    return packed if packed.exists() else folder / name


def read_collection(folder: Path) -> Collection:
    docs = list(read_jsonl(_either(folder, "corpus.jsonl")))
    queries = list(read_jsonl(_either(folder, "queries.jsonl")))
    qrels: dict[str, dict[str, int]] = {}
    path = _either(folder, "qrels.tsv")
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            parts = line.rstrip("\n").split("\t")
            if len(parts) == 3 and parts[2].lstrip("-").isdigit():
                qrels.setdefault(parts[0], {})[parts[1]] = int(parts[2])
    queries = [q for q in queries if any(g > 0 for g in qrels.get(q["_id"], {}).values())]
    join = lambda d: f"{d['title']} {d['text']}" if d.get("title") else d["text"]
    return Collection(folder.name, [d["_id"] for d in docs], [join(d) for d in docs],
                      [q["_id"] for q in queries], [q["text"] for q in queries], qrels)


@dataclass
class Pair:
    source: str
    query: str
    positive: str
    negative: str | None = None


def read_pairs(folder: Path) -> dict[str, list[Pair]]:
    """Training pairs by source: {query, positive[, title][, negative]} a line."""
    sources: dict[str, list[Pair]] = {}
    for path in sorted(folder.glob("*.jsonl*")):
        name = path.name.split(".")[0]
        rows = []
        for row in read_jsonl(path):
            title = row.get("title")
            positive = f"{title} {row['positive']}" if title else row["positive"]
            if row["query"].strip() and positive.strip():
                rows.append(Pair(name, row["query"].strip(), positive.strip(), row.get("negative")))
        sources[name] = rows
    return sources
