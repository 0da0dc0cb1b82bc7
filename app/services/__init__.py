"""DOES: one verb per function. Load, ask the domain, write, audit; the asker commits."""
