"""maxsim-cpu over the vectors that index-part.ts left in a folder: python maxsim_cpu_part.py FOLDER. Prints JSON."""
import json
import os
import sys
import time
from pathlib import Path

import maxsim_cpu
import numpy as np

folder = Path(sys.argv[1])
told = json.loads((folder / "peers.json").read_text())
dimension, lengths = told["dimension"], told["lengths"]
values = np.fromfile(folder / "vectors.f32", np.float32).reshape(-1, dimension)
queries = np.fromfile(folder / "queries.f32", np.float32).reshape(-1, dimension)
offsets = np.concatenate([[0], np.cumsum(lengths)])
passages = [np.ascontiguousarray(values[a:b]) for a, b in zip(offsets[:-1], offsets[1:])]
query_offsets = np.concatenate([[0], np.cumsum(told["queryLengths"])])
wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 20
step = max(1, len(told["queryLengths"]) // wanted)

times, work, errors = [], 0.0, []
for number in range(0, len(told["queryLengths"]), step):
    query = np.ascontiguousarray(queries[query_offsets[number]:query_offsets[number + 1]])
    begun = time.perf_counter()
    scores = np.asarray(maxsim_cpu.maxsim_scores_variable(query, passages))
    times.append((time.perf_counter() - begun) * 1000)
    work += len(query) * len(values) * dimension
    # The truth of the native index is its own exhaustive mode; a float kernel says how far off that is, per token.
    for key, score in told["truth"][number]:
        errors.append(abs(float(scores[key]) - score) / len(query))
times = np.array(times)
print(json.dumps({
    "p50": float(np.median(times)), "p95": float(np.quantile(times, 0.95)), "queries": len(times),
    "gmacPerSecond": work / times.sum() / 1e6, "threads": os.environ.get("RAYON_NUM_THREADS", "all"),
    "largestErrorPerToken": max(errors), "meanErrorPerToken": float(np.mean(errors))}))
