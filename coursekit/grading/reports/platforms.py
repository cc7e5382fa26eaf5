"""Points in the table that a platform exported, so that it can be uploaded there again."""

import csv
import io
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from coursekit.grading.intake.names import safe_names
from coursekit.grading.reports.totals import Total
from coursekit.problem import PageError
from coursekit.units import counted

_ENCODINGS = (
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
    (b"\xef\xbb\xbf", "utf-8-sig"),
)
_OUT_OF = re.compile(r"\[Total Pts: *(?:up to *)?([\d.,]+)", re.IGNORECASE)


@dataclass
class Table:
    """A table as it was exported: its cells, and how the file is written."""

    rows: list[list[str]]
    encoding: str
    delimiter: str
    quoting: int
    end: str

    @classmethod
    def read(cls, data: bytes) -> "Table":
        """Read the bytes of a table.

        Raises PageError where they are none.
        """
        encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            encoding = "cp1252"
            text = data.decode(encoding, "replace")
        first = text.splitlines()[0] if text.strip() else ""
        delimiter = max("\t;,", key=first.count)
        quoting = csv.QUOTE_ALL if first.startswith('"') and '",' in first else csv.QUOTE_MINIMAL
        try:
            rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        except csv.Error as error:
            raise PageError(f"the export is no table: {error}") from error
        if not rows or len(rows[0]) < 2:
            raise PageError("the export is no table with a line of headings")
        return cls(rows, encoding, delimiter, quoting, "\r\n" if "\r\n" in text else "\n")

    def written(self) -> bytes:
        """The bytes of the table, written as it was read."""
        file = io.StringIO(newline="")
        csv.writer(
            file, delimiter=self.delimiter, quoting=self.quoting, lineterminator=self.end
        ).writerows(self.rows)
        return file.getvalue().encode(self.encoding)

    def column(self, *names: str) -> int | None:
        """The place of the first of these headings, whatever the case."""
        there = [_plain(one) for one in self.rows[0]]
        return next((there.index(_plain(name)) for name in names if _plain(name) in there), None)

    def cell(self, row: Sequence[str], place: int | None) -> str:
        """A cell of a row; empty where the row is too short."""
        return row[place].strip() if place is not None and place < len(row) else ""


@dataclass
class Platform:
    """How a platform's table is read.

    ``identities`` gives what students of ours may be called, for a row; ``students`` how one of ours may be called there.
    ``maximum`` gives the points that can be had, for a column and a row, as far as the table says.
    """

    name: str
    asked: tuple[str, ...]
    identities: Callable[[Table, Sequence[str]], list[str]]
    maximum: Callable[[Table, int, Sequence[str]], str]
    students: Callable[[str], list[str]] = lambda student: [student]
    default: str = ""


@dataclass
class Filled:
    """A table with points: its bytes, how many were put in, and what a person should know."""

    data: bytes
    count: int
    told: list[str] = field(default_factory=list)


def fill(
    platform: Platform,
    data: bytes,
    totals: Iterable[Total],
    columns: Mapping[str, str],
    scale: bool = False,
    unfinished: bool = False,
) -> Filled:
    """Put points into a table that a platform exported; all else stays as it is.

    ``columns`` are headings by chapter, where they do not hold the chapter's name. With ``scale``, points are converted where
    the platform has another maximum. Students of whom answers still wait for a person are left out, but for ``unfinished``.

    Raises PageError where a column cannot be told, or has another maximum.
    """
    table = Table.read(data)
    if missing := [name for name in platform.asked if table.column(name) is None]:
        raise PageError(
            f"this is no export of {platform.name}: it has no column {' and '.join(missing)}"
        )
    by_chapter: dict[str, list[Total]] = defaultdict(list)
    for total in totals:
        by_chapter[total.chapter].append(total)
    if unknown := [name for name in columns if name not in by_chapter]:
        raise PageError(f"there are no grades for {', '.join(unknown)}")
    filled = Filled(b"", 0)
    places = _places(platform, table, by_chapter, columns, filled.told)
    rows = _rows(platform, table)
    for chapter, place in places.items():
        for total in by_chapter[chapter]:
            row = _row_of(platform, rows, total, filled.told)
            if row is None:
                continue
            if total.waiting and not unfinished:
                filled.told.append(
                    f"{total.student}: a person has still to give {counted(total.waiting, 'point')} of {chapter}; left as it was"
                )
                continue
            if total.look_at:
                filled.told.append(
                    f"{total.student}: look at {', '.join(total.look_at)} before you upload the points"
                )
            row += [""] * (place + 1 - len(row))
            row[place] = _number(platform, table, place, row, total, scale)
            filled.count += 1
    filled.data = table.written()
    return filled


def _places(
    platform: Platform,
    table: Table,
    chapters: Mapping[str, list[Total]],
    columns: Mapping[str, str],
    told: list[str],
) -> dict[str, int]:
    """The column of each chapter."""
    places = {}
    for chapter in chapters:
        wanted = columns.get(chapter, "")
        if not wanted and platform.default and len(chapters) == 1:
            wanted = platform.default
        if wanted:
            place = table.column(wanted)
            if place is None:
                raise PageError(f"there is no column {wanted!r}; there are: {_list(table.rows[0])}")
            places[chapter] = place
            continue
        name = f" {_plain(chapter)} "
        found = [i for i, one in enumerate(table.rows[0]) if name in f" {_plain(one)} "]
        if len(found) == 1:
            places[chapter] = found[0]
        else:
            how = "several columns" if found else "no column"
            told.append(f"{chapter}: {how} of that name; say --column {chapter}=HEADING")
    if not places:
        raise PageError("\n".join([*told, f"the export has: {_list(table.rows[0])}"]))
    return places


def _rows(platform: Platform, table: Table) -> dict[str, list[list[str]]]:
    """The rows of students, by each name that they may have here."""
    rows: dict[str, list[list[str]]] = defaultdict(list)
    for row in table.rows[1:]:
        for name in {_same(one) for one in platform.identities(table, row) if one.strip()}:
            rows[name].append(row)
    return rows


def _row_of(
    platform: Platform, rows: Mapping[str, list[list[str]]], total: Total, told: list[str]
) -> list[str] | None:
    found = {}
    for name in platform.students(total.student):
        found |= {id(row): row for row in rows.get(_same(name), ())}
    if len(found) == 1:
        return next(iter(found.values()))
    how = "several students" if found else "no student"
    told.append(f"{total.student}: {how} of that name in the export; left out")
    return None


def _number(
    platform: Platform, table: Table, place: int, row: Sequence[str], total: Total, scale: bool
) -> str:
    """Points as the table has numbers."""
    said = platform.maximum(table, place, row)
    points, comma = total.points, "," in said
    try:
        out_of = float(said.replace(",", ".")) if said else total.maximum
    except ValueError:
        out_of = total.maximum
    if out_of != total.maximum:
        if not scale:
            raise PageError(
                f"{table.rows[0][place]} is out of {counted(out_of, 'point')}, {total.chapter} out of {total.maximum:g}; "
                "change it on the platform, or say --scale"
            )
        points *= out_of / total.maximum if total.maximum else 0
    number = f"{round(points, 2):g}"
    return number.replace(".", ",") if comma else number


def _list(headings: Iterable[str]) -> str:
    return ", ".join(repr(one) for one in headings if one.strip())


def _plain(heading: str) -> str:
    return re.sub(r"[\W_]+", " ", heading).strip().casefold()


def _same(name: str) -> str:
    """A name as it compares with others: as the folder that it gives."""
    (folder,) = safe_names([" ".join(unicodedata.normalize("NFC", name).split())]).values()
    return folder.casefold()


# ----------------------------------------------------------------------------------- platforms


def _of(*headings: str) -> Callable[[Table, Sequence[str]], list[str]]:
    """The cells of a row that name a student."""
    return lambda table, row: [table.cell(row, table.column(one)) for one in headings]


def _canvas_row(table: Table, row: Sequence[str]) -> list[str]:
    number = table.cell(row, table.column("ID"))
    if not number:
        return []
    others = _of("SIS User ID", "SIS Login ID", "Integration ID")(table, row)
    return [f"canvas user {number}", *others]


def _canvas_student(student: str) -> list[str]:
    """One of ours: by the number at the end of the name that Canvas gives to files, or as the folder was called."""
    number = re.fullmatch(r"(?:.*_)?(\d+)", student)
    return [student, f"canvas user {number[1]}"] if number else [student]


def _canvas_maximum(table: Table, place: int, _: Sequence[str]) -> str:
    """Canvas tells it in a row of its own."""
    return next(
        (table.cell(row, place) for row in table.rows if row and "points possible" in row[0].casefold()),
        "",
    )  # fmt: skip


def _moodle_row(table: Table, row: Sequence[str]) -> list[str]:
    name, *others = _of("Full name", "Email address", "Username", "ID number")(table, row)
    number = re.search(r"\d+$", table.cell(row, 0))
    # Namesakes go by Moodle's number for them, too.
    return [name, f"{name}_{number[0]}" if number else "", *others]


def _blackboard_maximum(table: Table, place: int, _: Sequence[str]) -> str:
    """Blackboard tells it in the heading."""
    found = _OUT_OF.search(table.rows[0][place])
    return found[1] if found else ""


PLATFORMS = {
    "canvas": Platform("Canvas' gradebook", ("Student", "ID"), _canvas_row, _canvas_maximum, _canvas_student),
    "moodle": Platform(
        "Moodle's grading worksheet", ("Full name", "Grade"), _moodle_row,
        lambda table, _, row: table.cell(row, table.column("Maximum Grade")), default="Grade",
    ),
    "blackboard": Platform(
        "Blackboard's grade center", ("Username",), _of("Username", "Student ID"), _blackboard_maximum
    ),
}  # fmt: skip
