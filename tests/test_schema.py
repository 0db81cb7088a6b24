"""The JSON Schema and the list of messages in the documentation are those of the code."""

from __future__ import annotations

import json
import re
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest
from support.runners import command

from llenhance.cli.shapes.document import adapter

DOCS = Path(__file__).parents[1] / "docs"
UPDATE = "Run: .venv/bin/llenhance schema > docs/llenhance.schema.json"


def test_schema_in_the_documentation_is_the_one_that_is_printed(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    printed = command(capfdbinary)("schema")
    assert printed.code == 0
    assert printed.stdout == (DOCS / "llenhance.schema.json").read_text(), UPDATE


def test_messages_in_the_documentation_are_those_of_the_code() -> None:
    spec = spec_from_file_location("make", DOCS / "messages" / "make.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.page() == module.PAGE.read_text(), "Run: python docs/messages/make.py"


def test_documents_in_the_documentation_have_the_shape_of_the_schema() -> None:
    shown = re.findall(r"```json\n(.*?)```", (DOCS / "usage.md").read_text(), re.DOTALL)
    assert shown
    for text in shown:
        adapter().validate_python(json.loads(text))
