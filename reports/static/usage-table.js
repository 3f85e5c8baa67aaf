// The two tables: the range bucket by bucket, and the range by app (searched, sorted, a page at a time).
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const order = [
    "billing_sessions", "usage_sessions", "request_sessions", "alert_sessions", "voice_sessions",
    "proactive_notifications", ...(page.agents ? ["agent_seats"] : []), "provisional_sessions",
  ];
  const names = { proactive_notifications: "Proactive", provisional_sessions: "Provisional" };
  const perPage = 25;

  const kindOf = (key, value) => ["num", key === "billing_sessions" ? "strong" : "", key === "provisional_sessions" ? "provisional" : "", value === 0 ? "nil" : ""]
    .filter(Boolean).join(" ");

  const numberCell = (key, value, text) => element("td", { class: kindOf(key, value) }, usage.data(value, text));

  usage.seriesTable = () => {
    const table = document.getElementById("usage-series");
    const [head, body, foot] = ["thead", "tbody", "tfoot"].map((part) => table.querySelector(part));
    return (rows, totals, averages, parts, per) => {
      const columns = parts
        ? ["billing_sessions", ...parts.map(({ key }) => key), ...order.filter((key) => !["billing_sessions", "usage_sessions", "request_sessions", "alert_sessions"].includes(key))]
        : order;
      const nameOf = (key) => (parts && parts.find((part) => part.key === key)?.name) || names[key] || usage.labels[key];
      head.replaceChildren(element(
        "tr", {}, element("th", { scope: "col" }, "Date"),
        ...columns.map((key) => element("th", { scope: "col", class: key === "provisional_sessions" ? "num provisional" : "num" }, element("bdi", { class: "clip" }, nameOf(key)))),
      ));
      body.replaceChildren(...rows.map((row) => element(
        "tr", { "data-id": row.id },
        element("th", { scope: "row" }, row.name, row.isPartial ? element("span", { class: "tag" }, "partial") : null, row.part ? element("span", { class: "note" }, row.part) : null),
        ...columns.map((key) => numberCell(key, row[key])),
      )));
      foot.replaceChildren(
        element("tr", { class: "total" }, element("th", { scope: "row" }, "Total", page.agents ? element("span", { class: "note" }, "agents: the highest") : null), ...columns.map((key) => numberCell(key, totals[key]))),
        element("tr", { class: "mean" }, element("th", { scope: "row" }, `Average per ${per}`), ...columns.map((key) => numberCell(key, averages[key], usage.average(averages[key])))),
      );
    };
  };

  usage.seriesCsv = (rows, parts) => {
    const keys = ["billing_sessions", ...(parts ? [] : ["usage_sessions", "request_sessions", "alert_sessions"])];
    const rest = order.filter((key) => !["billing_sessions", "usage_sessions", "request_sessions", "alert_sessions"].includes(key));
    const shown = [...keys, ...(parts || []).map(({ key }) => key), ...rest];
    const header = ["date", "name", "is_partial", ...keys, ...(parts || []).map(({ name }) => name), ...rest];
    return usage.csv(header, rows.map((row) => [row.id, row.part || row.name, row.isPartial, ...shown.map((key) => row[key])]));
  };

  usage.appTable = (onopen) => {
    const table = document.getElementById("usage-by-app");
    const [head, body, foot] = ["thead", "tbody", "tfoot"].map((part) => table.querySelector(part));
    const find = document.getElementById("usage-by-app-find");
    const pager = document.getElementById("usage-by-app-pages");
    const status = pager.querySelector("output");
    const [before, after] = pager.querySelectorAll("button");
    const columns = ["billing_sessions", "share", ...order.slice(1)];
    let rows = [];
    let totals = null;
    let sorted = { key: "billing_sessions", isRising: false };
    let at = 0;

    const ordered = () => {
      const words = find.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      const found = rows.filter(({ app }) => words.every((word) => `${app.name}\n${app.id}`.toLocaleLowerCase().includes(word)));
      const sign = sorted.isRising ? 1 : -1;
      const key = sorted.key === "share" ? "billing_sessions" : sorted.key;
      return found.sort((one, other) => (key === "app" ? 0 : sign * (one[key] - other[key]))
        || (key === "app" ? sign : 1) * usage.collator.compare(one.app.name, other.app.name) || (one.app.id < other.app.id ? -1 : 1));
    };

    const sort = (key) => {
      sorted = { key, isRising: sorted.key === key ? !sorted.isRising : key === "app" };
      at = 0;
      show();
      head.querySelector(`[data-key="${key}"]`).focus();
    };

    const heading = (key, name) => element(
      "th", { scope: "col", class: key === "app" ? "" : key === "provisional_sessions" ? "num provisional" : "num", "aria-sort": sorted.key === key ? (sorted.isRising ? "ascending" : "descending") : "none" },
      element("button", { type: "button", "data-key": key, onclick: () => sort(key) }, name),
    );

    const cells = (row) => columns.map((key) => (key === "share"
      ? element("td", { class: "num share" }, totals.billing_sessions ? usage.share(row.billing_sessions / totals.billing_sessions) : "–")
      : numberCell(key, row[key])));

    const show = () => {
      const found = ordered();
      at = Math.max(0, Math.min(at, Math.floor((found.length - 1) / perPage) * perPage));
      const shown = found.slice(at, at + perPage);
      head.replaceChildren(element("tr", {}, heading("app", "App"), ...columns.map((key) => heading(key, key === "share" ? "Share" : names[key] || usage.labels[key]))));
      body.replaceChildren(...shown.map((row) => element(
        "tr", {},
        element("th", { scope: "row" },
          element("button", { type: "button", class: "plain", title: "Show this app alone", onclick: () => onopen(row.app.id) }, element("bdi", { class: "clip" }, row.app.name)),
          row.app.shownId ? element("bdi", { class: "id clip" }, row.app.shownId) : null),
        ...cells(row),
      )));
      foot.replaceChildren(element("tr", { class: "total" }, element("th", { scope: "row" }, rows.length === page.apps.length ? "All apps" : "Chosen apps"), ...cells(totals)));
      status.textContent = found.length
        ? `${usage.number(at + 1)} – ${usage.number(at + shown.length)} of ${usage.counted(found.length, "app")}`
        : "No app has this name.";
      before.disabled = at === 0;
      after.disabled = at + perPage >= found.length;
      pager.classList.toggle("alone", found.length <= perPage && rows.length <= perPage);
    };

    find.addEventListener("input", () => { at = 0; show(); });
    before.addEventListener("click", () => { at -= perPage; show(); });
    after.addEventListener("click", () => { at += perPage; show(); });

    return {
      set(newRows, newTotals) {
        rows = newRows;
        totals = newTotals;
        at = 0;
        show();
      },
      csv: () => usage.csv(
        ["app_id", "app_name", ...order],
        ordered().map((row) => [row.app.id, row.app.name, ...order.map((key) => row[key])]),
      ),
    };
  };
})();
