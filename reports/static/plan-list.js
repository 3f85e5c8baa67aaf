// The list of apps: search, and sorting by a column. Everything is in the table already.
"use strict";

(() => {
  const { counted } = window.quarterhourPlan;
  const table = document.getElementById("plans");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, position) => ({
    row,
    position,
    text: [...row.cells].slice(0, -1).map((cell) => cell.textContent).join(" ").toLocaleLowerCase(),
  }));
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const nobody = document.getElementById("nobody");

  function filter() {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of rows) {
      const isShown = words.every((word) => text.includes(word));
      if (row.hidden === isShown) row.hidden = !isShown;
      count += isShown;
    }
    shown.textContent =
      count === rows.length ? `${counted(count)} shown` : `${counted(count)} of ${counted(rows.length)} shown`;
    nobody.hidden = count > 0;
  }

  // What a column is sorted by; nothing stands last both ways, and amounts stay among their currency (P0).
  function keyOf(cell, kind) {
    if (cell.querySelector(".none") || cell.classList.contains("nil")) return null;
    if (kind === "number") {
      const data = cell.querySelector("data");
      return data ? Number(data.value) : null;
    }
    const named = cell.querySelector(".name, .plan, .badge");
    return (named || cell).textContent.trim().toLocaleLowerCase() || null;
  }

  function sort(header, column, descending) {
    const turn = descending ? -1 : 1;
    const keyed = rows.map((each) => {
      const cell = each.row.cells[column];
      return { each, key: keyOf(cell, header.dataset.sort), currency: cell.dataset.currency || "" };
    });
    keyed.sort((a, b) => {
      const inPlace = a.each.position - b.each.position;
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || inPlace;
      if (a.currency !== b.currency) return a.currency < b.currency ? -1 : 1;
      const order = typeof a.key === "string" ? a.key.localeCompare(b.key) : a.key - b.key;
      return turn * order || inPlace;
    });
    body.append(...keyed.map(({ each }) => each.row));
    for (const other of header.parentElement.cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  if (rows.length > 1) {
    [...table.tHead.rows[0].cells].forEach((header, column) => {
      if (!header.dataset.sort) return;
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sorter";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const before = header.getAttribute("aria-sort");
        sort(header, column, before ? before === "ascending" : header.dataset.sort === "number");
      });
    });
  }
  if (rows.length > 5) {
    document.getElementById("find").hidden = false;
    search.addEventListener("input", filter);
    filter(); // a browser may have kept what was typed
  }
})();
