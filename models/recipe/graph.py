"""Writes the encoder as an ONNX graph of ONNX Runtime's fused operators, with 8-bit weights and activations.

Built by hand instead of traced and fused afterwards: the graph is small, and this way every operator in it is one
that was chosen. Activations get a scale a token. The usual scale for a whole batch is set by its largest outlier,
costs five times the accuracy, and makes a text's vectors depend on what else is in the batch.
"""
from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from encoder import Encoder, EncoderConfig

CONTRIB = "com.microsoft"


def quantise_columns(weight: np.ndarray, bits: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Symmetric integers and one scale a column: of a few scales, the one of least squared error, since cutting
    off a column's rare outliers often costs less than coarser steps for all the rest."""
    limit = 2 ** (bits - 1) - 1
    widest = np.maximum(np.abs(weight).max(0) / limit, 1e-12).astype(np.float32)
    best, best_error, scale = None, np.full(weight.shape[1], np.inf), widest
    for share in np.arange(1.0, 0.59, -0.05, np.float32):
        whole = np.clip(np.rint(weight / (widest * share)), -limit, limit)
        error = np.square(whole * (widest * share) - weight).sum(0)
        better = error < best_error
        best = whole if best is None else np.where(better, whole, best)
        scale = np.where(better, widest * share, scale).astype(np.float32)
        best_error = np.minimum(error, best_error)
    return best.astype(np.int8), scale


class GraphBuilder:
    """`weight_bits` 7 keeps the sums of AVX2's 16-bit steps from overflowing on processors without VNNI;
    0 keeps weights and activations as floats."""

    def __init__(self, model: Encoder, weight_bits: int = 7):
        self.config, self.weight_bits = model.config, weight_bits
        self.tensors = {k: v.detach().float().numpy() for k, v in model.state_dict().items()}
        self.nodes: list[onnx.NodeProto] = []
        self.constants: dict[str, onnx.TensorProto] = {}

    def constant(self, name: str, value: np.ndarray | np.generic) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.asarray(value, order="C"), name)
        return name

    def parameter(self, name: str) -> str:
        return self.constant(name, self.tensors[name])

    def add(self, kind: str, inputs: list[str], output: str, domain: str = "", **attributes: object) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, domain=domain, **attributes))
        return output

    def product(self, source: str, name: str, weight: np.ndarray) -> str:
        """source @ weight.T, `weight` as PyTorch keeps it: outputs × inputs."""
        if self.weight_bits == 0:
            return self.add("MatMul", [source, self.constant(f"{name}.weight", weight.T)], f"{name}.product")
        whole, scale = quantise_columns(weight.T, self.weight_bits)
        size = self.add("ReduceMax", [self.add("Abs", [source], f"{source}.abs")], f"{source}.size",
                        axes=[-1], keepdims=1)
        # The fused operator takes its range from all it is given, and each row now reaches 1 at one end.
        scaled = self.add("Div", [source, size], f"{source}.scaled")
        found = self.add("DynamicQuantizeMatMul", [scaled, self.constant(f"{name}.weight", whole),
                                                   self.constant(f"{name}.scale", scale)], f"{name}.whole", CONTRIB)
        return self.add("Mul", [found, size], f"{name}.product")

    def table(self, name: str, rows: str) -> str:
        """Rows of an embedding table, kept as 8-bit integers with one scale a row."""
        whole, scale = quantise_columns(self.tensors[name].T)
        picked = self.add("Gather", [self.constant(f"{name}.rows", whole.T), rows], f"{name}.picked")
        scales = self.add("Gather", [self.constant(f"{name}.scale", scale[:, None]), rows], f"{name}.scales")
        return self.add("Mul", [self.add("Cast", [picked], f"{name}.cast", to=TensorProto.FLOAT), scales], f"{name}.out")

    def skip_norm(self, source: str, skip: str, at: str) -> str:
        """The output half of a block; the fused operator adds the dense layer's bias, the residual, and norms."""
        inputs = [self.product(source, f"{at}.dense", self.tensors[f"{at}.dense.weight"]), skip,
                  self.parameter(f"{at}.LayerNorm.weight"), self.parameter(f"{at}.LayerNorm.bias"),
                  self.parameter(f"{at}.dense.bias")]
        return self.add("SkipLayerNormalization", inputs, f"{at}.out", CONTRIB, epsilon=self.config.layer_norm_eps)

    def layer(self, hidden: str, number: int) -> str:
        at = f"encoder.layer.{number}"
        parts = [f"{at}.attention.self.{p}" for p in ("query", "key", "value")]
        # One product for queries, keys and values rounds and reads the activations once.
        together = self.product(hidden, f"{at}.attention.self",
                                np.concatenate([self.tensors[f"{p}.weight"] for p in parts]))
        bias = self.constant(f"{at}.attention.self.bias", np.concatenate([self.tensors[f"{p}.bias"] for p in parts]))
        pieces = [f"{at}.{p}" for p in ("queries", "keys", "values")]
        thirds = self.constant("thirds", np.array([self.config.hidden_size] * 3, np.int64))
        self.nodes.append(helper.make_node("Split", [together, thirds], pieces, name=f"{at}.split", axis=-1))
        mixed = self.add("MultiHeadAttention", [*pieces, bias, "mask"], f"{at}.mixed", CONTRIB,
                         num_heads=self.config.num_attention_heads)
        hidden = self.skip_norm(mixed, hidden, f"{at}.attention.output")
        name = f"{at}.intermediate.dense"
        wide = self.add("BiasGelu", [self.product(hidden, name, self.tensors[f"{name}.weight"]),
                                     self.parameter(f"{name}.bias")], f"{at}.wide", CONTRIB)
        return self.skip_norm(wide, hidden, f"{at}.output")

    def build(self) -> onnx.ModelProto:
        self.add("Cast", ["attention_mask"], "mask", to=TensorProto.INT32)
        words = self.table("embeddings.word_embeddings.weight", "input_ids")
        self.add("Shape", ["input_ids"], "length", start=1, end=2)
        zero, one = self.constant("zero", np.array([0], np.int64)), self.constant("one", np.array([1], np.int64))
        # The segment is always the first, so its embedding is part of every position's.
        places = self.constant("positions", self.tensors["embeddings.position_embeddings.weight"]
                               + self.tensors["embeddings.token_type_embeddings.weight"][0])
        self.add("Slice", [places, zero, "length", zero, one], "places")
        self.add("Add", [words, "places"], "embedded")
        norm = "embeddings.LayerNorm"
        hidden = self.add("LayerNormalization", ["embedded", self.parameter(f"{norm}.weight"),
                                                 self.parameter(f"{norm}.bias")],
                          f"{norm}.out", axis=-1, epsilon=self.config.layer_norm_eps)
        for number in range(self.config.num_hidden_layers):
            hidden = self.layer(hidden, number)
        projected = self.product(hidden, "projection", self.tensors["projection.weight"])
        self.add("LpNormalization", [projected], "token_embeddings", axis=-1, p=2)
        ids = [helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
               for name in ("input_ids", "attention_mask")]
        output = helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT,
                                               ["batch", "tokens", self.config.dimension])
        graph = helper.make_graph(self.nodes, "encoder", ids, [output], list(self.constants.values()))
        return helper.make_model(graph, ir_version=9, producer_name="passim",
                                 opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(CONTRIB, 1)])


def write(model: Encoder, path: Path, weight_bits: int = 7) -> None:
    onnx.save(GraphBuilder(model, weight_bits).build(), str(path))


def read_encoder(path: Path) -> Encoder:
    """The encoder in a graph that `write` made, so that a package can be trained further without other files."""
    stored = {t.name: numpy_helper.to_array(t) for t in onnx.load(str(path)).graph.initializer}
    full = lambda name: (stored[f"{name}.weight"].astype(np.float32) * stored[f"{name}.scale"]).T
    words = "embeddings.word_embeddings.weight"
    tensors = {words: stored[f"{words}.rows"].astype(np.float32) * stored[f"{words}.scale"],
               "embeddings.position_embeddings.weight": stored["positions"], "projection.weight": full("projection")}
    for name in stored:
        if name.endswith(("LayerNorm.weight", "LayerNorm.bias", "dense.bias")):
            tensors[name] = stored[name]
        elif name.endswith("dense.scale"):
            dense = name.removesuffix(".scale")
            tensors[f"{dense}.weight"] = full(dense)
        elif name.endswith("attention.self.scale"):
            at = name.removesuffix(".scale")
            for part, weight, bias in zip(("query", "key", "value"), np.split(full(at), 3),
                                          np.split(stored[f"{at}.bias"], 3)):
                tensors[f"{at}.{part}.weight"], tensors[f"{at}.{part}.bias"] = weight, bias
    layers = 1 + max(int(k.split(".")[2]) for k in tensors if k.startswith("encoder.layer."))
    config = EncoderConfig(
        vocab_size=len(tensors[words]), hidden_size=tensors[words].shape[1], num_hidden_layers=layers,
        intermediate_size=len(tensors["encoder.layer.0.intermediate.dense.bias"]),
        max_position_embeddings=len(stored["positions"]), dimension=len(tensors["projection.weight"]))
    # The positions already hold the segment's embedding.
    tensors["embeddings.token_type_embeddings.weight"] = np.zeros((config.type_vocab_size, config.hidden_size), np.float32)
    model = Encoder(config)
    model.load_state_dict({k: torch.from_numpy(np.array(v, order="C")) for k, v in tensors.items()})
    return model
