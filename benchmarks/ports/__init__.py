"""The bots of ``docs/bots.md``, written for other clients. ``python -m benchmarks.ports`` runs and compares them."""
