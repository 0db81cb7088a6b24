"""The paper as code: `encoder.py`, the conditional flow in `flow.py`, and both in `llflow.py`."""
