"""Write docs/SETTINGS.md: every setting with its default and the comment that stands beside it in detector/settings.py.

python scripts/write_settings_doc.py
"""

from __future__ import annotations

import ast
import dataclasses
import io
import tokenize
from pathlib import Path
from types import ModuleType

from detector import settings

PAGE = Path(__file__).resolve().parent.parent / "docs" / "SETTINGS.md"

_INTRODUCTION = """\
# Settings

Written by `scripts/write_settings_doc.py` from `detector/settings.py`; do not edit. Every number of the detector that
can be turned stands here. The defaults are the published detector: error rates and calibration hold for them, and a
result made with other values says so in its `settings`.

One value from the command line, several from a file, or both (the command line wins):

    count-shots bodycam.mp4 --set volleys.gap_s=2.5
    count-shots bodycam.mp4 --settings mine.toml

where `mine.toml` holds the stages as tables:

    [volleys]
    gap_s = 2.5

In Python: `detect("bodycam.mp4", settings=Settings.from_dict({"volleys": {"gap_s": 2.5}}))`. An unknown name is an
error that names the nearest known one.
"""


def page(module: ModuleType = settings) -> str:
    """The page in Markdown.

    Raises
    ------
    ValueError
        When a field has no comment beside it.
    """
    source = Path(str(module.__file__)).read_text(encoding="utf-8")
    comments = field_comments(source)
    parts = [_INTRODUCTION]
    for stage in dataclasses.fields(module.Settings):
        default = getattr(module.Settings(), stage.name)
        about = (type(default).__doc__ or "").strip().splitlines()[0]
        parts += [f"## {stage.name}", f"{about}\n", "| setting | default | meaning |", "|---|---|---|"]
        for each in dataclasses.fields(default):
            meaning = comments.get((type(default).__name__, each.name))
            if not meaning:
                raise ValueError(f"{type(default).__name__}.{each.name} has no comment: say unit, effect and origin")
            parts.append(f"| `{stage.name}.{each.name}` | {getattr(default, each.name)} | {meaning} |")
        parts.append("")
    return "\n".join(parts)


def field_comments(source: str) -> dict[tuple[str, str], str]:
    """(class, field) -> the comment on the lines of that field, in the source of a module."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    by_line = {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}
    comments = {}
    for stage in (node for node in ast.parse(source).body if isinstance(node, ast.ClassDef)):
        for field in stage.body:
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                lines = range(field.lineno, (field.end_lineno or field.lineno) + 1)
                comments[stage.name, field.target.id] = " ".join(by_line[line] for line in lines if line in by_line)
    return comments


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(f"written: {PAGE}")
