"""What lineage costs in the lake."""

from orchestration.bench.measure import run_program
from orchestration.bench.plan import Plan
from orchestration.bench.results import Stage, at_most, figure


def lineage_stage(plan: Plan) -> Stage:
    """The same rows published with the columns `file` and `line` and without them."""
    case = plan.case("chats")
    home = plan.lake_of(case)
    plan.tell("lineage: with and without")
    took = run_program("lineage", {"home": str(home)})
    size, seconds = took.told["written_bytes"], took.told["write_seconds"]
    per_row = (size["with"] - size["without"]) / max(1, case.rows)
    return Stage(
        "lineage",
        "File and line of each row in the lake",
        (figure("quarterhour, written twice", case.rows, [took], is_ours=True),),
        (
            at_most("bytes more", 100 * (size["with"] / size["without"] - 1), None, "%"),
            at_most("bytes per row", per_row, None, "bytes"),
            at_most("write time more", 100 * (seconds["with"] / seconds["without"] - 1), None, "%"),
        ),
        facts={"written_bytes": size, "write_seconds": seconds},
    )
