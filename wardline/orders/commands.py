"""Command line: lets a pharmacist audit the interaction rules with a list of their own."""

import csv
import io
import re
from collections.abc import Iterator
from itertools import product
from typing import BinaryIO, NamedTuple

import click
from msgspec import Struct

from wardline.orders import checks, knowledge
from wardline.orders.drugs import KnowledgeMissing, Understood
from wardline.orders.knowledge import Knowledge
from wardline.orders.models import Alert

COLUMNS = ("first", "second", "tier", "rule", "title", "source", "also", "unknown")
SEPARATORS = (",", ";", "\t", "|")
SAYS_SEPARATOR = re.compile(r"sep=([,;\t|])\r?$", re.MULTILINE)  # the first line of a list for Excel
# Names of columns that people put above a list of pairs.
HEADER_WORDS = re.compile(
    r"(?:(?:drug|medicine|medication|ingredient|substance|agent|product|item|compound|brand|column|col|interactant|name|class)s?[ab12]?|generic|first|second|one|other|left|right"
    r"|object|precipitant|interacting|interacts|active|with|and|[ab12])"
)
FILE_BYTES_MAX = 16 * 1024 * 1024
NAME_LENGTH_MAX = 120
PROBLEMS_SHOWN_MAX = 20
NOT_ALL_KNOWN = 1


class BadFile(click.ClickException):
    """The list cannot be checked; nothing has been written to standard output."""

    exit_code = 2


NO_RULE = "no rule in this knowledge base"
SOME_MEMBERS = "some members of the class"
SAME = "the same ingredient"


class Pair(NamedTuple):
    """Two names as somebody wrote them."""

    line: int
    first: str
    second: str


class Checked(Struct):
    """What a pair of names came to; `unknown` are those that the table does not know.

    Of a class (`SSRI`) the alerts are those of all members; `some` says that they do not speak of every member.
    """

    pair: Pair
    alerts: list[Alert]
    unknown: list[str]
    some: bool = False
    same: bool = False

    @property
    def tier(self) -> str:
        """`1`, `2`, `3`, `the same ingredient`, `no rule in this knowledge base`, or `not checked`: a pair with an unknown name is never the former."""
        if self.unknown:
            return "not checked"
        if self.some:
            return SOME_MEMBERS
        return str(int(self.alerts[0].tier)) if self.alerts else SAME if self.same else NO_RULE


@click.command()
@click.option(
    "--pairs",
    "file",
    required=True,
    type=click.File("rb"),
    help='CSV with two drug names a line; "-" reads standard input.',
)
@click.pass_context
def interactions(ctx: click.Context, file: BinaryIO) -> None:
    """Look each pair of drug names up in the interaction rules and write what fires to standard output, as CSV.

    Columns: first, second, tier (1 interrupts, 2 beside the order, 3 passive mark, "the same ingredient"
    where two names share one and no rule speaks of them, "no rule in this knowledge base", or "not checked" where a name is unknown), rule, title and source of the strongest rule, also (further
    rules), unknown (names that the table does not know). A class as a whole ("SSRIs") is checked member by member: its
    tier is that of a rule for every pair of members, or "some members of the class". A line of column names at the top is
    skipped. Ends with 0 when every name was known, with 1 when some were not
    (they are listed on standard error), with 2 when the file cannot be read; nothing is written then.
    """
    try:
        rules = knowledge.load()
    except KnowledgeMissing as missing:
        raise BadFile(f"nothing was checked: {missing}") from missing
    checked = [_checked(pair, rules) for pair in _pairs(file)]
    click.echo(_written(checked), nl=False)
    click.echo(_summary(checked, rules), err=True)
    if any(one.unknown for one in checked):
        ctx.exit(NOT_ALL_KNOWN)


def _checked(pair: Pair, rules: Knowledge) -> Checked:
    meant = [_meanings(name, rules) for name in (pair.first, pair.second)]
    unknown = [name for name, each in zip(pair[1:], meant, strict=True) if not each]
    if unknown:
        return Checked(pair=pair, alerts=[], unknown=list(dict.fromkeys(unknown)))
    pairs = [(one, other) for one, other in product(*meant) if one.drugs != other.drugs]
    found = [_alerts(one, other, rules) for one, other in pairs]
    if all(len(each) == 1 for each in meant):
        shared = bool(set(meant[0][0].drugs) & set(meant[1][0].drugs))
        return Checked(pair=pair, alerts=found[0] if found else [], unknown=[], same=shared)
    return _of_classes(pair, found)


def _of_classes(pair: Pair, found: list[list[Alert]]) -> Checked:
    """One alert of each rule: those that speak of every pair of members, else whatever speaks of some."""
    firsts = {alert.rule: alert for alerts in found for alert in alerts}
    always = [alert for rule, alert in firsts.items() if all(rule in {one.rule for one in alerts} for alerts in found)]
    some = not always and bool(firsts)
    return Checked(pair=pair, alerts=checks.strongest_first(always or firsts.values()), unknown=[], some=some)


def _meanings(name: str, rules: Knowledge) -> list[Understood]:
    """The drug or product of a name, or every member of the class that it names; nothing for an unknown one."""
    understood = rules.table.find(name)
    if understood is not None:
        return [understood]
    held = rules.table.class_named(name)
    members = sorted(rules.table.members(held.key)) if held else []
    return [Understood(member, (rules.table.drugs[member],)) for member in members]


def _alerts(first: Understood, second: Understood, rules: Knowledge) -> list[Alert]:
    return checks.strongest_first(checks.interactions(first.drugs, second.drugs, rules))


def _written(checked: list[Checked]) -> str:
    titles = {rule.key: rule.title for rule in knowledge.load().pairs}
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(COLUMNS)
    for one in checked:
        rules = list(dict.fromkeys(alert.rule for alert in one.alerts))
        strongest = one.alerts[0] if one.alerts else None
        writer.writerow(
            [
                one.pair.first,
                one.pair.second,
                one.tier,
                strongest.rule if strongest else "",
                titles[strongest.rule] if strongest else "",
                strongest.source if strongest else "",
                "; ".join(rules[1:]),
                "; ".join(one.unknown),
            ]
        )
    return written.getvalue()


def _summary(checked: list[Checked], rules: Knowledge) -> str:
    tiers = [one.tier for one in checked]
    counts = [f"{tiers.count(tier)} {words}" for tier, words in _TIER_WORDS.items() if tier in tiers]
    pairs = "1 pair" if len(checked) == 1 else f"{len(checked)} pairs"
    lines = [f"{pairs}: {', '.join(counts)}."]
    unknown = list(dict.fromkeys(name for one in checked for name in one.unknown))
    if unknown:
        lines.append("The table does not know:")
        lines += [f"  {name}{_meant(name, rules)}" for name in unknown]
    return "\n".join(lines)


_TIER_WORDS = {
    "1": "interrupt (tier 1)",
    "2": "beside the order (tier 2)",
    "3": "passive (tier 3)",
    SOME_MEMBERS: "of some members of a class",
    SAME: "of the same ingredient",
    NO_RULE: "without a rule",
    "not checked": "not checked",
}


def _meant(name: str, rules: Knowledge) -> str:
    like = rules.table.like(name)
    return f" (did you mean {' or '.join(like)}?)" if like else ""


# --- reading the list --------------------------------------------------------------------------------------------------
def _pairs(file: BinaryIO) -> list[Pair]:
    rows = list(_rows(_text(file)))
    if not rows:
        raise BadFile("The file is empty: write two drug names a line, with a comma between them.")
    if len(rows[0][1]) > 2 and all(map(_is_column_name, rows[0][1][:2])):
        rows = [(line, row[:2]) for line, row in rows]  # the names of two columns say that the rest is something else
    problems: list[str] = []
    pairs = [pair for position, (line, row) in enumerate(rows) for pair in _pair(line, row, position == 0, problems)]
    if problems:
        more = len(problems) - PROBLEMS_SHOWN_MAX
        shown = problems[:PROBLEMS_SHOWN_MAX] + ([f"and {more} more"] if more > 0 else [])
        raise BadFile("\n".join(["nothing was checked, please correct:", *shown]))
    if not pairs:
        raise BadFile("The file holds no pairs under its line of column names.")
    return pairs


def _text(file: BinaryIO) -> str:
    content = file.read(FILE_BYTES_MAX + 1)
    if len(content) > FILE_BYTES_MAX:
        raise BadFile(f"The file is larger than {FILE_BYTES_MAX // 1024 // 1024} MB: split it.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise BadFile(f"line {line}: the file is not UTF-8: save it as CSV UTF-8.") from error
    if "\0" in text:
        raise BadFile("The file is not text: save it as CSV UTF-8.")
    return text


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each record that holds anything, with the line on which it begins."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    said = SAYS_SEPARATOR.match(text)
    separator = said[1] if said else max(SEPARATORS, key=lambda mark: (first.count(mark), -SEPARATORS.index(mark)))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True, skipinitialspace=True)
    begins = 1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells) and not (said and begins == 1):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error as error:
        raise BadFile(f"line {begins}: the file is not readable as CSV: {error}.") from error


def _pair(line: int, cells: list[str], is_first: bool, problems: list[str]) -> Iterator[Pair]:
    while len(cells) > 2 and not cells[-1]:
        cells.pop()
    if is_first and len(cells) == 2 and all(map(_is_column_name, cells)):
        return
    if len(cells) != 2:
        problems.append(f"line {line}: {len(cells)} {'name' if len(cells) == 1 else 'names'}, where two are expected")
    elif not all(cells):
        problems.append(f"line {line}: one of the two names is empty")
    elif max(map(len, cells)) > NAME_LENGTH_MAX:
        problems.append(f"line {line}: a name is longer than {NAME_LENGTH_MAX} characters")
    else:
        yield Pair(line, *cells)


def _is_column_name(cell: str) -> bool:
    words = cell.lower().replace("_", " ").replace("-", " ").split()
    return bool(words) and all(HEADER_WORDS.fullmatch(word) for word in words)
