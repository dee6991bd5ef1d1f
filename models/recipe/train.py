"""Trains the encoder against the untrained base's own late interaction, mixed with dense and lexical scores.

Stops at any time (interrupt, or --minutes) and goes on from its checkpoint: run the same command again.
"""
from __future__ import annotations

import argparse
import json
import signal
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from encoder import Encoder
from objective import LexicalScorer, Tokens, Weights, loss, matches, teacher_scores
from scoring import pad
from tracking import Run


class PreparedPairs:
    """What prepare.py wrote: ragged token ids, and batches of pair numbers."""

    def __init__(self, path: Path):
        with np.load(path) as stored:
            self.data = {name: stored[name] for name in stored.files}
        self.skip = self.data["skip"]

    def __len__(self) -> int:
        return len(self.data["batch_offsets"]) - 1

    def _ragged(self, kind: str, row: int) -> np.ndarray:
        offsets = self.data[f"{kind}_offsets"]
        return self.data[f"{kind}_ids"][offsets[row]: offsets[row + 1]]

    def batch(self, number: int) -> tuple[list[np.ndarray], list[np.ndarray], np.ndarray]:
        """Queries, the different passages among their positives, and for each query the place of its own."""
        offsets = self.data["batch_offsets"]
        pairs = self.data["batches"][offsets[number]: offsets[number + 1]]
        passages, place = np.unique(self.data["positive"][pairs], return_inverse=True)
        return ([self._ragged("query", p) for p in pairs], [self._ragged("passage", p) for p in passages],
                place.reshape(-1))


class Student(nn.Module):
    """The encoder in training, with the numbers that only training needs."""

    def __init__(self, encoder: Encoder, sharpness: float):
        super().__init__()
        self.encoder = encoder
        self.log_scale = nn.Parameter(torch.tensor(sharpness).log())
        self.slope = nn.Parameter(torch.tensor(1.0))
        self.shift = nn.Parameter(torch.tensor(0.0))


def upper(model: Encoder, hidden: Tensor, mask: Tensor, first: int) -> Tensor:
    for layer in model.encoder.layer[first:]:
        hidden = layer(hidden, mask)
    return model.project(hidden)


def both(student: Encoder, teacher: Encoder, frozen: int, texts: list[np.ndarray], skip: np.ndarray | None,
         parts: int) -> tuple[Tokens, Tokens]:
    """Token vectors of both models; the frozen lower layers, which they share, run once.

    The texts go through in `parts` groups of like length, for less padding, and come back padded to one length.
    """
    order = np.argsort([len(t) for t in texts], kind="stable")
    longest = max(map(len, texts))
    found: list[tuple[Tensor, Tensor, np.ndarray]] = []
    for rows in np.array_split(order, parts):
        ids, attention = pad([texts[i] for i in rows])
        mask = torch.from_numpy(attention).bool()
        bias = mask[:, None, None, :]
        with torch.no_grad():
            hidden = teacher.embeddings(torch.from_numpy(ids).long())
            for layer in teacher.encoder.layer[:frozen]:
                hidden = layer(hidden, bias)
            taught = upper(teacher, hidden, bias, frozen)
        learnt = upper(student, hidden, bias, frozen)
        room = (0, 0, 0, longest - ids.shape[1])
        found.append((nn.functional.pad(learnt, room), nn.functional.pad(taught, room), rows))
    back = torch.from_numpy(np.argsort(np.concatenate([rows for _, _, rows in found])))
    ids, attention = pad(texts)
    valid = torch.from_numpy(attention).bool()
    if skip is not None:
        valid &= torch.from_numpy(~skip[ids])
    return (Tokens(torch.cat([f[0] for f in found])[back], valid),
            Tokens(torch.cat([f[1] for f in found])[back], valid))


def learning_rate(step: int, steps: int, warmup: int) -> float:
    return min((step + 1) / warmup, max(0.0, (steps - step) / max(1, steps - warmup)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepared", type=Path, required=True)
    parser.add_argument("--base", type=Path, required=True, help="safetensors of the base: the teacher")
    parser.add_argument("--start", type=Path, required=True, help="safetensors to start from, with a projection")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=0, help="0: all prepared batches once")
    parser.add_argument("--first-batch", type=int, default=0)
    parser.add_argument("--frozen-layers", type=int, default=2)
    parser.add_argument("--rate", type=float, default=5e-5)
    parser.add_argument("--projection-rate", type=float, default=3e-4)
    parser.add_argument("--warmup", type=int, default=40)
    parser.add_argument("--save-every", type=int, default=50)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop, with a checkpoint, after this long")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mlruns", type=Path, default=Path("mlruns"))
    parser.add_argument("--weights", type=json.loads, default={}, help="JSON of objective.Weights fields to change")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    weights = Weights(**args.weights)
    pairs = PreparedPairs(args.prepared / "train.npz")
    lexical = LexicalScorer(pairs.data["passage_ids"], pairs.data["passage_offsets"], pairs.skip)
    teacher = Encoder.load(args.base, 0).eval().requires_grad_(False)
    student = Student(Encoder.load(args.start), weights.sharpness)
    # The base's own numbers, so that sharing the lower layers is exact.
    student.encoder.embeddings.load_state_dict(teacher.embeddings.state_dict())
    student.encoder.embeddings.requires_grad_(False)
    for number in range(args.frozen_layers):
        student.encoder.encoder.layer[number].load_state_dict(teacher.encoder.layer[number].state_dict())
        student.encoder.encoder.layer[number].requires_grad_(False)

    layers = [p for layer in student.encoder.encoder.layer[args.frozen_layers:] for p in layer.parameters()]
    optimizer = torch.optim.AdamW([
        {"params": layers, "base": args.rate},
        {"params": list(student.encoder.projection.parameters()), "base": args.projection_rate},
        {"params": [student.log_scale, student.slope, student.shift], "base": 2e-3}],
        lr=args.rate, betas=(0.9, 0.98), weight_decay=0.01)
    steps = args.steps or len(pairs)
    checkpoint = args.out / "checkpoint.pt"
    step, run_id = 0, None
    if checkpoint.exists():
        stored = torch.load(checkpoint, weights_only=True)
        student.load_state_dict(stored["student"])
        optimizer.load_state_dict(stored["optimizer"])
        step, run_id = stored["step"], stored["run_id"]
    run = Run(args.mlruns, "default-model", args.out.name, run_id)
    if run_id is None:
        run.params({k: v for k, v in vars(args).items() if k not in ("weights", "out", "mlruns")})
        run.params({f"weight_{k}": v for k, v in asdict(weights).items()})

    stopping = []
    signal.signal(signal.SIGINT, lambda *_: stopping.append(True))
    signal.signal(signal.SIGTERM, lambda *_: stopping.append(True))

    def save() -> None:
        part = checkpoint.with_suffix(".part")
        torch.save({"student": student.state_dict(), "optimizer": optimizer.state_dict(), "step": step,
                    "run_id": run.run_id}, part)
        part.replace(checkpoint)
        student.encoder.save(args.out / "weights.safetensors")

    begun, sums, count = time.time(), {}, 0
    while step < steps and not stopping and time.time() - begun < args.minutes * 60:
        for group in optimizer.param_groups:
            group["lr"] = group["base"] * learning_rate(step, steps, args.warmup)
        queries, passages, place = pairs.batch((args.first_batch + step) % len(pairs))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            learnt_q, taught_q = both(student.encoder, teacher, args.frozen_layers, queries, None, 1)
            learnt_p, taught_p = both(student.encoder, teacher, args.frozen_layers, passages, pairs.skip, 3)
        found = matches(learnt_q, learnt_p)
        with torch.no_grad():
            known = matches(taught_q, taught_p)
            target = teacher_scores(taught_q, taught_p, known, torch.from_numpy(lexical(queries, passages)), weights)
        total, figures = loss(found, known, target, torch.from_numpy(place), student.log_scale.exp(), student.slope,
                              student.shift, weights)
        optimizer.zero_grad(set_to_none=True)
        total.backward()
        nn.utils.clip_grad_norm_(student.parameters(), 1.0)
        optimizer.step()
        step += 1
        count += 1
        sums = {k: sums.get(k, 0.0) + v for k, v in figures.items()}
        if step % 10 == 0 or step == steps:
            shown = {k: v / count for k, v in sums.items()}
            for key, value in shown.items():
                run.metric(key, value, step)
            print(step, f"{time.time() - begun:.0f}s", {k: round(v, 4) for k, v in shown.items()}, flush=True)
            sums, count = {}, 0
        if step % args.save_every == 0:
            save()
    save()
    run.finish()


if __name__ == "__main__":
    main()
