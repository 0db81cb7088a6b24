"""The paper as code: encoder, conditional flow, and the two together in `llflow.py`."""
