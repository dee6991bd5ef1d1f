"""BM25 over a collection, for the baseline column and for choosing what a batch should hold."""
from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from typing import Sequence

import numpy as np
import Stemmer

WORD = re.compile(r"\w+", re.UNICODE)


class Bm25:
    """Okapi BM25 with k1 1.2, b 0.75 and the Snowball stemmer of English."""

    def __init__(self, docs: Sequence[str], k1: float = 1.2, b: float = 0.75):
        self.stemmer = Stemmer.Stemmer("english")
        counts = [Counter(self.words(doc)) for doc in docs]
        lengths = np.array([sum(c.values()) for c in counts], np.float64)
        norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9))
        rows: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for doc, count in enumerate(counts):
            for word, times in count.items():
                rows[word].append((doc, times))
        self.size = len(docs)
        self.postings: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        for word, entries in rows.items():
            ids = np.array([doc for doc, _ in entries], np.int64)
            times = np.array([n for _, n in entries], np.float64)
            rarity = math.log(1 + (self.size - len(ids) + 0.5) / (len(ids) + 0.5))
            self.postings[word] = ids, (rarity * times * (k1 + 1) / (times + norm[ids])).astype(np.float32)

    def words(self, text: str) -> list[str]:
        return self.stemmer.stemWords(WORD.findall(text.lower()))

    def scores(self, query: str) -> np.ndarray:
        found = np.zeros(self.size, np.float32)
        for word in self.words(query):
            if word in self.postings:
                ids, weights = self.postings[word]
                found[ids] += weights
        return found
