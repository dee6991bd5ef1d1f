"""Turns trained weights into a package: the 8-bit graph, tokenizer, codebook, card, and a manifest of them all.

Run it once for the graph, fit the codebook on that graph, and run it again with --manifest-only.
"""
from __future__ import annotations

import argparse
import hashlib
import json
import string
from dataclasses import asdict
from pathlib import Path

import torch
from torch import Tensor

from encoder import Encoder
from graph import write
from text import MAX_PASSAGE_TOKENS, MAX_QUERY_TOKENS

FILES = ("model.int8.onnx", "tokenizer.json", "config.json", "codebook.safetensors", "README.md")


def rotation(dimension: int, seed: int) -> Tensor:
    """A random orthogonal matrix."""
    generator = torch.Generator().manual_seed(seed)
    return torch.linalg.qr(torch.randn(dimension, dimension, generator=generator))[0]


def spread_over_dimensions(model: Encoder, seed: int) -> None:
    """Turns the vectors as a whole, which changes no dot product but gives every coordinate the same spread: the
    residual buckets are one set for all coordinates, and fit poorly where a few are wide and many narrow."""
    with torch.no_grad():
        model.projection.weight.copy_(rotation(model.config.dimension, seed) @ model.projection.weight)


def write_tokenizer(source: Path, target: Path) -> dict[str, int]:
    """Without the padding and cut that the base's file carries: the engine decides both."""
    fields = json.loads(source.read_text(encoding="utf-8"))
    fields["padding"] = fields["truncation"] = None
    target.write_text(json.dumps(fields, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
    return fields["model"]["vocab"]


def write_config(model: Encoder, target: Path) -> None:
    known = asdict(model.config)
    dimension = known.pop("dimension")
    target.write_text(json.dumps({
        "model_type": "bert", "architectures": ["BertModel"], **known, "hidden_act": "gelu", "pad_token_id": 0,
        "position_embedding_type": "absolute", "embedding_size": dimension}, indent=2) + "\n")


def write_manifest(folder: Path, name: str, version: str, description: str, dimension: int,
                   vocabulary: dict[str, int]) -> None:
    files = {}
    for file in FILES:
        content = (folder / file).read_bytes()
        files[file] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
    manifest = {
        "format": 1, "name": name, "version": version, "description": description, "license": "Apache-2.0",
        "baseModel": "sentence-transformers/all-MiniLM-L6-v2", "model": FILES[0], "tokenizer": FILES[1],
        "config": FILES[2], "codebook": FILES[3], "dimension": dimension, "maxPassageTokens": MAX_PASSAGE_TOKENS,
        "maxQueryTokens": MAX_QUERY_TOKENS, "queryPrefix": None, "passagePrefix": None, "queryExpansion": None,
        "keepSpecialTokens": True, "skipTokens": [c for c in string.punctuation if c in vocabulary], "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="safetensors that train.py or finetune.py wrote")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", default="passim-minilm-96")
    parser.add_argument("--version", required=True)
    parser.add_argument("--description", default="English late-interaction encoder: all-MiniLM-L6-v2 distilled to "
                                                 "96-dimension token vectors.")
    parser.add_argument("--weight-bits", type=int, default=7)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--manifest-only", action="store_true", help="leave the graph as it is")
    args = parser.parse_args()

    args.out.mkdir(parents=True, exist_ok=True)
    if args.manifest_only:
        vocabulary = json.loads(args.tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]
        dimension = json.loads((args.out / "config.json").read_text())["embedding_size"]
        write_manifest(args.out, args.name, args.version, args.description, dimension, vocabulary)
        return
    model = Encoder.load(args.weights).eval()
    spread_over_dimensions(model, args.seed)
    write(model, args.out / FILES[0], args.weight_bits)
    if args.tokenizer.resolve() != (args.out / FILES[1]).resolve():
        write_tokenizer(args.tokenizer, args.out / FILES[1])
    write_config(model, args.out / FILES[2])


if __name__ == "__main__":
    main()
