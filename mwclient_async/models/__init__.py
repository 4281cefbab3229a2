"""Frozen values: what goes into a Site and what comes out of a wiki. One file per concept."""
