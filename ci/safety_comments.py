"""Finds `SAFETY:` comments that satisfy the lint and tell the reader nothing.

Clippy sees that an unsafe block has a comment; it cannot see that the comment says "obvious". A comment passes here when
it has at least three words and is not one of the known empty phrases.

    python3 ci/safety_comments.py            every Rust file under version control, or not yet ignored
    python3 ci/safety_comments.py FILE...    these files
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
START = re.compile(r"//\s*SAFETY:(.*)", re.IGNORECASE)
# What follows the marker, in whole: an empty phrase with a reason behind it is no filler.
FILLER = re.compile(
    r"(this|it|that|the (call|block|code|operation|pointer))?\s*(is|should be)?\s*"
    r"(obvious(ly)?( safe| sound)?|trivial(ly)?( safe| sound)?|untriaged|unreviewed|todo|fixme|tbd|xxx|ok(ay)?|fine|safe|sound|"
    r"valid|see above|as above|same as above|we know what we are doing|checked|trust me|by construction|"
    r"(all )?(the )?(preconditions|invariants|requirements) (hold|are met|are upheld|are satisfied)( here)?)"
    r"( here| by construction)?\W*",
    re.IGNORECASE,
)
FEWEST_WORDS = 3


def comments(text):
    """Yields (line number, text) of each SAFETY comment, its continuation lines joined."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        found = START.search(line)
        if not found:
            continue
        words = [found.group(1).strip()]
        for following in lines[number + 1 :]:
            stripped = following.strip()
            if not stripped.startswith("//") or START.search(stripped):
                break
            words.append(stripped.lstrip("/").strip())
        yield number + 1, " ".join(words).strip()


def empty(comment):
    """Whether the comment names no reason."""
    return len(re.findall(r"\w+", comment)) < FEWEST_WORDS or FILLER.fullmatch(comment) is not None


def self_check():
    """The checker has to bite: it is tried on planted comments before its silence is believed."""
    planted = [
        "// SAFETY: Untriaged.",
        "// SAFETY: obvious",
        "// SAFETY:",
        "// SAFETY: it is trivially safe here.",
        "// SAFETY: all the preconditions\n// are upheld here.",
        "// SAFETY: see above",
    ]
    kept = [
        "// SAFETY: by I3 the slot is ours until the guard drops.",
        "// SAFETY: the caller promises unique access\n// to the batch.",
    ]
    for sample in planted:
        assert [empty(text) for _, text in comments(sample)] == [True], sample
    for sample in kept:
        assert [empty(text) for _, text in comments(sample)] == [False], sample


def rust_files():
    folders = ["benches", "collections", "derive", "examples", "src", "sync", "tests"]
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.rs") if "target" not in path.parts)


def main(arguments):
    self_check()
    files = [pathlib.Path(name) for name in arguments] or rust_files()
    seen = 0
    bad = 0
    for path in files:
        for number, comment in comments(path.read_text(encoding="utf-8")):
            seen += 1
            if empty(comment):
                bad += 1
                print(f"{path}:{number}: names no reason: SAFETY: {comment}")
    print(f"{seen} safety comments in {len(files)} files, {bad} without a reason")
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
