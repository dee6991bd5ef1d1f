"""Fine-tunes a package on a person's own triplets: {"query", "positive", "negative"} a line, the last one optional.

Needs nothing but the package: the weights are read back from its 8-bit graph. The scores of the model as it was are
a second target, so that a few hundred examples do not cost it what it knew.
"""
from __future__ import annotations

import argparse
import random
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from encoder import Encoder
from exported import read_package
from objective import Tokens, matches
from scoring import pad
from text import TextEncoder, read_jsonl
from tracking import Run, register


def encode(model: Encoder, texts: list[np.ndarray], skip: np.ndarray | None) -> Tokens:
    ids, attention = pad(texts)
    valid = torch.from_numpy(attention).bool()
    vectors = model(torch.from_numpy(ids).long(), valid)
    return Tokens(vectors, valid if skip is None else valid & torch.from_numpy(~skip[ids]))


def batch_loss(model: Encoder, before: Encoder, queries: list[np.ndarray], passages: list[np.ndarray],
               positive: Tensor, skip: np.ndarray, sharpness: float, keep: float) -> Tensor:
    scores = matches(encode(model, queries, None), encode(model, passages, skip)).scores * sharpness
    with torch.no_grad():
        known = matches(encode(before, queries, None), encode(before, passages, skip)).scores * sharpness
    learn = F.cross_entropy(scores, positive)
    stay = F.kl_div(F.log_softmax(scores, -1), F.log_softmax(known, -1), log_target=True, reduction="batchmean")
    return learn + keep * stay


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--triplets", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--rate", type=float, default=2e-5)
    parser.add_argument("--keep", type=float, default=1.0, help="weight of staying near the model as it was")
    parser.add_argument("--sharpness", type=float, default=30.0)
    parser.add_argument("--frozen-layers", type=int, default=2)
    parser.add_argument("--passage-tokens", type=int, default=160)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mlruns", type=Path, default=Path("mlruns"))
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    text = TextEncoder(args.package / "tokenizer.json", args.passage_tokens)
    rows = [r for r in read_jsonl(args.triplets) if r.get("query") and r.get("positive")]
    if not rows:
        raise SystemExit(f"{args.triplets}: no line with a query and a positive")
    model = read_package(args.package)
    before = read_package(args.package).eval().requires_grad_(False)
    model.embeddings.requires_grad_(False)
    for layer in model.encoder.layer[: args.frozen_layers]:
        layer.requires_grad_(False)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=args.rate, weight_decay=0.01)
    # One seed a round, and the round is the unit of resuming.
    checkpoint, first, run_id = args.out / "checkpoint.pt", 0, None
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(stored["model"])
        optimizer.load_state_dict(stored["optimizer"])
        first, run_id = stored["epoch"], stored["run_id"]
    run = Run(args.mlruns, "fine-tuning", args.out.name, run_id)
    run.params({"triplets": len(rows), **{k: v for k, v in vars(args).items() if k not in ("out", "mlruns")}})
    step = first * -(-len(rows) // args.batch)
    for epoch in range(first, args.epochs):
        order = list(range(len(rows)))
        random.Random(args.seed + epoch).shuffle(order)
        for start in range(0, len(order), args.batch):
            own = [rows[i] for i in order[start: start + args.batch]]
            passages = list(dict.fromkeys([r["positive"] for r in own] + [r["negative"] for r in own if r.get("negative")]))
            positive = torch.tensor([passages.index(r["positive"]) for r in own])
            loss = batch_loss(model, before, text.queries([r["query"] for r in own]), text.passages(passages), positive,
                              text.skip, args.sharpness, args.keep)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(trained, 1.0)
            optimizer.step()
            step += 1
            run.metric("loss", float(loss.detach()), step)
        part = checkpoint.with_suffix(".part")
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch + 1,
                    "run_id": run.run_id}, part)
        part.replace(checkpoint)
        print(f"epoch {epoch + 1}: loss {float(loss.detach()):.4f}", flush=True)
    model.save(args.out / "weights.safetensors")
    run.metric("epochs", args.epochs, step)
    register(args.mlruns, "fine-tuned", args.out, run.run_id)
    run.finish()


if __name__ == "__main__":
    main()
