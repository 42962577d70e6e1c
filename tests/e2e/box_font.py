"""A font in which every character is the same box: pictures then hold no machine's own letters.

Fonts differ between machines in shapes, widths and heights, and move everything that stands beside
a text. With this one a text is a row of boxes, as long as the text is and in its colour. It is a
TrueType font of three glyphs (what is missing, space, box); a "many to one" table (cmap format 13)
gives all of Unicode to the latter two.
"""

from __future__ import annotations

import struct

UNITS_PER_EM = 1000
ADVANCE = 500
ASCENT, DESCENT = 800, -200
BOX = (50, 0, 450, 500)  # left, bottom, right, top
SPACES = (0x20, 0xA0)  # the only characters that are empty
LAST_CHARACTER = 0x10FFFF
EMPTY_GLYPH, BOX_GLYPH = 1, 2  # 0 means missing


def box_font() -> bytes:
    """Return the font's file."""
    outline = _outline()
    tables = {
        b"OS/2": _metrics_of_windows(),
        b"cmap": _characters(),
        b"glyf": outline,
        b"head": _head(),
        b"hhea": struct.pack(
            ">IhhhHhhhhhh8xhH", 0x10000, ASCENT, DESCENT, 0, ADVANCE, 0, 0, BOX[2], 1, 0, 0, 0, 3
        ),
        b"hmtx": struct.pack(">HhHhHh", ADVANCE, 0, ADVANCE, 0, ADVANCE, BOX[0]),
        b"loca": struct.pack(">4I", 0, 0, 0, len(outline)),
        b"maxp": struct.pack(">IHHHHHHHHHHHHHH", 0x10000, 3, 4, 1, 0, 0, 2, *[0] * 8),
        b"name": struct.pack(">3H", 0, 0, 6),
        b"post": struct.pack(">IIhhI4I", 0x30000, 0, -100, 50, 0, 0, 0, 0, 0),
    }
    return _file(tables)


def _outline() -> bytes:
    """Return the box: one contour of four corners, as 16-bit steps from one to the next."""
    left, bottom, right, top = BOX
    header = struct.pack(">hhhhh", 1, left, bottom, right, top)
    corners = struct.pack(">HH4B", 3, 0, 1, 1, 1, 1)
    across = struct.pack(">4h", left, 0, right - left, 0)
    up = struct.pack(">4h", bottom, top - bottom, 0, bottom - top)
    return header + corners + across + up + b"\0\0"


def _characters() -> bytes:
    """Return the table from ranges of characters to one glyph each."""
    groups, begin = [], 0
    for space in (*SPACES, LAST_CHARACTER + 1):
        groups.append((begin, space - 1, BOX_GLYPH))
        groups.append((space, space, EMPTY_GLYPH))
        begin = space + 1
    body = b"".join(struct.pack(">III", *group) for group in groups[:-1])
    table = struct.pack(">HHIII", 13, 0, 16 + len(body), 0, len(groups) - 1) + body
    return struct.pack(">HHHHI", 0, 1, 3, 10, 12) + table


def _head() -> bytes:
    return struct.pack(
        ">IIIIHHqqhhhhHHhhh",
        *(0x10000, 0x10000, 0, 0x5F0F3CF5, 3, UNITS_PER_EM, 0, 0),
        *BOX,
        *(0, 8, 2, 1, 0),
    )


def _metrics_of_windows() -> bytes:
    """Return the OS/2 table, version 4."""
    weight = struct.pack(">HhHHH", 4, ADVANCE, 400, 5, 0)
    scripts = struct.pack(">10hh", *[500, 500, 0, 0] * 2, 50, 300, 0)
    ranges = bytes(10) + struct.pack(">4I4s", 1, 0, 0, 0, b"test")
    extent = struct.pack(">HHHhhhHH", 0x40, 0x20, 0xFFFF, ASCENT, DESCENT, 0, ASCENT, -DESCENT)
    return weight + scripts + ranges + extent + struct.pack(">IIhhHHH", 1, 0, 500, 700, 0, 0x20, 1)


def _file(tables: dict[bytes, bytes]) -> bytes:
    """Return the tables behind their directory, each at a multiple of four bytes."""
    directory = struct.pack(">IHHHH", 0x10000, len(tables), 128, 3, 16 * len(tables) - 128)
    offset, bodies = 12 + 16 * len(tables), b""
    for tag, body in sorted(tables.items()):
        padded = body + bytes(-len(body) % 4)
        checksum = sum(struct.unpack(f">{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        directory += struct.pack(">4sIII", tag, checksum, offset + len(bodies), len(body))
        bodies += padded
    return directory + bodies
