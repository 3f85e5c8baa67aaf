// Filters of the orders page: each shows the rows of its table that fit all of its fields.
// What is chosen stands in the address, so that a link shows the same rows.
"use strict";

(() => {
  const forms = [...document.querySelectorAll("form.filters")];
  const fields = (form) => [...form.elements].filter((each) => each.name);

  // A row is of the days from its first to its last: it fits where one of them lies between those chosen.
  const fits = (row, { name, value }) => {
    if (!value) return true;
    if (name === "from") return row.dataset.last >= value;
    if (name === "to") return row.dataset.first <= value;
    return row.dataset[name] === value;
  };

  const show = (form) => {
    const rows = [...document.getElementById(form.dataset.table).tBodies[0].rows];
    const chosen = fields(form);
    let shown = 0;
    for (const row of rows) {
      row.hidden = !chosen.every((field) => fits(row, field));
      shown += row.hidden ? 0 : 1;
    }
    const isAll = chosen.every((field) => !field.value);
    const what = `${form.dataset.one}${rows.length === 1 ? "" : "s"}`;
    form.querySelector("output").value = isAll ? `${rows.length} ${what}` : `${shown} of ${rows.length} ${what}`;
    form.querySelector("button").disabled = isAll;
  };

  const key = (form, field) => `${form.dataset.table}.${field.name}`;

  const keep = () => {
    const address = new URLSearchParams();
    for (const form of forms) {
      for (const field of fields(form)) if (field.value) address.set(key(form, field), field.value);
    }
    history.replaceState(null, "", `#${address}`);
  };

  const restore = () => {
    const address = new URLSearchParams(location.hash.slice(1));
    for (const form of forms) {
      for (const field of fields(form)) {
        field.value = address.get(key(form, field)) ?? "";
        if (field.selectedIndex === -1) field.value = "";
      }
      show(form);
    }
  };

  for (const form of forms) {
    form.hidden = false;
    form.addEventListener("input", () => {
      show(form);
      keep();
    });
    form.addEventListener("reset", () => {
      setTimeout(() => {
        show(form);
        keep();
        form.elements[0].focus();
      });
    });
    form.addEventListener("submit", (event) => event.preventDefault());
  }
  restore();
  window.addEventListener("hashchange", restore);
})();
