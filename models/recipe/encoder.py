"""The encoder: a BERT of MiniLM's shape with a linear projection, one unit vector per token.

Plain PyTorch instead of a model library, because the recipe needs few operations and exports the same graph
to ONNX; parameter names follow the published checkpoint, so weights load and save without a mapping.
"""
from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn


@dataclass(frozen=True)
class EncoderConfig:
    """The shape of the network; the fields are those of the checkpoint's config.json."""

    vocab_size: int = 30522
    hidden_size: int = 384
    num_hidden_layers: int = 6
    num_attention_heads: int = 12
    intermediate_size: int = 1536
    max_position_embeddings: int = 512
    type_vocab_size: int = 2
    layer_norm_eps: float = 1e-12
    dimension: int = 96

    @staticmethod
    def from_json(path: Path, **overrides: int) -> "EncoderConfig":
        fields = json.loads(path.read_text())
        known = {k: v for k, v in fields.items() if k in EncoderConfig.__dataclass_fields__}
        return EncoderConfig(**{**known, **overrides})


class SelfAttention(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.heads = config.num_attention_heads
        self.query = nn.Linear(config.hidden_size, config.hidden_size)
        self.key = nn.Linear(config.hidden_size, config.hidden_size)
        self.value = nn.Linear(config.hidden_size, config.hidden_size)

    def forward(self, hidden: Tensor, bias: Tensor | None) -> Tensor:
        batch, tokens, width = hidden.shape
        # -1 leaves the token count to the exported graph, which serves any length.
        split = lambda x: x.view(batch, -1, self.heads, width // self.heads).transpose(1, 2)
        mixed = F.scaled_dot_product_attention(
            split(self.query(hidden)), split(self.key(hidden)), split(self.value(hidden)), attn_mask=bias)
        return mixed.transpose(1, 2).reshape(batch, -1, width)


class ResidualOutput(nn.Module):
    def __init__(self, inner: int, config: EncoderConfig):
        super().__init__()
        self.dense = nn.Linear(inner, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, hidden: Tensor, residual: Tensor) -> Tensor:
        return self.LayerNorm(self.dense(hidden) + residual)


class Attention(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.self = SelfAttention(config)
        self.output = ResidualOutput(config.hidden_size, config)


class Intermediate(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.dense = nn.Linear(config.hidden_size, config.intermediate_size)


class Layer(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.attention = Attention(config)
        self.intermediate = Intermediate(config)
        self.output = ResidualOutput(config.intermediate_size, config)

    def forward(self, hidden: Tensor, bias: Tensor | None) -> Tensor:
        hidden = self.attention.output(self.attention.self(hidden, bias), hidden)
        return self.output(F.gelu(self.intermediate.dense(hidden)), hidden)


class Embeddings(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.word_embeddings = nn.Embedding(config.vocab_size, config.hidden_size)
        self.position_embeddings = nn.Embedding(config.max_position_embeddings, config.hidden_size)
        self.token_type_embeddings = nn.Embedding(config.type_vocab_size, config.hidden_size)
        self.LayerNorm = nn.LayerNorm(config.hidden_size, eps=config.layer_norm_eps)

    def forward(self, input_ids: Tensor) -> Tensor:
        positions = torch.arange(input_ids.shape[1], device=input_ids.device)
        return self.LayerNorm(self.word_embeddings(input_ids) + self.position_embeddings(positions)
                              + self.token_type_embeddings.weight[0])


class Stack(nn.Module):
    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.layer = nn.ModuleList(Layer(config) for _ in range(config.num_hidden_layers))


class Encoder(nn.Module):
    """Token ids to token vectors. `dimension` 0 leaves out the projection: the base's own hidden states."""

    def __init__(self, config: EncoderConfig):
        super().__init__()
        self.config = config
        self.embeddings = Embeddings(config)
        self.encoder = Stack(config)
        self.projection = nn.Linear(config.hidden_size, config.dimension, bias=False) if config.dimension else None

    def hidden(self, input_ids: Tensor, attention_mask: Tensor | None) -> Tensor:
        bias = None
        if attention_mask is not None:
            bias = attention_mask[:, None, None, :].to(torch.bool)
        hidden = self.embeddings(input_ids)
        for layer in self.encoder.layer:
            hidden = layer(hidden, bias)
        return hidden

    def project(self, hidden: Tensor) -> Tensor:
        projected = hidden if self.projection is None else self.projection(hidden)
        return F.normalize(projected.float(), dim=-1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor | None = None) -> Tensor:
        return self.project(self.hidden(input_ids, attention_mask))

    def save(self, path: Path, half: bool = True) -> None:
        kind = torch.float16 if half else torch.float32
        save_file({k: v.detach().to(kind).contiguous() for k, v in self.state_dict().items()}, str(path),
                  metadata={"config": json.dumps(asdict(self.config))})

    @staticmethod
    def load(path: Path, dimension: int | None = None) -> "Encoder":
        """Reads a base checkpoint or one that `save` wrote; a missing projection starts as noise."""
        tensors = {k.removeprefix("bert."): v.float() for k, v in load_file(str(path)).items()}
        tensors = {k: v for k, v in tensors.items() if not k.startswith("pooler.") and "position_ids" not in k}
        stored = tensors.get("projection.weight")
        if dimension is None:
            dimension = 0 if stored is None else stored.shape[0]
        vocab, width = tensors["embeddings.word_embeddings.weight"].shape
        layers = 1 + max(int(k.split(".")[2]) for k in tensors if k.startswith("encoder.layer."))
        config = EncoderConfig(
            vocab_size=vocab, hidden_size=width, num_hidden_layers=layers, dimension=dimension,
            intermediate_size=tensors["encoder.layer.0.intermediate.dense.weight"].shape[0],
            max_position_embeddings=tensors["embeddings.position_embeddings.weight"].shape[0])
        model = Encoder(config)
        if dimension and (stored is None or stored.shape[0] != dimension):
            tensors["projection.weight"] = torch.randn(dimension, width) / math.sqrt(width)
        if not dimension:
            tensors.pop("projection.weight", None)
        model.load_state_dict(tensors)
        return model
