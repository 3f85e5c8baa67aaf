// What is said of a bucket: to the eye beside the pointer, to the ear as a sentence.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;

  const dateOf = (row) => (row.isPartial ? `${row.part || row.name} (partial)` : row.name);

  usage.spokenOf = (row) =>
    [
      dateOf(row),
      `${usage.counted(row.billing_sessions, "session")}`,
      `${usage.counted(row.voice_sessions, "voice session")}`,
      ...(page.agents ? [usage.counted(row.agent_seats, "agent")] : []),
      ...(row.provisional_sessions ? [`${usage.number(row.provisional_sessions)} provisional`] : []),
    ].join("; ");

  usage.tipOf = (row, parts) => {
    const line = (name, value, kind = "") =>
      element(
        "div",
        { class: kind },
        element(
          "dt",
          {},
          kind.startsWith("part ") ? usage.swatch(kind.slice(5)) : null,
          element("bdi", {}, name),
        ),
        element("dd", {}, usage.data(value)),
      );
    return [
      element(
        "p",
        { class: "date" },
        row.name,
        row.isPartial ? element("span", { class: "tag" }, "partial") : null,
      ),
      row.part ? element("p", { class: "note" }, row.part) : null,
      element(
        "dl",
        {},
        line("Sessions", row.billing_sessions, "lead"),
        line("Voice sessions", row.voice_sessions),
        ...(page.agents ? [line("Agents", row.agent_seats)] : []),
        ...parts
          .filter(({ key }) => key !== "provisional_sessions" || row[key])
          .map((part) => line(part.name, row[part.key], `part ${part.swatch}`)),
        ...(row.proactive_notifications
          ? [line("Proactive notifications", row.proactive_notifications)]
          : []),
      ),
    ].filter(Boolean);
  };
})();
