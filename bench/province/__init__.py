"""A day in a simulated province, on real parts: `python -m bench.province`."""
