"""Landing JSONL.gz to lake, against the floor."""

from orchestration.bench.measure import Measured, run_program
from orchestration.bench.plan import Plan, rounds
from orchestration.bench.results import Stage, at_most, figure
from orchestration.errors import RunError

OURS, FLOOR = "quarterhour", "Polars, scan and write (the floor)"
GOAL = 1.5


def ingest_stage(plan: Plan) -> Stage:
    """Contract, copies, quarantine, ledger and order of keys, against none of them."""
    case = plan.case("chats")

    def floor() -> Measured:
        plan.tell("ingest: the floor")
        return run_program("floor", {"landing": str(case.landing), "out": str(plan.fresh("floor"))})

    runs = rounds(plan.repeat, {OURS: lambda: plan.ingested(case), FLOOR: floor})
    counted = {name: {run.told["rows"] for run in found} for name, found in runs.items()}
    if counted[OURS] != counted[FLOOR]:
        raise RunError(f"ingest and its floor read different numbers of rows: {counted}")
    figures = [figure(name, case.rows, found, is_ours=name == OURS) for name, found in runs.items()]
    ours, floor_figure = figures
    parts = ours.parts
    return Stage(
        "ingest",
        "Landing to lake",
        tuple(figures),
        (
            at_most("time / floor", ours.seconds / floor_figure.seconds, GOAL),
            at_most("time / floor, copies left out", parts["ingest"] / floor_figure.seconds, None),
        ),
        facts={"landing_bytes": case.bytes, "parts_of_ours": parts},
    )
