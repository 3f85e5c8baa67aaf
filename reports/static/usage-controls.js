// The groups of buttons and the two dates: what is chosen with them, and what they show of a choice.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page } = usage;
  const root = document.getElementById("usage");
  const find = (id) => document.getElementById(id);

  usage.controls = (choose) => {
    let shown = { range: null };

    const show = (choice, range, allowed, by) => {
      shown = { range };
      const values = { range: choice.range, by, view: choice.view, split: choice.split };
      for (const [name, value] of Object.entries(values)) {
        for (const input of root.querySelectorAll(`input[name="usage-${name}"]`)) {
          input.checked = input.value === value;
          if (name === "by") input.disabled = !allowed.includes(input.value);
          if (name === "range" && input.value !== "custom")
            input.disabled = usage.rangeOf({ range: input.value }) === null;
        }
      }
      find("usage-split").hidden = page.apps.length < 2;
      find("usage-custom").hidden = choice.range !== "custom";
      if (choice.range !== "custom") find("usage-dates-problem").hidden = true;
      find("usage-shift").hidden = !(page.hoursAreShifted && by === "hour");
      if (!find("usage-custom").contains(document.activeElement) && range && !range.byHours) showDates(range);
    };

    const showDates = (range) => {
      for (const [id, day] of [
        ["usage-from", range.first],
        ["usage-to", range.last],
      ]) {
        const input = find(id);
        input.min = usage.isoDay(0);
        input.max = usage.isoDay(usage.lastDay);
        input.value = usage.isoDay(day);
      }
    };

    const readDates = () => {
      const [from, to] = [usage.dayOfIso(find("usage-from").value), usage.dayOfIso(find("usage-to").value)];
      const bounds = `${page.days.names[0]} – ${page.days.names[usage.lastDay]}`;
      let problem = "";
      if (from === null || to === null) problem = `Choose two days of ${bounds}.`;
      else if (from > to) problem = "The first day lies after the last.";
      const notice = find("usage-dates-problem");
      notice.textContent = problem;
      notice.hidden = !problem;
      for (const id of ["usage-from", "usage-to"])
        find(id).setAttribute("aria-invalid", String(Boolean(problem)));
      if (!problem) choose({ range: "custom", from, to });
    };

    const onRange = (value) => {
      const { range } = shown;
      if (value === "custom" && range && !range.byHours)
        choose({ range: value, from: range.first, to: range.last });
      else choose({ range: value });
      if (value === "custom" && shown.range) showDates(shown.range);
    };

    root.addEventListener("change", ({ target }) => {
      if (target.name === "usage-range") onRange(target.value);
      else if (target.name === "usage-by") choose({ by: target.value });
      else if (target.name === "usage-view") choose({ view: target.value });
      else if (target.name === "usage-split") choose({ split: target.value });
      else if (target.id === "usage-from" || target.id === "usage-to") readDates();
    });

    return { show };
  };
})();
