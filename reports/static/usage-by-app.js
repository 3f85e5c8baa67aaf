// The range by app: searched, sorted, and a page at a time.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const perPage = 25;

  usage.appTable = (onopen) => {
    const table = document.getElementById("usage-by-app");
    const [head, body, foot] = ["thead", "tbody", "tfoot"].map((part) => table.querySelector(part));
    const find = document.getElementById("usage-by-app-find");
    const pager = document.getElementById("usage-by-app-pages");
    const status = pager.querySelector("output");
    const [before, after] = pager.querySelectorAll("button");
    const columns = ["billing_sessions", "share", ...usage.order.slice(1)];
    let rows = [];
    let totals = null;
    let sorted = { key: "billing_sessions", isRising: false };
    let at = 0;

    const ordered = () => {
      const words = find.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      const found = rows.filter(({ app }) =>
        words.every((word) => `${app.name}\n${app.id}`.toLocaleLowerCase().includes(word)),
      );
      const sign = sorted.isRising ? 1 : -1;
      const key = sorted.key === "share" ? "billing_sessions" : sorted.key;
      return found.sort(
        (one, other) =>
          (key === "app" ? 0 : sign * (one[key] - other[key])) ||
          (key === "app" ? sign : 1) * usage.collator.compare(one.app.name, other.app.name) ||
          (one.app.id < other.app.id ? -1 : 1),
      );
    };

    const sort = (key) => {
      sorted = { key, isRising: sorted.key === key ? !sorted.isRising : key === "app" };
      at = 0;
      show();
      head.querySelector(`[data-key="${key}"]`).focus();
    };

    const heading = (key, name) =>
      element(
        "th",
        {
          scope: "col",
          class: key === "app" ? "" : key === "provisional_sessions" ? "num provisional" : "num",
          "aria-sort": sorted.key === key ? (sorted.isRising ? "ascending" : "descending") : "none",
        },
        element("button", { type: "button", "data-key": key, onclick: () => sort(key) }, name),
      );

    const cells = (row) =>
      columns.map((key) =>
        key === "share"
          ? element(
              "td",
              { class: "num share" },
              totals.billing_sessions ? usage.share(row.billing_sessions / totals.billing_sessions) : "–",
            )
          : usage.numberCell(key, row[key]),
      );

    const nameOf = (app) => {
      const told = { type: "button", class: "plain", title: "Show this app alone" };
      const open = element("button", told, element("bdi", { class: "clip" }, app.name));
      open.addEventListener("click", () => onopen(app.id));
      return element(
        "th",
        { scope: "row" },
        open,
        app.shownId ? element("bdi", { class: "id clip" }, app.shownId) : null,
      );
    };

    const show = () => {
      const found = ordered();
      at = Math.max(0, Math.min(at, Math.floor((found.length - 1) / perPage) * perPage));
      const shown = found.slice(at, at + perPage);
      head.replaceChildren(
        element(
          "tr",
          {},
          heading("app", "App"),
          ...columns.map((key) => heading(key, key === "share" ? "Share" : usage.heads[key])),
        ),
      );
      body.replaceChildren(...shown.map((row) => element("tr", {}, nameOf(row.app), ...cells(row))));
      foot.replaceChildren(
        element(
          "tr",
          { class: "total" },
          element("th", { scope: "row" }, rows.length === page.apps.length ? "All apps" : "Chosen apps"),
          ...cells(totals),
        ),
      );
      const places = `${usage.number(at + 1)} – ${usage.number(at + shown.length)}`;
      status.textContent = found.length
        ? `${places} of ${usage.counted(found.length, "app")}`
        : "No app has this name.";
      before.disabled = at === 0;
      after.disabled = at + perPage >= found.length;
      pager.classList.toggle("alone", found.length <= perPage && rows.length <= perPage);
    };

    find.addEventListener("input", () => {
      at = 0;
      show();
    });
    before.addEventListener("click", () => {
      at -= perPage;
      show();
    });
    after.addEventListener("click", () => {
      at += perPage;
      show();
    });

    return {
      set(newRows, newTotals) {
        rows = newRows;
        totals = newTotals;
        at = 0;
        show();
      },
      csv: () =>
        usage.csv(
          ["app_id", "app_name", ...usage.order],
          ordered().map((row) => [row.app.id, row.app.name, ...usage.order.map((key) => row[key])]),
        ),
    };
  };
})();
