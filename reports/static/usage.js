// The usage page: its controls, the choice that they make, and everything that follows from it.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const find = (id) => document.getElementById(id);
  const root = find("usage");
  const appsInChart = 7;

  let choice = usage.choiceOf(location.hash);
  let shown = null;
  let turn = 0;

  const loaded = document.readyState === "complete" ? Promise.resolve() : new Promise((done) => { window.addEventListener("load", done, { once: true }); });
  const chart = usage.chart();
  const seriesTable = usage.seriesTable();
  const picker = usage.appPicker((apps) => choose({ apps }));
  const appTable = usage.appTable((id) => picker.only(id));

  const choose = (change) => {
    choice = { ...choice, ...change };
    const link = usage.linkOf(choice);
    if (link !== location.hash) history.replaceState(null, "", link);
    return render();
  };

  // What a choice comes to: hours only for short ranges, and never days of the last 24 hours.
  const settled = () => {
    const range = usage.rangeOf(choice);
    const allowed = usage.granularitiesOf(range);
    return { range, allowed, by: allowed.includes(choice.by) ? choice.by : allowed[0] };
  };

  const render = async () => {
    const mine = (turn += 1);
    const { range, allowed, by } = settled();
    showControls(range, allowed, by);
    if (range === null) return;
    root.setAttribute("aria-busy", "true");
    try {
      const bySplit = choice.split === "app" && page.apps.length > 1;
      await usage.fetchRange(range, { byApp: bySplit || choice.apps !== null, byHour: by === "hour", isCompared: true });
      if (mine !== turn) return;
      shown = figured(range, by, bySplit);
      showFigures();
      await showSeries();
      await loaded;
      await usage.fetchRange(range, { byApp: true, byHour: false, isCompared: false });
      if (mine !== turn) return;
      showApps();
      find("usage-problem").hidden = true;
    } catch (problem) {
      if (mine !== turn) return;
      find("usage-problem").textContent = problem.message;
      find("usage-problem").hidden = false;
    } finally {
      if (mine === turn) root.removeAttribute("aria-busy");
    }
  };

  const figured = (range, by, bySplit) => {
    const columns = usage.columnsOf(range, by, choice.apps);
    const buckets = usage.bucketsOf(range, by);
    const rows = usage.rowsOf(buckets, columns);
    const totals = usage.totalsOf(columns);
    const before = usage.rangeBefore(range);
    if (by === "day") rows.forEach((row, place) => { row.number = range.first + place; });
    return {
      range, by, rows, totals, before,
      averages: usage.averagesOf(range, by, columns, totals),
      totalsBefore: before && usage.totalsOf(usage.columnsOf(before, range.byHours ? "hour" : "day", choice.apps)),
      appParts: bySplit ? splitByApp(range, by, rows, buckets) : null,
    };
  };

  // The busiest apps of the range, each a part of the columns, and the others together.
  const splitByApp = (range, by, rows, buckets) => {
    const ids = choice.apps || page.apps.map(([id]) => id);
    const found = ids.map((id) => {
      const columns = usage.columnsOf(range, by, [id]);
      return { id, columns, total: usage.totalsOf(columns).billing_sessions };
    }).sort((one, other) => other.total - one.total || (one.id < other.id ? -1 : 1));
    const most = found.slice(0, found.length === appsInChart + 1 ? appsInChart + 1 : appsInChart);
    const parts = most.map(({ id }, place) => ({ key: `app ${place}`, name: usage.appOf(id).name, swatch: `app-${place + 1}`, isApp: true }));
    most.forEach(({ columns }, place) => {
      usage.rowsOf(buckets, columns).forEach((row, bucket) => { rows[bucket][`app ${place}`] = row.billing_sessions; });
    });
    const others = found.slice(most.length);
    if (others.length) {
      const columns = usage.columnsOf(range, by, others.map(({ id }) => id));
      usage.rowsOf(buckets, columns).forEach((row, bucket) => { rows[bucket].others = row.billing_sessions; });
      parts.push({ key: "others", name: `Other apps (${usage.number(others.length)})`, swatch: "others" });
    }
    return parts;
  };

  const typeParts = () => ["usage_sessions", "request_sessions", "alert_sessions"]
    .map((key) => ({ key, name: usage.labels[key], swatch: key.split("_")[0] }));

  const chartParts = () => [
    ...(shown.appParts || typeParts()),
    ...(shown.totals.provisional_sessions ? [{ key: "provisional_sessions", name: "Provisional", swatch: "provisional" }] : []),
  ];

  const showSeries = async () => {
    const isGraph = choice.view === "graph";
    find("usage-graph").hidden = !isGraph;
    find("usage-table").hidden = isGraph;
    find("usage-none").hidden = shown.totals.billing_sessions + shown.totals.voice_sessions + shown.totals.provisional_sessions > 0;
    const paler = shown.rows.some(({ isPartial }) => isPartial) ? [{ name: "Partial", swatch: "partial" }] : [];
    find("usage-legend").replaceChildren(...[...chartParts(), ...paler].map(({ name, swatch }) => element("li", {}, element("i", { class: `swatch ${swatch}`, "aria-hidden": "true" }), element("bdi", { class: "clip" }, name))));
    find("usage-chart").setAttribute("aria-label", `Billing sessions, voice sessions${page.agents ? " and agents" : ""} by ${shown.by}, ${nameOf(shown.range)}`);
    if (isGraph) await chart.show(shown.rows, shown.by, chartParts());
    else fillTable();
  };

  const fillTable = () => seriesTable(shown.rows, withParts(shown.totals, 1), withParts(shown.averages, shown.range.size), shown.appParts, shown.range.byHours ? "hour" : "day");

  const withParts = (figures, size) => {
    const parts = (shown.appParts || []).map(({ key }) => [key, shown.rows.reduce((sum, row) => sum + row[key], 0) / size]);
    return { ...figures, ...Object.fromEntries(parts) };
  };

  const nameOf = (range) => {
    if (range.byHours) {
      const [from, to] = [usage.dayOfHour(range.start), usage.dayOfHour(range.end - 1)];
      return `${page.days.names[from.day]}, ${from.clock[from.place]} – ${page.days.names[to.day]}, ${to.clock[to.place + 1] || to.clock[0]}`;
    }
    const [from, to] = [page.days.names[range.first], page.days.names[range.last]];
    return range.first === range.last ? from : `${from} – ${to}`;
  };

  const showFigures = () => {
    const { range, totals, totalsBefore, averages, before } = shown;
    const per = range.byHours ? "hour" : "day";
    find("usage-range-name").textContent = nameOf(range);
    find("usage-range-size").textContent = usage.counted(range.size, per);
    find("usage-compared").replaceChildren(
      before ? "Compared with " : "Nothing to compare with: data begins ",
      element("bdi", {}, before ? nameOf(before) : page.days.names[0]),
    );
    for (const figure of root.querySelectorAll("[data-figure]")) {
      const key = figure.dataset.figure;
      const value = figure.querySelector(".value");
      value.value = totals[key];
      value.textContent = usage.number(totals[key]);
      figure.toggleAttribute("data-zero", totals[key] === 0);
      const mean = figure.querySelector(".average");
      if (mean) mean.replaceChildren(usage.data(averages[key], usage.average(averages[key])), key === "agent_seats" ? " on average" : ` per ${per}`);
      showChange(figure.querySelector(".change"), totals[key], totalsBefore && totalsBefore[key]);
    }
    for (const key of ["usage_sessions", "request_sessions", "alert_sessions"]) {
      root.querySelector(`[data-part="${key}"]`).replaceChildren(usage.data(totals[key]));
    }
    find("usage-heard").textContent = `${nameOf(range)}: ${usage.counted(totals.billing_sessions, "billing session")}`;
  };

  const showChange = (place, now, then) => {
    if (!place) return;
    if (then === null) {
      place.replaceChildren(element("span", { class: "none" }, "no data before"));
      return;
    }
    const sign = Math.sign(now - then);
    if (sign === 0) {
      place.replaceChildren(element("span", { class: "none" }, "no change"));
      return;
    }
    place.replaceChildren(
      element("i", { class: `arrow ${sign < 0 ? "down" : "up"}`, "aria-hidden": "true" }),
      usage.data(now - then, usage.signed(now - then)),
      ...(then ? [" (", element("data", { value: (now - then) / then }, usage.change((now - then) / then)), ")"] : []),
    );
  };

  const showApps = () => {
    const { range, totals } = shown;
    const rows = (choice.apps || page.apps.map(([id]) => id)).map((id) => ({
      app: usage.appOf(id), ...usage.totalsOf(usage.columnsOf(range, range.byHours ? "hour" : "day", [id])),
    }));
    find("usage-apps-range").textContent = nameOf(range);
    appTable.set(rows, totals);
  };

  const showControls = (range, allowed, by) => {
    const values = { range: choice.range, by, view: choice.view, split: choice.split };
    for (const [name, value] of Object.entries(values)) {
      for (const input of root.querySelectorAll(`input[name="usage-${name}"]`)) {
        input.checked = input.value === value;
        if (name === "by") input.disabled = !allowed.includes(input.value);
        if (name === "range" && input.value !== "custom") input.disabled = usage.rangeOf({ range: input.value }) === null;
      }
    }
    find("usage-split").hidden = page.apps.length < 2;
    find("usage-custom").hidden = choice.range !== "custom";
    find("usage-shift").hidden = !(page.hoursAreShifted && by === "hour");
    if (!find("usage-custom").contains(document.activeElement) && range && !range.byHours) showDates(range);
  };

  const showDates = (range) => {
    for (const [id, day] of [["usage-from", range.first], ["usage-to", range.last]]) {
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
    for (const id of ["usage-from", "usage-to"]) find(id).setAttribute("aria-invalid", String(Boolean(problem)));
    if (!problem) choose({ range: "custom", from, to });
  };

  const onRange = (value) => {
    const range = usage.rangeOf(choice);
    if (value === "custom" && range && !range.byHours) choose({ range: value, from: range.first, to: range.last });
    else choose({ range: value });
    if (value === "custom") showDates(usage.rangeOf(choice));
  };

  const fileName = (what) => {
    const { range } = shown;
    const days = range.byHours ? "24-hours" : `${usage.isoDay(range.first)}-to-${usage.isoDay(range.last)}`;
    return `usage-${what}-${days}.csv`;
  };

  root.addEventListener("change", ({ target }) => {
    if (target.name === "usage-range") onRange(target.value);
    else if (target.name === "usage-by") choose({ by: target.value });
    else if (target.name === "usage-view") choose({ view: target.value });
    else if (target.name === "usage-split") choose({ split: target.value });
    else if (target.id === "usage-from" || target.id === "usage-to") readDates();
  });
  find("usage-csv").addEventListener("click", () => {
    if (shown) usage.download(fileName(`by-${shown.by}`), usage.seriesCsv(shown.rows, shown.appParts));
  });
  find("usage-by-app-csv").addEventListener("click", () => {
    if (shown) usage.download(fileName("by-app"), appTable.csv());
  });
  window.addEventListener("hashchange", () => {
    choice = usage.choiceOf(location.hash);
    picker.set(choice.apps);
    render();
  });
  window.addEventListener("beforeprint", () => { if (shown) fillTable(); });

  root.hidden = false;
  picker.set(choice.apps);
  render();
})();
