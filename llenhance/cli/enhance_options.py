"""The options of `llenhance enhance`: what they are called, and what their help says."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from llenhance.cli import completion

Photos = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PHOTO|DIR",
        show_default=False,
        help="Pictures, and folders of pictures; - is standard input, @LIST a file of names.",
    ),
]
Output = Annotated[
    str | None,
    typer.Option(
        "--output",
        "-o",
        metavar="FILE|DIR|-",
        help="Write to a file, a folder, or - for standard output. "
        "Without it, photo_enhanced.jpg is written beside photo.jpg, and the results of "
        "a folder into DIR_enhanced.",
    ),
]
FilesFrom = Annotated[
    str | None,
    typer.Option(
        metavar="LIST",
        help="Take more names from a file, one a line, or from - as they come.",
    ),
]
Files0From = Annotated[
    str | None,
    typer.Option(metavar="LIST", help="The same with a NUL after each name: find -print0."),
]
Suffix = Annotated[
    str | None,
    typer.Option(
        metavar="TEXT", help="Name results photoTEXT.jpg; without it, photo_enhanced.jpg."
    ),
]
NameTemplate = Annotated[
    str | None,
    typer.Option(
        metavar="TEMPLATE",
        help="Name results by a template, such as {parent}/{stem}_{model}{ext}; also "
        "{brightness}, {counter} and {variant}.",
    ),
]
CopyOthers = Annotated[
    bool,
    typer.Option("--copy-others", help="Copy what is no picture in a folder to the results."),
]
Errors = Annotated[
    str | None,
    typer.Option(metavar="FILE", help="Write a line of JSON for each picture that fails, at once."),
]
Report = Annotated[
    str | None,
    typer.Option(
        metavar="[FILE]",
        help="At the end, write a page that compares pictures with their results; "
        "without FILE, report.html in the current folder.",
    ),
]
Recursive = Annotated[
    bool,
    typer.Option("--recursive/--no-recursive", "-r", help="Look into the folders of a folder too."),
]
Brightness = Annotated[
    float,
    typer.Option(min=-1, max=1, metavar="X", help="Darker (-0.4) or brighter (0.4)."),
]
Exposure = Annotated[
    float | None,
    typer.Option(
        min=-5,
        max=5,
        metavar="EV",
        help="Stops, relative to the result without this option: "
        "1 is twice its light, -1 half of it.",
    ),
]
TargetMean = Annotated[
    float | None,
    typer.Option(min=0, max=1, metavar="0..1", help="Mean gray that the result should have."),
]
Match = Annotated[
    str | None,
    typer.Option(metavar="REF", help="Picture whose mean gray the result should have."),
]
Strength = Annotated[
    float,
    typer.Option(min=0, max=1, metavar="0..1", help="How much of the effect; 0 is the original."),
]
Denoise = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="0..1", help="Less noise (1), or the original's fine detail (0)."
    ),
]
Protect = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="0..1", help="Keep lamps, windows and skies from burning out."
    ),
]
Variants = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=16,
        metavar="N",
        help="Write N plausible results: photo_v1.jpg, the usual one, then darker, brighter, "
        "warmer, cooler, and others.",
    ),
]
Pick = Annotated[
    int | None,
    typer.Option(min=1, max=16, metavar="K", help="Write variant K alone, as --variants would."),
]
Sheet = Annotated[
    bool,
    typer.Option(
        "--sheet", help="Show the variants on one labeled sheet, photo_sheet.jpg; alone, 4 of them."
    ),
]
Temperature = Annotated[
    float,
    typer.Option(
        metavar="X",
        help="How far variants differ, above 0 and up to 2: 0.5 is half as far, 2 twice.",
    ),
]
Seed = Annotated[
    int,
    typer.Option(min=0, max=2**32 - 1, metavar="N", help="Draw other variants from v6 on."),
]
Series = Annotated[
    str | None,
    typer.Option(
        metavar="FROM:TO:STEP",
        help="Show results of several brightness values on one strip, photo_series.jpg, "
        "such as -0.4:0.4:0.2.",
    ),
]
Fast = Annotated[
    bool,
    typer.Option("--fast", help="Enhance a small copy and transfer the effect: seconds."),
]
Format = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        autocompletion=completion.formats,
        help="Write jpeg, png, webp, tiff, bmp, avif, ppm, pgm or pam; "
        "without it, the format stays.",
    ),
]
Quality = Annotated[
    int | None,
    typer.Option(
        metavar="1-100",
        min=1,
        max=100,
        help="Quality of JPEG, WebP and AVIF; without it, JPEG and WebP keep theirs.",
    ),
]
MaxMegapixels = Annotated[
    float,
    typer.Option(metavar="N", min=0.01, help="Refuse larger pictures before they are decoded."),
]
Metadata = Annotated[
    Literal["keep", "strip", "strip-gps"],
    typer.Option(help="Keep EXIF, XMP, IPTC data and texts, or not, or all but positions."),
]
Replay = Annotated[
    str | None,
    typer.Option(
        metavar="RESULT",
        help="Use the settings that made this result. Without PHOTO, its original beside it.",
    ),
]
Confidence = Annotated[
    str | None,
    typer.Option(
        metavar="MAP.png|DIR",
        help="Also write how sure the model is of each place: a map of 16 bits, and colors over "
        "the result.",
    ),
]
NoProvenance = Annotated[
    bool,
    typer.Option("--no-provenance", help="Do not record in the result what made it."),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Write nothing: say what would be done."),
]
Preview = Annotated[
    bool,
    typer.Option(
        "--preview", help="Show before and after in the terminal: as pictures where it can."
    ),
]
PreserveTime = Annotated[
    bool,
    typer.Option("--preserve-time", help="Give results the modification time of their inputs."),
]
SkipExisting = Annotated[
    bool,
    typer.Option("--skip-existing", help="Skip pictures that have a file of the result's name."),
]
OnlyIfDark = Annotated[
    bool,
    typer.Option(
        "--only-if-dark", help="Leave well-lit pictures as they are; in a folder as copies."
    ),
]
DarkBelow = Annotated[
    float,
    typer.Option(
        min=0, max=1, metavar="0..1", help="Mean gray below which a picture counts as dark."
    ),
]
Consistent = Annotated[
    bool,
    typer.Option(
        "--consistent",
        "--burst",
        help="One brightness and tone for all pictures of a folder: nothing flickers.",
    ),
]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Go on with pictures that arrive in the folders later."),
]
Poll = Annotated[
    bool,
    typer.Option("--poll", help="Look for them every second, as network drives may need."),
]
FailFast = Annotated[
    bool, typer.Option("--fail-fast", help="Stop at the first picture that fails.")
]
Jobs = Annotated[
    int,
    typer.Option("--jobs", "-j", metavar="N", min=1, max=64, help="Pictures at once."),
]
Threads = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, max=1024, help="Threads of the processor, for all of it."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="[ADDRESS]",
        help="Work on a cluster of Ray: HOST:PORT, auto, or without an address on this "
        "machine; -j is the number of workers, and s3:// and gs:// are read and written.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print a line of JSON for each picture.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Say more about each picture.")]
