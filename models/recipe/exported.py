"""Reads the encoder back from an ONNX file that PyTorch exported and ONNX Runtime's dynamic quantisation made smaller:
how most BERT encoders are published. Graphs of `graph.write` are read by `graph.read_encoder`."""
from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from encoder import Encoder, EncoderConfig
from graph import read_encoder

EMBEDDINGS = ("word_embeddings", "position_embeddings", "token_type_embeddings")


def module_of(node: str) -> str:
    """'/bert/encoder/layer.0/output/dense/MatMul_quant' names the module 'encoder.layer.0.output.dense'."""
    steps = [step for step in node.split("/")[1:-1] if step not in ("bert", "model", "auto_model")]
    name = ".".join(steps)
    return name if name.startswith("encoder.") else "projection"


def read_package(folder: Path) -> Encoder:
    """The encoder of a package, whoever wrote its graph."""
    path = folder / "model.int8.onnx"
    ours = any(tensor.name.endswith("word_embeddings.weight.rows") for tensor in onnx.load(str(path)).graph.initializer)
    if ours:
        return read_encoder(path)
    heads = json.loads((folder / "config.json").read_text(encoding="utf-8"))["num_attention_heads"]
    return read_exported(path, heads)


def read_exported(path: Path, heads: int) -> Encoder:
    """The encoder in the file; the number of attention heads is not to be seen in a graph.

    Raises ValueError naming what is missing when the graph is of another kind.
    """
    graph = onnx.load(str(path)).graph
    stored = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    tensors: dict[str, np.ndarray] = {}

    def whole(name: str) -> np.ndarray:
        base = name.removesuffix("_quantized")
        if base == name and f"{name}_quantized" not in stored:
            return stored[name].astype(np.float32)
        rows = stored[f"{base}_quantized"].astype(np.float32) - stored[f"{base}_zero_point"].astype(np.float32)
        return rows * stored[f"{base}_scale"]

    for node in graph.node:
        if node.op_type in ("MatMulInteger", "MatMul") and node.input[1] in stored:
            tensors[f"{module_of(node.name)}.weight"] = whole(node.input[1]).T
    for name in {stored_name.removesuffix("_quantized") for stored_name in stored}:
        plain = name[name.find("embeddings."):] if "embeddings." in name else name[name.find("encoder."):]
        if any(name.endswith(f"{table}.weight") for table in EMBEDDINGS):
            tensors[plain] = whole(name)
        elif name.endswith(("LayerNorm.weight", "LayerNorm.bias", ".bias")) and plain.startswith(("embeddings.", "encoder.")):
            tensors[plain] = stored[name]

    words = tensors.get("embeddings.word_embeddings.weight")
    layers = {int(name.split(".")[2]) for name in tensors if name.startswith("encoder.layer.")}
    if words is None or "projection.weight" not in tensors or not layers:
        raise ValueError(f"{path}: no BERT encoder with a projection is to be found in the graph")
    config = EncoderConfig(
        vocab_size=len(words), hidden_size=words.shape[1], num_hidden_layers=1 + max(layers), num_attention_heads=heads,
        intermediate_size=len(tensors["encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(tensors["embeddings.position_embeddings.weight"]),
        dimension=len(tensors["projection.weight"]))
    model = Encoder(config)
    missing = set(model.state_dict()) - set(tensors)
    if missing:
        raise ValueError(f"{path}: the graph has no {sorted(missing)[0]}")
    model.load_state_dict({name: torch.from_numpy(np.array(tensors[name], order="C")) for name in model.state_dict()})
    return model
