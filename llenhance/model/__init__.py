"""The paper as code: encoder, conditional flow, and the two together."""

from llenhance.model.llflow import LLFlow

__all__ = ["LLFlow"]
