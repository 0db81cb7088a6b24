"""`llenhance enhance`, which is also `llenhance photo.jpg`: enhance pictures."""

from __future__ import annotations

import shlex
import signal
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from llenhance.cli.contradictions import options_of, refuse_contradictions
from llenhance.cli.enhance_options import (
    Brightness,
    Cluster,
    Confidence,
    Consistent,
    CopyOthers,
    DarkBelow,
    Denoise,
    DryRun,
    Errors,
    Exposure,
    FailFast,
    Fast,
    Files0From,
    FilesFrom,
    Format,
    Jobs,
    Json,
    Match,
    MaxMegapixels,
    Metadata,
    NameTemplate,
    NoProvenance,
    OnlyIfDark,
    Output,
    Photos,
    Pick,
    Poll,
    PreserveTime,
    Preview,
    Protect,
    Quality,
    Recursive,
    Replay,
    Report,
    Seed,
    Series,
    Sheet,
    SkipExisting,
    Strength,
    Suffix,
    TargetMean,
    Temperature,
    Threads,
    Variants,
    Verbose,
    Watch,
)
from llenhance.cli.meant import clearer, refuse_home, refuse_result_among, refuse_store
from llenhance.cli.obtain import obtain
from llenhance.cli.options import (
    Device,
    Model,
    NoConfig,
    Offline,
    Overwrite,
    Precision,
    Preset,
    Quiet,
    Tile,
    tile_side,
)
from llenhance.cli.results import report as report_result
from llenhance.cli.results import say_rest
from llenhance.cli.routine import Routine
from llenhance.cli.settings import tell_configuration
from llenhance.cli.terminal import Terminal
from llenhance.errors import UsageError, WeightsError
from llenhance.pictures.dark import DARK
from llenhance.pictures.limits import MEGAPIXELS

if TYPE_CHECKING:
    from llenhance.enhancing.wish import Wish
    from llenhance.jobs.job import Planned
    from llenhance.jobs.results import Result
    from llenhance.messages.note import Note


def enhance(
    context: typer.Context,
    photos: Photos = None,
    output: Output = None,
    files_from: FilesFrom = None,
    files0_from: Files0From = None,
    suffix: Suffix = None,
    name_template: NameTemplate = None,
    copy_others: CopyOthers = False,
    errors: Errors = None,
    report: Report = None,
    recursive: Recursive = True,
    brightness: Brightness = 0.0,
    exposure: Exposure = None,
    target_mean: TargetMean = None,
    match: Match = None,
    strength: Strength = 1.0,
    denoise: Denoise = 1.0,
    protect: Protect = 0.0,
    variants: Variants = None,
    pick: Pick = None,
    sheet: Sheet = False,
    temperature: Temperature = 1.0,
    seed: Seed = 0,
    series: Series = None,
    confidence: Confidence = None,
    model: Model = "nano",
    device: Device = "auto",
    precision: Precision = "auto",
    tile: Tile = "auto",
    fast: Fast = False,
    format: Format = None,
    quality: Quality = None,
    max_megapixels: MaxMegapixels = MEGAPIXELS,
    metadata: Metadata = "keep",
    replay: Replay = None,
    no_provenance: NoProvenance = False,
    offline: Offline = False,
    dry_run: DryRun = False,
    overwrite: Overwrite = False,
    preserve_time: PreserveTime = False,
    skip_existing: SkipExisting = False,
    only_if_dark: OnlyIfDark = False,
    dark_below: DarkBelow = DARK,
    consistent: Consistent = False,
    watch: Watch = False,
    poll: Poll = False,
    fail_fast: FailFast = False,
    jobs: Jobs = 1,
    threads: Threads = None,
    cluster: Cluster = None,
    preview: Preview = False,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
    preset: Preset = None,
    no_config: NoConfig = False,
) -> None:
    """Enhance dark photographs.

    \b
    Examples:
      llenhance enhance photo.jpg
      llenhance enhance *.jpg -o enhanced/ --brightness 0.1
      llenhance enhance holiday/ --jobs 2
      llenhance enhance scan.tif --target-mean 0.45 --format png
    """  # noqa: D301  # \b is Typer's sign for lines to keep as they are
    from llenhance.cli.cluster import through_cluster
    from llenhance.cli.failures import FailureFile
    from llenhance.cli.named import names_given
    from llenhance.cli.preview import Shown
    from llenhance.cli.replay import (
        Settings,
        given_in,
        load_again,
        settings_of,
        tell_differences,
    )
    from llenhance.cli.run_bar import watching_run
    from llenhance.cli.run_report import RunReport
    from llenhance.cli.summary import Summary
    from llenhance.enhancing.finish import Finish
    from llenhance.enhancing.wish import wish_for
    from llenhance.files.called import Naming
    from llenhance.jobs import batch
    from llenhance.jobs.job import STDIO, writes_to_stdout
    from llenhance.jobs.parts import NAMES, parts_for
    from llenhance.jobs.replay import original_of, record_of
    from llenhance.jobs.request import Request
    from llenhance.pictures.formats import format_to_write

    terminal = Terminal("enhance", json=json, quiet=quiet, verbose=verbose)
    tell_configuration(context, terminal)  # which `preset` and `no_config` are a part of
    for name in (output, match, model, replay, files_from, files0_from, errors, report, confidence):
        refuse_home(name)
    if cluster is None:
        refuse_store([*(photos or []), output])
    given = given_in(context)
    only_if_dark = only_if_dark or "dark_below" in given
    refuse_contradictions(
        options_of(context.params)
        | {
            "--only-if-dark": only_if_dark,
            f"--metadata {metadata}": metadata != "keep",
            "--temperature": "temperature" in given,
            "--seed": "seed" in given,
            "--brightness": "brightness" in given and bool(brightness),
        }
    )
    record = None if replay is None else record_of(replay)
    has_lists = files_from is not None or files0_from is not None
    if record is not None and replay is not None and not has_lists:
        photos = photos or [str(original_of(replay, record))]
    if not photos and not has_lists:
        raise UsageError("photo-missing", "PHOTO")
    refuse_result_among(photos or [], output=output)
    given_names = names_given(
        photos or [], files_from=files_from, files0_from=files0_from, terminal=terminal
    )
    photos, coming = given_names.names, given_names.coming
    if not photos and coming is None:  # empty lists, as a search that finds nothing leaves them
        if json:
            terminal.document(None, lines=True)
        raise typer.Exit
    if preview and (STDIO in photos or output == STDIO):
        raise UsageError("preview-needs-files", "--preview")
    shown = Shown(terminal) if preview else None
    if STDIO in photos:
        terminal.expect_input()
    if writes_to_stdout(photos, output=output) and not dry_run:
        terminal.expect_picture()
    if unusual := batch.unusual_brightness(brightness):
        terminal.note(unusual, about="brightness")
    request = Request(
        wish=wish_for(
            brightness=brightness,
            exposure=exposure,
            target_mean=target_mean,
            match=match,
            finish=Finish(strength=strength, denoise=denoise, protect=protect),
            max_megapixels=max_megapixels,
        ),
        format=format_to_write(format) if format else None,
        quality=quality,
        max_megapixels=max_megapixels,
        metadata=metadata,
        provenance=not no_provenance,
    )
    try:
        parts = parts_for(
            request.wish,
            variants=variants,
            pick=pick,
            sheet=sheet,
            series=series,
            temperature=temperature,
            seed=seed,
        )
    except UsageError as wrong:
        raise wrong.about(f"--{wrong.name}") from wrong
    naming = Naming(
        parts=NAMES if parts else (),
        suffix=suffix,
        template=name_template,
        model=model,
        brightness=_constant(request.wish),
    )
    policy = batch.Policy(
        output=output,
        copy_others=copy_others,
        recursive=recursive,
        overwrite=overwrite,
        skip_existing=skip_existing,
        dry_run=dry_run,
        preserve_time=preserve_time,
        jobs=jobs,
        fail_fast=fail_fast,
        only_if_dark=dark_below if only_if_dark else None,
        consistent=consistent,
        watch=watch,
        poll=poll,
        parts=parts,
        confidence=confidence,
    )
    settings = Settings(
        request=request,
        model=model,
        device=device,
        precision=precision,
        tile=tile_side(tile),
        fast=fast,
    )
    if record is not None:
        settings = settings_of(record, settings, given=given)
        naming = replace(naming, model=settings.model, brightness=_constant(settings.request.wish))
    found = obtain(settings.model, terminal=terminal, offline=offline)

    def load() -> batch.LoadedEnhancer:
        from llenhance.engine.settings import use_threads  # imports torch
        from llenhance.enhancer import Enhancer

        use_threads(threads, at_once=jobs)
        if record is not None and replay is not None:
            again = load_again(found, settings, record=record, given=given)
            tell_differences(again, record, terminal, result=replay)
            return again
        return Enhancer(
            found,
            device=settings.device,
            precision=settings.precision,
            tile=settings.tile,
            fast=settings.fast,
        )

    enhance_files = batch.enhance_files
    if cluster is not None:
        enhance_files = through_cluster(
            cluster,
            context,
            found=found,
            settings=settings,
            jobs=jobs,
            threads=threads,
        )
    pages = RunReport(report, overwrite=overwrite)
    chosen_from: str | None = None  # the first picture whose variants are only on a sheet
    routine, summary = Routine(tells_all=verbose or coming is not None), Summary()
    stopped = True
    try:
        with (
            watching_run(terminal) as bar,
            FailureFile(None if dry_run else errors, overwrite=overwrite) as failures,
        ):

            def begin(planned: Planned) -> None:
                summary.begin(planned)
                bar.begin(summary.expected)
                if watch:
                    terminal.say(f"Watching {', '.join(photos)}; Ctrl-C ends")

            def advise(note: Note, about: str) -> None:
                terminal.note(note, about=about)

            def tell(result: Result) -> None:
                if "quality" not in given:  # a preset says it for whatever format there is
                    notes = tuple(one for one in result.notes if one.code != "quality-ignored")
                    result = replace(result, notes=notes)
                nonlocal chosen_from
                if sheet and variants is None and result.status == "written":
                    chosen_from = chosen_from or result.input
                bar.finished(result)
                summary.add(result)
                told = clearer(result)
                pages.add(told)
                report_result(failures.add(told), terminal, routine, alone=not summary.in_folders)
                if shown is not None:
                    shown.show(result)

            for result in enhance_files(
                photos,
                coming=coming,
                enhancer=load,
                request=settings.request,
                policy=replace(policy, naming=naming),
                advise=advise,
                progress=bar.tiles,
                begin=begin,
                late=tell,
            ):
                tell(result)
        stopped = False
    except (KeyboardInterrupt, SystemExit) as leaving:  # by a signal
        code = leaving.code if isinstance(leaving, SystemExit) else 128 + signal.SIGINT
        terminal.exit_code = int(code or 0)
        pages.give_up(terminal)
        raise
    except (UsageError, WeightsError):  # the same command would not go on: the error says why
        summary = Summary()
        raise
    finally:  # also of what was done before it was stopped
        say_rest(routine, terminal)
        summary.tell(terminal, stopped=stopped)
    pages.write(terminal)
    if chosen_from is not None:
        line = shlex.join(["llenhance", chosen_from, "--pick", "3"])
        terminal.say(f"To write one of the variants, put --pick in place of --sheet: {line}")
    raise typer.Exit(terminal.exit_code)


def _constant(wish: Wish) -> float | None:
    """Return the constant that is known before a picture is; None if it is searched for."""
    return None if wish.is_target else wish.brightness
