"""The JSON of every command, as types: `llenhance schema` prints them as JSON Schema.

`documents.py` makes these documents; tests hold every document that they see against these types.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic asks for this one before Python 3.12

from llenhance.cli.documents import SCHEMA, Status, Told
from llenhance.cli.shapes.compare import ReportPage
from llenhance.cli.shapes.machine import Benchmark, Examined, LogLine, Served
from llenhance.cli.shapes.models import (
    AboutModel,
    DownloadedModel,
    ExportedModel,
    ImportedModel,
    ListedModel,
    RemovedModel,
    UploadedModel,
    VerifiedModel,
)
from llenhance.cli.shapes.pictures import Enhanced, Failure, RunSummary, Scores, Sweep
from llenhance.cli.shapes.provenance import AuditCounts, AuditedOriginal, PictureFile
from llenhance.cli.shapes.settings import OptionSet, PresetKnown, SettingsPath

_exact = with_config(ConfigDict(extra="forbid"))


@_exact
class Document(TypedDict):
    """What is the same in the JSON of every command; `llenhance enhance` prints one a line.

    Beside it are the command's name and its result. The result is null if an error ended the
    command; the error is among the messages.
    """

    schema: Literal[1]
    status: Status
    exit_code: int
    messages: list[Told]


@_exact
class EnhanceDocument(Document):
    """What `llenhance enhance` prints: a picture, or at the end of many what became of them."""

    command: Literal["enhance"]
    result: Enhanced | RunSummary | None


@_exact
class AuditDocument(Document):
    """What `llenhance audit` prints: the original of a result, and in the end the counts."""

    command: Literal["audit"]
    result: AuditedOriginal | AuditCounts | None


@_exact
class InfoDocument(Document):
    """What `llenhance info` prints: a picture file."""

    command: Literal["info"]
    result: PictureFile | None


@_exact
class EvaluateDocument(Document):
    """What `llenhance evaluate` prints: all scores."""

    command: Literal["evaluate"]
    result: Scores | Sweep | None


@_exact
class CompareDocument(Document):
    """What `llenhance compare` prints: the page that it has written."""

    command: Literal["compare"]
    result: ReportPage | None


@_exact
class BenchDocument(Document):
    """What `llenhance bench` prints: all sizes."""

    command: Literal["bench"]
    result: Benchmark | None


@_exact
class DoctorDocument(Document):
    """What `llenhance doctor` prints: the machine."""

    command: Literal["doctor"]
    result: Examined | None


@_exact
class TrainDocument(Document):
    """What `llenhance train` prints: a line of the log."""

    command: Literal["train"]
    result: LogLine | None


@_exact
class WeightsListDocument(Document):
    """What `llenhance weights list` prints: all models."""

    command: Literal["weights list"]
    result: list[ListedModel] | None


@_exact
class WeightsInfoDocument(Document):
    """What `llenhance weights info` prints: a model."""

    command: Literal["weights info"]
    result: AboutModel | None


@_exact
class WeightsDownloadDocument(Document):
    """What `llenhance weights download` prints: the models."""

    command: Literal["weights download"]
    result: list[DownloadedModel] | None


@_exact
class WeightsVerifyDocument(Document):
    """What `llenhance weights verify` prints: the models."""

    command: Literal["weights verify"]
    result: list[VerifiedModel] | None


@_exact
class WeightsPathDocument(Document):
    """What `llenhance weights path` prints: the path of a file."""

    command: Literal["weights path"]
    result: str | None


@_exact
class ExportDocument(Document):
    """What `llenhance export` prints: a network for other runtimes."""

    command: Literal["export"]
    result: ExportedModel | None


@_exact
class WeightsImportDocument(Document):
    """What `llenhance weights import` prints: the model."""

    command: Literal["weights import"]
    result: ImportedModel | None


@_exact
class WeightsRemoveDocument(Document):
    """What `llenhance weights remove` prints: the models."""

    command: Literal["weights remove"]
    result: list[RemovedModel] | None


@_exact
class WeightsUploadDocument(Document):
    """What `llenhance weights upload` prints: an address."""

    command: Literal["weights upload"]
    result: UploadedModel | None


@_exact
class ConfigShowDocument(Document):
    """What `llenhance config show` prints: all options of `llenhance enhance`."""

    command: Literal["config show"]
    result: list[OptionSet] | None


@_exact
class ConfigPresetsDocument(Document):
    """What `llenhance config presets` prints: all presets, by name."""

    command: Literal["config presets"]
    result: list[PresetKnown] | None


@_exact
class ConfigPathDocument(Document):
    """What `llenhance config path` prints: where files of settings are, the strongest first."""

    command: Literal["config path"]
    result: list[SettingsPath] | None


@_exact
class ServeDocument(Document):
    """What `llenhance serve` prints when it answers requests."""

    command: Literal["serve"]
    result: Served | None


@_exact
class EndedDocument(Document):
    """What a command prints that was ended by an error, whatever the command."""

    command: str
    result: None


AnyDocument = (
    EnhanceDocument
    | AuditDocument
    | InfoDocument
    | EvaluateDocument
    | CompareDocument
    | BenchDocument
    | DoctorDocument
    | TrainDocument
    | WeightsListDocument
    | WeightsInfoDocument
    | WeightsDownloadDocument
    | WeightsVerifyDocument
    | WeightsPathDocument
    | ExportDocument
    | WeightsImportDocument
    | WeightsRemoveDocument
    | WeightsUploadDocument
    | ConfigShowDocument
    | ConfigPresetsDocument
    | ConfigPathDocument
    | ServeDocument
    | EndedDocument
    | Failure
)
"""A document of any command."""


def adapter() -> TypeAdapter[Any]:
    """Return what checks documents, and makes their JSON Schema."""
    return TypeAdapter(AnyDocument)


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of the documents of all commands."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Documents of llenhance, schema {SCHEMA}",
        **adapter().json_schema(),
    }
