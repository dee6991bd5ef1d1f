"""Reads an export back with pyarrow, numpy and qdrant-client's local mode, and prints each reader's MaxSim ranking
of every query as JSON: {reader: [[[passage, score], ...], ...]}. The argument is the exported folder."""

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from qdrant_client import QdrantClient, models

root = Path(sys.argv[1])


def lines(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


queries = [np.array(query["vectors"], dtype=np.float32) for query in lines(root / "queries.jsonl")]


def ranking(query, passages):
    scored = [(name, float((query @ vectors.T).max(axis=1).sum())) for name, vectors in passages]
    return sorted(scored, key=lambda each: -each[1])


def from_parquet():
    table = pq.read_table(root / "parquet" / "passages.parquet")
    assert table.schema.metadata[b"passim.model"]
    return [
        (row["id"], np.array(row["vectors"], dtype=np.float32))
        for row in table.to_pylist()
        if row["count"] == len(row["vectors"])
    ]


def from_npy():
    vectors = np.load(root / "npy" / "vectors.npy", mmap_mode="r")
    offsets = np.load(root / "npy" / "offsets.npy")
    dense = np.load(root / "npy" / "dense.npy")
    passages = lines(root / "npy" / "passages.jsonl")
    assert dense.shape == (len(passages), vectors.shape[1])
    return [(each["passage"], vectors[offsets[i] : offsets[i + 1]]) for i, each in enumerate(passages)]


def from_jsonl():
    return [
        (each["passage"], np.array(each["vectors"], dtype=np.float32))
        for each in lines(root / "jsonl" / "passages.jsonl")
    ]


def from_qdrant():
    client = QdrantClient(":memory:")
    collection = json.loads((root / "qdrant" / "collection.json").read_text())
    config = {name: models.VectorParams(**params) for name, params in collection["vectors"].items()}
    client.create_collection("passim", vectors_config=config)
    for batch in lines(root / "qdrant" / "points.jsonl"):
        client.upsert("passim", [models.PointStruct(**point) for point in batch["points"]])
    rankings = []
    for query in queries:
        found = client.query_points("passim", query=query.tolist(), using="tokens", limit=1000, with_payload=True)
        rankings.append([(point.payload["passage"], point.score) for point in found.points])
    return rankings


readers = {"pyarrow": from_parquet, "numpy": from_npy, "jsonl": from_jsonl}
result = {}
for name, read in readers.items():
    passages = read()
    result[name] = [ranking(query, passages) for query in queries]
result["qdrant"] = from_qdrant()
print(json.dumps(result))
