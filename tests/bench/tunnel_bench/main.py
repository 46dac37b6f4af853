"""Runs the loads over the subjects, round by round, and makes the table."""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from deploy.demo.processes import stop_all
from tests.bench.tunnel_bench.loads import MEASURES, LoadFailed, Measure
from tests.bench.tunnel_bench.origin import Origin
from tests.bench.tunnel_bench.subjects import PEERS, Lifeboat, Subject

# (measure, which of its figures, subject) → a figure a round
Figures = dict[tuple[str, int, str], list[float]]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="How fast the tunnel is, beside its peers.")
    parser.add_argument("--peers", action="store_true", help="rathole, nginx and haproxy too")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each load")
    parser.add_argument("--only", action="append", help="measures with these words in their name")
    parser.add_argument("--json", type=Path, help="every figure of every round")
    return parser.parse_args()


def _subjects(options: argparse.Namespace, origin: Origin, directory: Path) -> list[Subject]:
    subjects: list[Subject] = [Subject(origin.ports, directory)]
    for kind in PEERS if options.peers else ():
        missing = kind.missing()
        if missing:
            print(f"left out: {missing}", flush=True)
        else:
            subjects.append(kind(origin.ports, directory))
    subjects.append(Lifeboat(origin.ports, directory))
    return subjects


def _rounds(subjects: list[Subject], measures: list[Measure], options) -> Figures:
    figures: Figures = defaultdict(list)
    for turn in range(options.rounds):
        for measure in measures:
            for subject in subjects:
                taken = measure.take(subject, options.seconds)
                for i, figure in enumerate(taken):
                    figures[measure.name, i, subject.name].append(figure)
            print(f"round {turn + 1} of {options.rounds}: {measure.name}", flush=True)
    return figures


def _cell(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 100 else f"{figure:.3g}"


def table(figures: Figures, measures: list[Measure], names: list[str]) -> str:
    """Medians, as Markdown, with the ratio to rathole where it was there."""
    beside = "rathole" if "rathole" in names else ""
    heads = ["load", "figure", *names, *([f"beside {beside}"] if beside else [])]
    lines = [" | ".join(heads), " | ".join(["---"] * len(heads))]
    for measure in measures:
        for i, unit in enumerate(measure.units):
            medians = {name: statistics.median(figures[measure.name, i, name]) for name in names}
            cells = [measure.name, unit, *(_cell(medians[name]) for name in names)]
            if beside:
                ratio = medians["lifeboat"] / medians[beside] if medians[beside] else 0
                cells.append(f"{ratio:.2f} ×")
            lines.append(" | ".join(cells))
    return "\n".join(f"| {line} |" for line in lines)


def main() -> int:
    options = _options()
    measures = [
        measure
        for measure in MEASURES
        if not options.only or any(words in measure.name for words in options.only)
    ]
    with tempfile.TemporaryDirectory(prefix="lifeboat-bench.") as name:
        directory = Path(name)
        origin = Origin(directory)
        subjects = _subjects(options, origin, directory)
        started = [*origin.processes, *(p for subject in subjects for p in subject.processes)]
        try:
            origin.start()
            for subject in subjects:
                subject.start()
            figures = _rounds(subjects, measures, options)
        except (LoadFailed, TimeoutError, subprocess.TimeoutExpired) as trouble:
            print(f"tests/bench/tunnel: {trouble}", file=sys.stderr)
            for process in started:
                if process.log.exists():
                    print(f"--- {process.name}\n{process.tail(5)}", file=sys.stderr)
            return 1
        finally:
            stop_all(started)
    print(table(figures, measures, [subject.name for subject in subjects]))
    if options.json:
        kept = [
            {"load": load, "figure": i, "subject": subject, "rounds": rounds}
            for (load, i, subject), rounds in figures.items()
        ]
        options.json.write_text(json.dumps(kept, indent=1))
    return 0
