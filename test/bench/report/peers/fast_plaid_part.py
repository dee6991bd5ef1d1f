"""fast-plaid over the vectors that index-part.ts left in a folder: python fast_plaid_part.py FOLDER. Prints JSON."""
import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from fast_plaid import search

K = 10


def main() -> None:
    folder = Path(sys.argv[1])
    told = json.loads((folder / "peers.json").read_text())
    dimension, lengths = told["dimension"], told["lengths"]
    values = np.fromfile(folder / "vectors.f32", np.float32).reshape(-1, dimension)
    queries = np.fromfile(folder / "queries.f32", np.float32).reshape(-1, dimension)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    passages = [torch.from_numpy(values[a:b].copy()) for a, b in zip(offsets[:-1], offsets[1:])]
    query_offsets = np.concatenate([[0], np.cumsum(told["queryLengths"])])
    wanted = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    step = max(1, len(told["queryLengths"]) // wanted)
    with tempfile.TemporaryDirectory() as place:
        index = search.FastPlaid(index=place, device="cpu")
        begun = time.perf_counter()
        index.create(documents_embeddings=passages)
        build = time.perf_counter() - begun
        rows = []
        for probes, full in ((4, 1024), (8, 4096), (16, 4096), (32, 8192)):
            times, right, total = [], 0, 0
            for number in range(0, len(told["queryLengths"]), step):
                query = torch.from_numpy(queries[query_offsets[number]:query_offsets[number + 1]].copy())[None]
                begun = time.perf_counter()
                found = index.search(queries_embeddings=query, top_k=K, n_ivf_probe=probes, n_full_scores=full)[0]
                times.append((time.perf_counter() - begun) * 1000)
                truth = {key for key, _ in told["truth"][number]}
                right += len(truth & {int(key) for key, _ in found})
                total += len(truth)
            rows.append({"probes": probes, "fullScores": full, "p50": float(np.median(times)),
                         "p95": float(np.quantile(times, 0.95)), "queries": len(times), "recall": right / total})
        print(json.dumps({"buildSeconds": build, "settings": rows}))


if __name__ == "__main__":
    main()
