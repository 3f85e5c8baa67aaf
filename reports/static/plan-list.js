// The list of apps: search, and sorting by a column. Everything is in the table already.
"use strict";

(() => {
  const { counted, atOnce } = window.quarterhourPlan;
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
  const more = document.getElementById("more");
  let inOrder = rows;
  let most = atOnce;

  function show() {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of inOrder) {
      const isFound = words.every((word) => text.includes(word));
      const isShown = isFound && count < most;
      if (row.hidden === isShown) row.hidden = !isShown;
      count += isFound;
    }
    const all = counted(rows.length);
    const first = count > most ? `first ${counted(most)} of ` : "";
    shown.textContent = count === rows.length ? `${first}${all} apps` : `${first}${counted(count)} of ${all} apps`;
    nobody.hidden = count > 0;
    more.hidden = count <= most;
    more.textContent = `Show all ${counted(count)}`;
  }

  more.addEventListener("click", () => {
    const hidden = inOrder.filter(({ row }) => row.hidden);
    most = Infinity;
    show();
    hidden.find(({ row }) => !row.hidden).row.querySelector(".manage").focus();
  });

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
    inOrder = keyed.map(({ each }) => each);
    body.append(...inOrder.map(({ row }) => row));
    show();
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
    search.addEventListener("input", () => {
      most = atOnce;
      show();
    });
    show(); // a browser may have kept what was typed
  }
})();
