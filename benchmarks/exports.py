"""A fine-tuned model in each form in which it can be taken away: how long, how large, and how far from what it was.

    python benchmarks/exports.py [--data examples/house-voice.jsonl]

Trains SmolLM2-135M-Instruct (which must have been fetched) on the file with default settings, then asks the trainer for
each export, and prints a row of each: seconds from asking to complete (check included), size, whether the greedy answer
of 24 tokens was that of the served model, and the divergence in nats a token. There is no peer.
"""

import argparse
import tempfile
import time
from pathlib import Path

import httpx

from benchmarks.train import MODEL, Server
from trainer.exports.plan import QUANTIZATIONS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=Path("examples/house-voice.jsonl"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        server = Server(Path(name) / "data")
        client = server.client
        file = client.files.create(file=options.data, purpose="fine-tune")
        job = client.fine_tuning.jobs.create(model=MODEL, training_file=file.id, seed=1)
        while job.status not in ("succeeded", "failed"):
            time.sleep(1)
            job = client.fine_tuning.jobs.retrieve(job.id)
        assert job.status == "succeeded", job.error
        with httpx.Client(
            base_url=f"{client.base_url}x/", headers={"Authorization": f"Bearer {client.api_key}"}
        ) as trainer:
            for wanted in (
                {"format": "adapter"},
                {"format": "merged"},
                *({"format": "gguf", "quantization": one} for one in QUANTIZATIONS),
            ):
                began = time.monotonic()
                export = trainer.post("exports", json={"model": job.fine_tuned_model, **wanted}).json()
                while export["finished_at"] is None:
                    time.sleep(0.05)
                    export = trainer.get(f"exports/{export['id']}").json()
                took = time.monotonic() - began
                if export["status"] == "failed":
                    print(f"{' '.join(wanted.values())}: {export['error']['message']}")
                    continue
                trial = export["trial"]
                print(
                    f"{' '.join(wanted.values())}: {took:.1f} s, {export['bytes'] / 1e6:.0f} MB, "
                    f"{'same answer' if trial['same'] else 'another answer'}, {trial['divergence']:.3f} nats a token"
                )
        server.stop()


if __name__ == "__main__":
    main()
