"""The files of issued documents, each made once, by as many processes as there are processors.

A page takes some milliseconds and a PDF a second or two, and Python lets one thread at a time compute. So
where there is much to make, programs of our own make it, while this one goes on.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

import orjson

from orchestration.console.tree import write
from orchestration.errors import RunError
from reports import exports, pdf, render
from reports.locales import formats_of
from reports.models.documents import IssuedDocument, issued_document

FEW_PAGES, FEW_PDFS = 200, 3
"""So much is made here: a process takes some seconds to begin."""


@dataclass(frozen=True)
class Task:
    """A document of which files are to be made: of a file of the ledger that has this hash."""

    entry: str
    hash: str
    base: str
    """The files' path without a suffix."""
    suffixes: tuple[str, ...]
    list_page: str
    """The page of the account that the document's page leads back to."""


def make(task: Task) -> str:
    """Makes and writes a document's files; says what went wrong with its PDF, or nothing."""
    document = read_document(Path(task.entry), task.hash)
    for suffix in task.suffixes:
        try:
            write(f"{task.base}.{suffix}", _MAKE[suffix](document, task.list_page))
        except pdf.PdfError as error:
            return f"no PDF of {document.number}: {error}"
    return ""


def read_document(entry: Path, hash_: str) -> IssuedDocument:
    """The document of a ledger entry; RunError where it is not the one that the marts know."""
    found = orjson.loads(entry.read_bytes())
    if found["hash"] != hash_:
        raise RunError(f"{entry} is not the entry that the marts know: its hash is another")
    return issued_document(found)


def page_of(document: IssuedDocument, list_page: str) -> bytes:
    """The page, whose lines lead to where they come from, and which leads back to the account's list."""
    return render.issued_page(document, f"../lines/{document.file_name}.html", f"../{list_page}").encode()


def table_of(document: IssuedDocument, _: str) -> bytes:
    """The lines and sums as CSV."""
    return exports.document_csv(document).encode()


def pdf_of(document: IssuedDocument, _: str) -> bytes:
    """The page as it is printed, on the paper of the customer's country, without the console's links."""
    territory = formats_of(document.locale).locale.territory
    return pdf.pdf(render.issued_page(document), pdf.paper_of(territory))


_MAKE = {"html": page_of, "csv": table_of, "pdf": pdf_of}


class Making:
    """Tasks by account, under way; `wait` gives an account's problems once all of its files are there."""

    def __init__(self, tasks: dict[str, Sequence[Task]], processors: int):
        self._done: dict[str, Future[list[str]]] = {account_id: Future() for account_id in tasks}
        self._queue: SimpleQueue[tuple[str, Sequence[Task]]] = SimpleQueue()
        for account_id, of_it in tasks.items():
            self._queue.put((account_id, of_it))
        all_tasks = [task for of_it in tasks.values() for task in of_it]
        pdfs = sum("pdf" in task.suffixes for task in all_tasks)
        if processors == 1 or (len(all_tasks) <= FEW_PAGES and pdfs <= FEW_PDFS):
            self._work(make)
            return
        for _ in range(processors):  # daemons: a rendering that dies does not wait for them
            threading.Thread(target=self._work_by_process, daemon=True).start()

    def wait(self, account_id: str) -> list[str]:
        """What went wrong with an account's PDFs; raises what stopped a process."""
        return self._done[account_id].result() if account_id in self._done else []

    def _work(self, make_one: Callable[[Task], str]) -> None:
        while True:
            try:
                account_id, tasks = self._queue.get_nowait()
            except Empty:
                return
            try:
                self._done[account_id].set_result([problem for task in tasks if (problem := make_one(task))])
            except Exception as error:  # for whoever waits
                self._done[account_id].set_exception(error)

    def _work_by_process(self) -> None:
        command = [sys.executable, "-m", "orchestration.console.making"]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
            self._work(lambda task: _asked(worker, task))


def _asked(worker: "subprocess.Popen[str]", task: Task) -> str:
    """The answer of a process that makes a document."""
    assert worker.stdin
    assert worker.stdout
    try:
        worker.stdin.write(json.dumps(asdict(task)) + "\n")
        worker.stdin.flush()
        answer = json.loads(worker.stdout.readline())
    except (BrokenPipeError, ValueError):
        raise RunError(f"the process that makes documents died at {task.entry}") from None
    if answer["error"]:
        raise RunError(answer["error"])
    return str(answer["problem"])


def _serve(lines: Iterable[str]) -> None:
    """Makes what each line asks for, and answers."""
    for line in lines:
        asked = json.loads(line)
        answer = {"error": "", "problem": ""}
        try:
            answer["problem"] = make(Task(**asked))
        except RunError as error:
            answer["error"] = str(error)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    _serve(sys.stdin)
