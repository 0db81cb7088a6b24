"""What a request wishes, in its query: one description for checks and for OpenAPI."""

from __future__ import annotations

from math import isnan
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import QueryParams

from llenhance.enhancing.finish import Finish
from llenhance.enhancing.sample import HOTTEST, LARGEST_SEED, MOST_VARIANTS, Sample
from llenhance.enhancing.wish import Wish
from llenhance.errors import UsageError
from llenhance.jobs.request import Request
from llenhance.pictures.formats import format_to_write, writable_titles
from llenhance.pictures.policy import Metadata

_LONGEST: Final = 100  # characters of what is told again

Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Asked = TypeVar("Asked", bound=BaseModel)


class Look(BaseModel):
    """How a picture should look: what the sliders of the page move."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    brightness: float = Field(
        default=0, ge=-1, le=1, description="Darker (-0.4) or brighter (0.4)."
    )
    strength: Share = Field(
        default=1, description="How much of the effect: 1 is all of it, 0 is the picture as it was."
    )
    denoise: Share = Field(
        default=1,
        description="Whose fine detail: 1 is the network's, which has little noise, "
        "0 is the picture's own.",
    )
    protect: Share = Field(
        default=0,
        description="How much of what is well lit already, such as lamps, keeps its structure.",
    )

    variant: int = Field(
        default=1,
        ge=1,
        le=MOST_VARIANTS,
        description="Which of the plausible results: 1 is the usual one, 2 darker, 3 brighter, "
        "4 warmer, 5 cooler; others differ in all of this, and in where the light falls.",
    )
    temperature: float = Field(
        default=1, gt=0, le=HOTTEST, description="How far variants are from the usual result."
    )
    seed: int = Field(default=0, ge=0, le=LARGEST_SEED, description="Of the variants from 6 on.")

    def wish(self) -> Wish:
        """Return how the result should be.

        Raises:
            UsageError: Options contradict each other.
        """
        return Wish(brightness=self.brightness, finish=self._finish, sample=self._sample)

    @property
    def _finish(self) -> Finish:
        return Finish(strength=self.strength, denoise=self.denoise, protect=self.protect)

    @property
    def _sample(self) -> Sample | None:
        if self.variant == 1:
            return None
        return Sample(number=self.variant, temperature=self.temperature, seed=self.seed)


class Named(BaseModel):
    """What a picture is called."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(
        default="picture",
        max_length=1000,
        description="What messages and the result's record call the picture.",
    )


class Options(Named, Look):
    """What to make of a picture."""

    exposure: float | None = Field(
        default=None,
        ge=-5,
        le=5,
        description="Stops, relative to the result without this option: 1 is twice its light.",
    )
    target_mean: Share | None = Field(
        default=None, description="Mean gray that the result should have."
    )
    format: str | None = Field(
        default=None,
        description=f"Format of the result: {writable_titles()}. Without it, the format stays.",
    )
    quality: int | None = Field(
        default=None, ge=1, le=100, description="Quality of JPEG, WebP and AVIF."
    )
    metadata: Metadata = Field(
        default="keep",
        description="Keep EXIF, XMP, IPTC data and texts, or not, or all but positions.",
    )
    provenance: bool = Field(
        default=True, description="Whether the result says in its XMP data what made it."
    )

    def request(self, *, max_megapixels: float) -> Request:
        """Return the request that these options make.

        Raises:
            UsageError: They contradict each other, or the format cannot be written.
        """
        return Request(
            wish=self.wish(),
            format=format_to_write(self.format) if self.format else None,
            quality=self.quality,
            max_megapixels=max_megapixels,
            metadata=self.metadata,
            provenance=self.provenance,
        )

    def wish(self) -> Wish:
        return Wish(
            brightness=self.brightness,
            exposure=self.exposure,
            target_mean=self.target_mean,
            finish=self._finish,
            sample=self._sample,
        )


def asked(kind: type[Asked], query: QueryParams) -> Asked:
    """Return what a query says.

    Raises:
        UsageError: An option is unknown, given twice, or its value is refused.
    """
    given = dict[str, str]()
    for name, value in query.multi_items():
        if name in given:
            raise UsageError("query-wrong", name[:_LONGEST], problem="it is given more than once")
        given[name] = value
    try:
        return kind.model_validate(given)
    except ValidationError as reason:
        first = reason.errors(include_url=False, include_context=False)[0]
        name = str(first["loc"][0])
        problem = _words(kind, name, given.get(name, ""), first)
        raise UsageError("query-wrong", name[:_LONGEST], problem=problem) from None


def _words(kind: type[BaseModel], name: str, given: str, first: Any) -> str:
    """Return what is wrong with a value: of numbers, in the words of the command."""
    if first["type"] == "extra_forbidden":
        return "there is no such option"
    described = kind.model_json_schema()["properties"][name]
    [described] = [one for one in described.get("anyOf", [described]) if one.get("type") != "null"]
    if described.get("type") in ("number", "integer"):
        wrong = _wrong_number(given, described)
        return f"{given[:_LONGEST]!r} {wrong}. Use one {_bounds(described)}"
    told = str(first["msg"]).replace("Input should be", "it must be")
    return told[:1].lower() + told[1:]


def _bounds(described: dict[str, Any]) -> str:
    most = f"{described['maximum']:.10g}"
    if "exclusiveMinimum" in described:
        return f"above {described['exclusiveMinimum']:g}, up to {most}"
    return f"from {described['minimum']:g} to {most}"


def _wrong_number(given: str, described: dict[str, Any]) -> str:
    try:
        value = float(given)
    except ValueError:
        return "is not a number"
    if isnan(value):
        return "is not a number"
    if value > described["maximum"]:
        return f"is more than {described['maximum']:.10g}"
    if value < described.get("minimum", value):
        return f"is less than {described['minimum']:g}"
    if value <= described.get("exclusiveMinimum", value - 1):
        return f"is not more than {described['exclusiveMinimum']:g}"
    return "is not a whole number" if described["type"] == "integer" else "is not a number"
