"""PDFs of issued documents, each made once, by as many processes as there are processors.

WeasyPrint takes a second or two for a document, and Python lets one thread at a time compute.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from orchestration.console.tree import write
from orchestration.errors import RunError
from reports import pdf, render
from reports.locales import formats_of
from reports.models.documents import IssuedDocument, issued_document

FEW = 4
"""So many documents are made here: a process takes longer to begin."""


@dataclass(frozen=True)
class Task:
    """A document to be made, of a file of the ledger that has this hash."""

    entry: str
    hash: str
    target: str


def read_document(entry: Path, hash_: str) -> IssuedDocument:
    """The document of a ledger entry; RunError where it is not the one that the marts know."""
    found = json.loads(entry.read_bytes())
    if found["hash"] != hash_:
        raise RunError(f"{entry} is not the entry that the marts know: its hash is another")
    return issued_document(found)


def make_all(tasks: Sequence[Task]) -> list[str]:
    """Makes and writes each; gives a sentence for each that failed."""
    if len(tasks) <= FEW:
        return [problem for problem in map(make, tasks) if problem]
    queue: SimpleQueue[Task] = SimpleQueue()
    for task in tasks:
        queue.put(task)
    workers = os.cpu_count() or 1
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(_by_process, [queue] * workers)
        return [problem for problems in found for problem in problems]


def make(task: Task) -> str:
    """Makes and writes one; says what went wrong, or nothing."""
    try:
        document = read_document(Path(task.entry), task.hash)
        paper = pdf.paper_of(formats_of(document.locale).locale.territory)
        write(Path(task.target), pdf.pdf(render.issued_page(document), paper))
    except pdf.PdfError as error:
        return f"no PDF of {document.number}: {error}"
    return ""


def _by_process(queue: "SimpleQueue[Task]") -> list[str]:
    """What a process of its own made of the tasks that it was given, one after the other."""
    command = [sys.executable, "-m", "orchestration.console.pdfs"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert worker.stdin
        assert worker.stdout
        problems = []
        for task in _taken(queue):
            worker.stdin.write(json.dumps(asdict(task)) + "\n")
            worker.stdin.flush()
            answer = worker.stdout.readline()
            if not answer:
                raise RunError(f"the process that makes PDFs died at {task.entry}")
            problems.append(json.loads(answer))
        return [problem for problem in problems if problem]


def _taken(queue: "SimpleQueue[Task]") -> Iterator[Task]:
    while True:
        try:
            yield queue.get_nowait()
        except Empty:
            return


def _serve(lines: Iterable[str]) -> None:
    for line in lines:
        print(json.dumps(make(Task(**json.loads(line)))), flush=True)


if __name__ == "__main__":
    _serve(sys.stdin)
