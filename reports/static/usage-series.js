// The range bucket by bucket as a table, and as CSV.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const types = ["usage_sessions", "request_sessions", "alert_sessions"];

  // Billing sessions, then what they are split by, then the rest.
  const columnsOf = ({ appParts }) =>
    usage.order.flatMap((key) => {
      if (!appParts || !types.includes(key)) return [{ key, name: usage.heads[key] }];
      return key === types[0] ? appParts : [];
    });

  const headOf = ({ key, name, isApp }) =>
    element(
      "th",
      { scope: "col", class: key === "provisional_sessions" ? "num provisional" : "num" },
      element("bdi", { class: isApp ? "clip" : null }, name),
    );

  const dateOf = (row) =>
    element(
      "th",
      { scope: "row" },
      row.name,
      row.isPartial ? element("span", { class: "tag" }, "partial") : null,
      row.part ? element("span", { class: "note" }, row.part) : null,
    );

  usage.seriesTable = () => {
    const table = document.getElementById("usage-series");
    const [head, body, foot] = ["thead", "tbody", "tfoot"].map((part) => table.querySelector(part));
    return (shown) => {
      const columns = columnsOf(shown);
      const cells = (figures, written) =>
        columns.map(({ key }) => usage.numberCell(key, figures[key], written && written(figures[key])));
      const note = page.agents ? element("span", { class: "note" }, "agents: the highest") : null;
      head.replaceChildren(
        element("tr", {}, element("th", { scope: "col" }, "Date"), ...columns.map(headOf)),
      );
      body.replaceChildren(
        ...shown.rows.map((row) => element("tr", { "data-id": row.id }, dateOf(row), ...cells(row))),
      );
      foot.replaceChildren(
        element(
          "tr",
          { class: "total" },
          element("th", { scope: "row" }, "Total", note),
          ...cells(shown.totals),
        ),
        element(
          "tr",
          { class: "mean" },
          element("th", { scope: "row" }, `Average per ${shown.per}`),
          ...cells(shown.averages, usage.average),
        ),
      );
    };
  };

  usage.seriesCsv = (shown) => {
    const columns = columnsOf(shown);
    return usage.csv(
      ["date", "name", "is_partial", ...columns.map((column) => (column.swatch ? column.name : column.key))],
      shown.rows.map((row) => [
        row.id,
        row.part || row.name,
        row.isPartial,
        ...columns.map(({ key }) => row[key]),
      ]),
    );
  };
})();
