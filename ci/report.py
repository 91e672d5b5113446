"""Checks what the contention program writes; used by `ci/bench-smoke.sh`.

    python3 ci/report.py json FILE    parses, and each family has rows of polder and of a rival
    python3 ci/report.py html FILE    a whole page that loads nothing from elsewhere
    python3 ci/report.py png FILE     a screenshot that shows something
"""

import contextlib
import html.parser
import io
import json
import math
import re
import struct
import sys
import zlib

# An attribute that makes a browser load or open something.
LOADS = {"src", "href", "xlink:href", "srcset", "poster", "data", "action", "formaction", "background"}
CSS_LOAD = re.compile(r"@import|url\(\s*['\"]?(?!data:|#)", re.IGNORECASE)
SCRIPT_LOAD = re.compile(r"\bfetch\s*\(|XMLHttpRequest|WebSocket|EventSource|\bimport\s*\(|importScripts|https?://(?!www\.w3\.org/)")


def check_json(document):
    """Returns a list of complaints. Numbers are not judged, but there have to be some."""
    rows = document.get("rows") if isinstance(document, dict) else None
    if not rows or not isinstance(rows, list):
        return ["has no rows"]
    complaints = []
    families = {}
    for at, row in enumerate(rows):
        missing = [key for key in ("family", "workload", "backend", "metric", "unit", "median", "limit") if key not in row]
        if missing:
            complaints.append(f"row {at} has no {', '.join(missing)}")
            continue
        found = families.setdefault(row["family"], {"polder": 0, "rivals": 0})
        median = row["median"]
        if median is None:  # "no result" is a legitimate row, and no evidence
            continue
        if isinstance(median, bool) or not isinstance(median, (int, float)) or not math.isfinite(median) or median < 0:
            complaints.append(f"row {at} has a strange median: {median!r}")
        elif row["backend"].startswith("polder"):
            found["polder"] += 1
        elif not row["limit"]:
            found["rivals"] += 1
    for family, found in families.items():
        print(f"family {family}: {found['polder']} figures of polder, {found['rivals']} of rivals")
        complaints += [f"family {family} has no figure of {who}" for who, count in found.items() if not count]
    return complaints


class Page(html.parser.HTMLParser):
    """Collects what a page would load, and the length of what it says."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.external = []
        self.tags = set()
        self.words = 0
        self.inside = None

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        if tag in ("script", "style"):
            self.inside = tag
        for name, value in attrs:
            value = (value or "").strip()
            if name in LOADS and value and not value.startswith(("#", "data:")):
                self.external.append(f"<{tag} {name}={value!r}>")
            if name == "style" and CSS_LOAD.search(value):
                self.external.append(f"<{tag} style={value!r}>")

    def handle_endtag(self, tag):
        if tag == self.inside:
            self.inside = None

    def handle_data(self, data):
        if self.inside == "style" and CSS_LOAD.search(data):
            self.external.append("a style sheet that loads: " + CSS_LOAD.search(data).group(0))
        elif self.inside == "script" and SCRIPT_LOAD.search(data):
            self.external.append("a script that loads: " + SCRIPT_LOAD.search(data).group(0))
        elif self.inside is None:
            self.words += len(data.split())


def check_html(text):
    """Returns a list of complaints."""
    page = Page()
    page.feed(text)
    page.close()
    complaints = [f"refers to something outside the page: {what}" for what in page.external]
    complaints += [f"has no <{tag}>" for tag in ("html", "body") if tag not in page.tags]
    if page.words < 50:
        complaints.append(f"says only {page.words} words")
    return complaints


def png_rows(data):
    """Yields the unfiltered rows of an 8-bit RGB or RGBA image without interlacing, as browsers write them."""
    if data[:8] != b"\x89PNG\r\n\x1a\n":
        raise ValueError("not a PNG file")
    at, packed, header = 8, b"", None
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IHDR":
            header = struct.unpack(">IIBBBBB", body)
        elif kind == b"IDAT":
            packed += body
    width, height, depth, colour, _, _, interlace = header
    if depth != 8 or colour not in (2, 6) or interlace:
        raise ValueError(f"unexpected kind of PNG: depth {depth}, colour type {colour}, interlace {interlace}")
    size = 3 if colour == 2 else 4
    raw = zlib.decompress(packed)
    stride = width * size
    above = bytearray(stride)
    for y in range(height):
        kind = raw[y * (stride + 1)]
        row = bytearray(raw[y * (stride + 1) + 1 : (y + 1) * (stride + 1)])
        for x in range(stride if kind else 0):
            left = row[x - size] if x >= size else 0
            corner = above[x - size] if x >= size else 0
            up = above[x]
            if kind == 1:
                guess = left
            elif kind == 2:
                guess = up
            elif kind == 3:
                guess = (left + up) // 2
            else:
                base = left + up - corner
                guess = min((left, up, corner), key=lambda value: abs(base - value))
            row[x] = (row[x] + guess) & 0xFF
        yield row, size
        above = row


def check_png(data):
    """A page with text and charts has many colours and is not nearly all background."""
    counts = {}
    total = 0
    for row, size in png_rows(data):
        for x in range(0, len(row), size):
            colour = bytes(row[x : x + 3])
            counts[colour] = counts.get(colour, 0) + 1
            total += 1
    share = 1 - max(counts.values()) / total
    print(f"{len(counts)} colours, {share:.1%} of the picture is not its background")
    if len(counts) < 8 or share < 0.005:
        return ["the picture is blank or nearly so"]
    return []


def self_check():
    """Each check is shown to bite before its silence is believed."""
    words = "word " * 60
    assert check_html(f"<html><body><p>{words}</p><svg xmlns='http://www.w3.org/2000/svg'></svg></body></html>") == []
    for planted in (
        "<script src='https://example.org/a.js'></script>",
        "<link rel=stylesheet href=style.css>",
        "<img src='//example.org/a.png'>",
        "<style>@import 'a.css';</style>",
        "<p style='background: url(a.png)'></p>",
        "<script>fetch('rows.json')</script>",
    ):
        assert check_html(f"<html><body>{planted}{words}</body></html>"), planted
    assert check_html("<html><body></body></html>")

    row = dict(family="f", workload="w", backend="polder", metric="m", unit="ns", median=1.5, limit=False)
    rival = row | {"backend": "rival"}
    assert check_json({"rows": [row, rival]}) == []
    for planted in (
        [],
        [row],
        [rival],
        [row, rival | {"limit": True}],
        [row, rival | {"median": None}],
        [row, rival, row | {"family": "g"}],
        [row, rival, row | {"median": float("nan")}],
        [row, rival, {"family": "f"}],
    ):
        assert check_json({"rows": planted}), planted

    def png(pixels, width, height):
        def chunk(kind, body):
            return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

        header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
        rows = b"".join(b"\0" + pixels[y * width * 3 : (y + 1) * width * 3] for y in range(height))
        return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")

    assert check_png(png(b"\xff" * 16 * 16 * 3, 16, 16))
    assert check_png(png(bytes(range(256)) * 3, 16, 16)) == []


def main(arguments):
    with contextlib.redirect_stdout(io.StringIO()):
        self_check()
    kind, path = arguments
    data = open(path, "rb").read()
    complaints = {
        "json": lambda: check_json(json.loads(data)),
        "html": lambda: check_html(data.decode("utf-8")),
        "png": lambda: check_png(data),
    }[kind]()
    for complaint in complaints:
        print(f"{path}: {complaint}")
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
