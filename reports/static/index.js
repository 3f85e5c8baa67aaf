// The operator's index: search, and sorting by a column. Everything is in the table already.
"use strict";

(() => {
  const table = document.getElementById("accounts-table");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, position) => ({
    row,
    position,
    text: row.textContent.toLocaleLowerCase(),
    isWarned: row.querySelector(".warnings") !== null,
    isShown: true,
  }));

  const search = document.getElementById("search");
  const onlyWarned = document.getElementById("only-warned");
  const shown = document.getElementById("shown");
  const nobody = document.getElementById("nobody");

  function filter() {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const each of rows) {
      const isShown = (!onlyWarned.checked || each.isWarned) && words.every((word) => each.text.includes(word));
      if (isShown !== each.isShown) {
        each.isShown = isShown;
        each.row.hidden = !isShown;
      }
      count += isShown;
    }
    shown.textContent = count === rows.length ? `${rows.length} accounts` : `${count} of ${rows.length} accounts`;
    nobody.hidden = count > 0;
  }

  // Nothing, whatever it is sorted by, stands last in both directions; amounts stay among their currency (P0).
  const KEYS = {
    text: (cell) => cell.textContent.trim().toLocaleLowerCase() || null,
    number: (cell) => figure(cell),
    money: (cell) => figure(cell),
  };

  function figure(cell) {
    const data = cell.querySelector("data");
    return data ? Number(data.value) : null;
  }

  function sort(header, column, descending) {
    const kind = header.dataset.sort;
    const turn = descending ? -1 : 1;
    const keyed = rows.map((each) => {
      const cell = each.row.cells[column];
      return { each, key: KEYS[kind](cell), currency: cell.dataset.currency || "" };
    });
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return (a.key === null) - (b.key === null) || a.each.position - b.each.position;
      if (a.currency !== b.currency) return a.currency < b.currency ? -1 : 1;
      const order = kind === "text" ? a.key.localeCompare(b.key) : a.key - b.key;
      return turn * order || a.each.position - b.each.position;
    });
    const sorted = document.createDocumentFragment();
    for (const { each } of keyed) sorted.append(each.row);
    body.append(sorted);
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  }

  [...table.tHead.rows[0].cells].forEach((header, column) => {
    if (!header.dataset.sort) return;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sorter";
    button.append(...header.childNodes);
    header.append(button);
    button.addEventListener("click", () => {
      const before = header.getAttribute("aria-sort");
      sort(header, column, before ? before === "ascending" : header.dataset.sort !== "text");
    });
  });
  table.tHead.rows[0].cells[0].setAttribute("aria-sort", "ascending");

  search.addEventListener("input", filter);
  onlyWarned.addEventListener("change", filter);
  document.getElementById("find").hidden = false;
  filter(); // a browser may have kept what was typed
})();
