"""How well callers are understood, on words that people really used.

    python bench/understanding.py [--data ../shared/data]

Reads `sgd_appointments.jsonl` (appointments from the Schema-Guided Dialogue data set) and the samples of triage, intents
and yes/no beside it. No learned head has seen a row that it is measured on: where a corpus holds one by chance, the head is
fitted anew without it. Exit 1 when a target is missed. Shares come with their 95 % interval (Wilson); a field with fewer
than 30 examples is only counted.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from receptionist.training import intents, triage, yes_no
from receptionist.training.fit import Row, fit
from receptionist.training.measure import cross_validated, wilson
from receptionist.training.triage import Example
from receptionist.understanding.head import Head
from receptionist.understanding.intents import INTENTS, classify
from receptionist.understanding.language import detect
from receptionist.understanding.names import find_name
from receptionist.understanding.phones import find_phone
from receptionist.understanding.places import find_address
from receptionist.understanding.text import read
from receptionist.understanding.triage import triage as judge
from receptionist.understanding.understand import Understanding, understand
from receptionist.understanding.when import find_when
from receptionist.understanding.yes_no import ANSWERS, answer, reply_features

DATA: Final = Path(__file__).parent.parent / "../shared/data"
SGD, TRIAGE, INTENTS_SAMPLE, YES_NO = (
    "sgd_appointments.jsonl",
    "triage_sample.jsonl",
    "intents_sample.jsonl",
    "yesno_sample.jsonl",
)
FEWEST: Final = 30
SGD_NOW: Final = dt.datetime(2019, 3, 1, 9, 0, tzinfo=ZoneInfo("America/Los_Angeles"))
"""In the world of that data today is Friday 2019-03-01."""
NOW: Final = dt.datetime(2026, 3, 2, 9, 0, tzinfo=ZoneInfo("America/Chicago"))
TEN_WORDS: Final = "yeah could somebody come friday around ten about a leak"

Line = dict[str, Any]
Better = Literal["more", "less"]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The share to reach, or not to exceed."""

    share: float
    better: Better = "more"

    def met(self, share: float) -> bool:
        return share >= self.share if self.better == "more" else share <= self.share

    def __str__(self) -> str:
        return f"{'>=' if self.better == 'more' else '<='} {self.share:.0%}"


@dataclass(kw_only=True)
class Measure:
    """One line of the table, and the rows that went wrong."""

    name: str
    target: Target | None = None
    hits: int = 0
    of: int = 0
    wrong: list[tuple[str, object, object]] = field(default_factory=list)

    def add(self, *, hit: bool, text: str, expected: object, got: object) -> None:
        """Counts a row. Where less is better a hit is what went wrong."""
        self.hits += hit
        self.of += 1
        if hit == (self.target is not None and self.target.better == "less"):
            self.wrong.append((text, expected, got))

    @property
    def counted_only(self) -> bool:
        return self.of < FEWEST

    @property
    def missed(self) -> bool:
        return bool(self.target and self.of and not self.counted_only and not self.target.met(self.hits / self.of))

    def __str__(self) -> str:
        count = f"{self.hits:5d} of {self.of:5d}"
        goal = "" if self.target is None else str(self.target)
        if self.counted_only or not self.of:
            return f"{self.name:<34} {count}   {'(counted only)':<24} {goal:>7}"
        low, high = (max(0.0, edge) for edge in wilson(self.hits, self.of))
        mark = "" if self.target is None else "MISS" if self.missed else "PASS"
        share = f"{self.hits / self.of:6.1%}  [{low:.1%}, {high:.1%}]"
        return f"{self.name:<34} {count}   {share:<24} {goal:>7}  {mark}"


class Table:
    """Measures in the order of their first use."""

    def __init__(self) -> None:
        self.measures: dict[str, Measure] = {}

    def add(
        self, name: str, lang: str, *, hit: bool, text: str, expected: object, got: object, target: Target | None = None
    ) -> None:
        """Counts a row for all callers and for its language."""
        for each, goal in ((name, target), (f"  {name}, {lang}", None)):
            measure = self.measures.setdefault(each, Measure(name=each, target=goal))
            if goal is None and target is not None and target.better == "less":
                measure.hits += hit
                measure.of += 1
            else:
                measure.add(hit=hit, text=text, expected=expected, got=got)

    def in_order(self) -> Iterator[Measure]:
        """Each measure, and below it the same for each language where callers spoke both."""
        for name, measure in self.measures.items():
            if not name.startswith(" "):
                yield measure
                languages = [part for other, part in self.measures.items() if other.startswith(f"  {name}, ")]
                yield from languages if len(languages) > 1 else ()


def lines_of(folder: Path, name: str) -> list[Line]:
    """The rows of one file; none when it is absent."""
    path = folder / name
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line] if path.exists() else []


def measure_sgd(rows: Sequence[Line], head: Head, table: Table) -> None:
    zone = ZoneInfo("America/Los_Angeles")
    for row in rows:
        heard = read(row["user"])
        when = find_when(heard, now=SGD_NOW, zone=zone, lang="en", prompt=row["system"])
        if "date" in row:
            got = None if when.date is None else when.date.isoformat()
            table.add(
                "SGD date",
                "en",
                hit=got == row["date"],
                text=shown(row),
                expected=row["date"],
                got=got,
                target=Target(share=0.97),
            )
        if "time" in row:
            clock = None if when.time is None else when.time.strftime("%H:%M")
            table.add(
                "SGD time",
                "en",
                hit=clock == row["time"],
                text=shown(row),
                expected=row["time"],
                got=clock,
                target=Target(share=0.98),
            )
        expected = answer_of(row)
        if expected is not None:
            said = answer(heard, prompt=row["system"], when=when, head=head)
            table.add(
                "SGD yes, no, alternative",
                "en",
                hit=said == expected,
                text=shown(row),
                expected=expected,
                got=said,
                target=Target(share=0.97),
            )


def answer_of(row: Line) -> str | None:
    """A NEGATE with a new date or time is an alternative, not a refusal."""
    if "AFFIRM" in row["acts"]:
        return "yes"
    if "NEGATE" in row["acts"]:
        return "alternative" if "date" in row or "time" in row else "no"
    return None


def shown(row: Line) -> str:
    return f"{row['system'][-70:]} | {row['user']}"


def measure_triage(rows: Sequence[Line], table: Table) -> None:
    asked = [Example(text=row["text"], lang=row["lang"], trade=row["trade"], category=row["category"]) for row in rows]
    own = {example.text for example in triage.examples()}
    if any(example.text in own for example in asked):
        outcomes = {outcome.example.text: outcome.triage for outcome in cross_validated(asked)}
    else:
        outcomes = {each.text: judge(read(each.text), lang=None, trade=each.trade) for each in asked}
    for row in rows:
        verdict = outcomes[row["text"]]
        got = verdict.category
        if row["emergency"]:
            table.add(
                "emergencies found",
                row["lang"],
                hit=verdict.emergency,
                text=row["text"],
                expected=row["category"],
                got=got,
                target=Target(share=0.95),
            )
            table.add(
                "rightly named",
                row["lang"],
                hit=got == row["category"],
                text=row["text"],
                expected=row["category"],
                got=got,
            )
        else:
            table.add(
                "false alarms",
                row["lang"],
                hit=verdict.emergency,
                text=row["text"],
                expected="none",
                got=got,
                target=Target(share=0.05, better="less"),
            )


def measure_intents(rows: Sequence[Line], head: Head, table: Table) -> None:
    for row in rows:
        text, lang = row["text"], row["lang"]
        heard = read(text)
        guess = classify(heard, head).intent
        table.add(
            "intent",
            lang,
            hit=guess == row["intent"],
            text=text,
            expected=row["intent"],
            got=guess,
            target=Target(share=0.92),
        )
        spoken = detect(heard)
        if spoken is not None:
            table.add("language, where detected", lang, hit=spoken == lang, text=text, expected=lang, got=spoken)
        found = facts_of(understand(text, now=NOW, zone=ZoneInfo("America/Chicago"), lang=lang))
        for name, got in found.items():
            expected = row[name]
            required = name in ("name", "address", "phone")
            if expected is not None:
                goal = Target(share=0.95) if required else None
                right = got is not None and got.casefold() == expected.casefold()
                table.add(f"{name} found", lang, hit=right, text=text, expected=expected, got=got, target=goal)
            else:
                goal = Target(share=0.02 if required else 0.05, better="less")
                table.add(f"{name} made up", lang, hit=got is not None, text=text, expected=None, got=got, target=goal)


def facts_of(understood: Understanding) -> dict[str, str | None]:
    name, address, phone, when = understood.name, understood.address, understood.phone, understood.when
    return {
        "name": None if name is None else name.text,
        "address": None if address is None else address.text,
        "phone": None if phone is None else phone.e164,
        "date_phrase": when.date_phrase,
        "time_phrase": when.time_phrase,
    }


def measure_yes_no(rows: Sequence[Line], head: Head, table: Table) -> None:
    for row in rows:
        said = answer(read(row["text"]), prompt=row["prompt"], head=head)
        text = f"{row['prompt']} | {row['text']}"
        table.add(
            "yes, no, alternative, unclear",
            row["lang"],
            hit=said == row["answer"],
            text=text,
            expected=row["answer"],
            got=said,
            target=Target(share=0.95),
        )


def intents_head(texts: Iterable[str]) -> Head:
    """The packaged head, or one without the texts that are measured."""
    measured = frozenset(intents.words_of(text) for text in texts)
    if not any(intents.words_of(text) in measured for _, text in intents.examples()):
        return Head.load("intents")
    return fit(intents.rows_without(measured), INTENTS, intents.SETTINGS)


def yes_no_head(texts: Iterable[str]) -> Head:
    """The packaged head, or one without the texts that are measured, whatever they answered."""
    measured = {intents.words_of(text) for text in texts}
    examples = list(yes_no.examples())
    kept = [example for example in examples if intents.words_of(example[1]) not in measured]
    if len(kept) == len(examples):
        return Head.load("yes_no")
    made = [Row(features=reply_features(read(text), prompt), label=label) for prompt, text, label in kept]
    return fit(made, ANSWERS, yes_no.SETTINGS)


def timings(texts: Sequence[str]) -> Iterator[tuple[str, float, float]]:
    """What is timed, with its median and its 99th percentile in microseconds."""
    zone = ZoneInfo("America/Chicago")
    prompt = "Does Thursday at 2 PM work for you?"
    heard = read(TEN_WORDS)
    parts: dict[str, Callable[[], object]] = {
        "triage": lambda: judge(heard, lang="en", trade="plumbing"),
        "intents": lambda: classify(heard),
        "yes_no": lambda: answer(heard, prompt=prompt),
        "when": lambda: find_when(heard, now=NOW, zone=zone, lang="en"),
        "names": lambda: find_name(heard, lang="en"),
        "addresses": lambda: find_address(heard, lang="en"),
        "phones": lambda: find_phone(heard),
        "language": lambda: detect(heard),
    }
    for name, part in parts.items():
        part()
        took = [timed(part) for _ in range(400)]
        yield f"{name}, ten words", statistics.median(took), statistics.quantiles(took, n=100)[98]
    whole = [partial(understand, text, now=NOW, zone=zone, prompt=prompt) for text in texts]
    for part in whole[:50]:
        part()
    took = [timed(part) for part in whole]
    yield f"all of it, {len(texts)} utterances", statistics.median(took), statistics.quantiles(took, n=100)[98]


def timed(act: Callable[[], object]) -> float:
    # Time on the processor: what else this machine does is no part of it.
    started = time.process_time()
    act()
    return (time.process_time() - started) * 1e6


def report(table: Table) -> bool:
    """Prints the table and every miss; returns whether all targets were met."""
    print(f"{'':<34} {'hits':>5} of {'rows':>5}   {'share  [95 % interval]':<24} {'target':>7}")
    for measure in table.in_order():
        print(measure)
    for measure in table.measures.values():
        if measure.wrong and not measure.name.startswith(" "):
            print(f"\n{measure.name}: {len(measure.wrong)} wrong")
            for text, expected, got in measure.wrong:
                print(f"  {text}\n      expected {expected}, got {got}")
    return not any(measure.missed for measure in table.measures.values())


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, prints, and returns 1 when a target is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, default=DATA, help="the folder with the data (default: %(default)s)")
    folder: Path = parser.parse_args(arguments).data
    names = (SGD, TRIAGE, INTENTS_SAMPLE, YES_NO)
    absent = [name for name in names if not (folder / name).exists()]
    if len(absent) == len(names):
        print(f"There is no data in {folder}: nothing was measured.")
        return 0
    for name in absent:
        print(f"{name} is not in {folder}: its measures are left out.\n")
    sgd, calls, wishes, answers = (lines_of(folder, name) for name in names)
    table = Table()
    head = yes_no_head([*(row["user"] for row in sgd), *(row["text"] for row in answers)])
    measure_sgd(sgd, head, table)
    measure_triage(calls, table)
    measure_intents(wishes, intents_head(row["text"] for row in wishes), table)
    measure_yes_no(answers, head, table)
    met = report(table)
    print(f"\n{'microseconds':<34} {'median':>8} {'p99':>8}")
    for name, median, worst in timings([row["text"] for row in (*calls, *wishes, *answers)]):
        print(f"{name:<34} {median:8.0f} {worst:8.0f}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
