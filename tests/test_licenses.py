"""A model's license decides what is said about it, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.hub import Hub, point_client, running_hub

from llenhance.cli.app import run
from llenhance.cli.obtain import asking
from llenhance.cli.terminal import Terminal
from llenhance.errors import UsageError, WeightsError
from llenhance.weights.about import license_to_share
from llenhance.weights.consent import accept, has_accepted, refuse, require_consent
from llenhance.weights.find import FoundModel, find
from llenhance.weights.keep import add
from llenhance.weights.license import APACHE, CC_BY_NC_SA, LICENSES, License
from llenhance.weights.registry import REGISTRY, Entry, entry, license_of

HOUSE = License(
    name="House Rules 2",
    tag="house-rules-2",
    url="https://example.org/rules",
    commercial_use=True,
    share_alike=False,
    needs_consent=True,
    summary="whoever uses the weights must send a postcard",
)
HOUSE_MODEL = Entry(name="house", architecture="nano", description="a guest", license=HOUSE)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of models."""
    monkeypatch.setenv("LLENHANCE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


# --- Which license a model has ------------------------------------------------------------------


def test_license_of_a_known_model_is_that_of_the_registry() -> None:
    assert license_of("nano") == APACHE
    assert license_of("llflow-small") == CC_BY_NC_SA
    assert license_of("nobody") is None
    assert {known.license for known in REGISTRY} == set(LICENSES)


def test_found_model_knows_its_license(tiny: Path) -> None:
    shipped = find("nano")
    assert shipped.license == APACHE
    assert find(shipped.path).license == APACHE  # the same file, by its path
    assert find(tiny).license is None
    add(tiny, "mine")
    assert find("mine").license is None


def test_file_that_is_called_like_a_model_does_not_get_its_license(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("llflow-large", "nano.safetensors"):
        Path(name).write_bytes(tiny.read_bytes())
        assert find(name).license is None


@pytest.mark.parametrize("known", LICENSES, ids=lambda known: known.tag)
@pytest.mark.parametrize("spelled", [str, str.lower, str.upper])
def test_license_is_known_by_its_name_and_tag(
    known: License, spelled: Callable[[str], str]
) -> None:
    assert License.named(spelled(known.name)) == known
    assert License.named(spelled(known.tag)) == known


def test_of_another_license_only_the_name_is_known() -> None:
    assert License.named("My Own\n1.0") == License(name="My Own\n1.0", tag="my-own-1.0")


# --- Consent ------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [HOUSE_MODEL, entry("llflow-small")], ids=["house", "authors"])
def test_question_tells_this_license_and_no_other(
    known: Entry, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert asking(Terminal("weights download"), accepted=True)(known)
    said = capsysbinary.readouterr().err.decode().replace("\n", " ")
    assert known.license.summary in said
    assert known.license.url is not None
    assert known.license.url in said
    assert ("commercial" in said) == (not known.license.commercial_use)


def test_license_that_needs_no_consent_is_not_asked_about(home: Path) -> None:
    require_consent(replace(HOUSE_MODEL, license=replace(HOUSE, needs_consent=False)), refuse)
    assert not home.exists()


def test_refused_license_is_an_error_that_tells_it() -> None:
    with pytest.raises(WeightsError, match=r"House Rules 2.*postcard") as caught:
        require_consent(HOUSE_MODEL, refuse)
    assert caught.value.code == "license-not-accepted"
    assert not has_accepted(HOUSE)


def test_accepted_license_is_remembered_beside_others() -> None:
    accept(CC_BY_NC_SA)
    require_consent(HOUSE_MODEL, lambda _: True)
    require_consent(HOUSE_MODEL, refuse)
    assert has_accepted(CC_BY_NC_SA)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1, null]", b"\xff", b"7", b"[" * 100_000, b'"House Rules 2"']
)
def test_list_of_accepted_licenses_that_is_damaged_accepts_nothing(
    content: bytes, home: Path
) -> None:
    home.mkdir()
    (home / "accepted.json").write_bytes(content)
    assert not has_accepted(HOUSE)
    accept(HOUSE)
    assert has_accepted(HOUSE)


# --- Sharing ------------------------------------------------------------------------------------


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub that takes uploads."""
    with running_hub() as running:
        point_client(monkeypatch, running, tmp_path)
        monkeypatch.setenv("HF_TOKEN", "hf_of_somebody")
        yield running


def card_of(hub: Hub) -> str:
    return hub.files["model", "me/model"]["README.md"].decode()


def test_known_license_goes_onto_the_card(hub: Hub) -> None:
    assert run(["weights", "upload", "nano", "hf:me/model"]) == 0
    assert card_of(hub).startswith("---\nlicense: apache-2.0\n")
    assert f"[Apache-2.0]({APACHE.url}): {APACHE.summary}." in card_of(hub)


def test_unknown_license_must_be_named(hub: Hub, tiny: Path) -> None:
    assert run(["weights", "upload", str(tiny), "hf:me/model"]) == 2
    assert hub.files == {}
    assert run(["weights", "upload", str(tiny), "hf:me/model", "--license", "My Own 1"]) == 0
    assert card_of(hub).startswith("---\nlicense: my-own-1\n")
    assert "License of the weights: My Own 1." in card_of(hub)


def test_model_is_not_shared_under_another_license(hub: Hub) -> None:
    assert run(["weights", "upload", "nano", "hf:me/model", "--license", "mit"]) == 2
    assert hub.files == {}
    theirs = FoundModel(name="llflow-small", path=Path("small"), license=CC_BY_NC_SA)
    assert license_to_share(theirs, "cc-by-nc-sa-4.0") == CC_BY_NC_SA
    with pytest.raises(UsageError, match=r"CC BY-NC-SA 4\.0"):
        license_to_share(theirs, "Apache-2.0")


# --- What is shown ------------------------------------------------------------------------------


def test_info_tells_the_license_or_that_it_is_unknown(
    tiny: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert run(["weights", "info", "nano"]) == 0
    assert APACHE.summary in capsysbinary.readouterr().out.decode()
    assert run(["weights", "info", str(tiny)]) == 0
    lines = capsysbinary.readouterr().out.decode().splitlines()
    assert [line.split() for line in lines if line.startswith("license")] == [
        ["license", "unknown"]
    ]
