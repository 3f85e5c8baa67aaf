// The usage page: a choice, what is fetched for it, and where it is shown.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const find = (id) => document.getElementById(id);
  const root = find("usage");

  let choice = usage.choiceOf(location.hash);
  let shown = null;
  let turn = 0;

  // What is not seen at once is fetched when the page has been loaded.
  const loaded = new Promise((done) => {
    if (document.readyState === "complete") done();
    else window.addEventListener("load", () => done(), { once: true });
  });

  const choose = (change) => {
    choice = { ...choice, ...change };
    const link = usage.linkOf(choice);
    if (link !== location.hash) history.replaceState(null, "", link);
    render();
  };

  const chart = usage.chart();
  const fillSeries = usage.seriesTable();
  const controls = usage.controls(choose);
  const picker = usage.appPicker((apps) => choose({ apps }));
  const appTable = usage.appTable((id) => picker.only(id));

  const render = async () => {
    const mine = (turn += 1);
    const range = usage.rangeOf(choice);
    const allowed = usage.granularitiesOf(range);
    const by = allowed.includes(choice.by) ? choice.by : allowed[0];
    controls.show(choice, range, allowed, by);
    if (range === null) return;
    root.setAttribute("aria-busy", "true");
    const problem = find("usage-problem");
    try {
      const byApp = usage.isSplit(choice) || choice.apps !== null;
      await usage.fetchRange(range, { byApp, byHour: by === "hour", isCompared: true });
      if (mine !== turn) return;
      shown = usage.shownOf(choice, range, by);
      usage.showTiles(shown);
      await showSeries();
      await loaded;
      await usage.fetchRange(range, { byApp: true, byHour: false, isCompared: false });
      if (mine !== turn) return;
      find("usage-apps-range").textContent = usage.nameOf(range);
      appTable.set(usage.byApp(choice, range), shown.totals);
      problem.hidden = true;
    } catch (error) {
      if (mine !== turn) return;
      problem.textContent = error.message;
      problem.hidden = false;
    } finally {
      if (mine === turn) root.removeAttribute("aria-busy");
    }
  };

  const showSeries = async () => {
    const isGraph = choice.view === "graph";
    find("usage-graph").hidden = !isGraph;
    find("usage-table").hidden = isGraph;
    if (!isGraph) {
      fillSeries(shown);
      return;
    }
    const { totals } = shown;
    find("usage-none").hidden =
      totals.billing_sessions + totals.voice_sessions + totals.provisional_sessions > 0;
    showLegend();
    const what = `Billing sessions, voice sessions${page.agents ? " and agents" : ""}`;
    const label = `${what} by ${shown.by}, ${usage.nameOf(shown.range)}`;
    find("usage-chart").setAttribute("aria-label", label);
    await chart.show(shown);
  };

  const showLegend = () => {
    const isCut = shown.rows.some(({ isPartial }) => isPartial);
    const marks = [...shown.parts, ...(isCut ? [{ name: "Partial", swatch: "partial" }] : [])];
    find("usage-legend").replaceChildren(
      ...marks.map(({ name, swatch }) =>
        element("li", {}, usage.swatch(swatch), element("bdi", { class: "clip" }, name)),
      ),
    );
  };

  const fileName = (what) => {
    const { range } = shown;
    const days = range.byHours ? "24-hours" : `${usage.isoDay(range.first)}-to-${usage.isoDay(range.last)}`;
    return `usage-${what}-${days}.csv`;
  };

  find("usage-csv").addEventListener("click", () => {
    if (shown) usage.download(fileName(`by-${shown.by}`), usage.seriesCsv(shown));
  });
  find("usage-by-app-csv").addEventListener("click", () => {
    if (shown) usage.download(fileName("by-app"), appTable.csv());
  });
  window.addEventListener("hashchange", () => {
    choice = usage.choiceOf(location.hash);
    picker.set(choice.apps);
    render();
  });
  window.addEventListener("beforeprint", () => {
    if (shown) fillSeries(shown);
  });

  root.hidden = false;
  picker.set(choice.apps);
  render();
})();
