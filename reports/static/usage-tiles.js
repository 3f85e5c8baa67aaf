// The figures above the chart: totals, averages, and how they differ from the range before.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const root = document.getElementById("usage");
  const find = (id) => document.getElementById(id);

  usage.showTiles = ({ range, per, totals, totalsBefore, averages, before }) => {
    find("usage-range-name").textContent = usage.nameOf(range);
    find("usage-range-size").textContent = usage.counted(range.size, per);
    find("usage-compared").replaceChildren(
      before ? "Compared with " : "Nothing to compare with: data begins ",
      element("bdi", {}, before ? usage.nameOf(before) : page.days.names[0]),
    );
    for (const figure of root.querySelectorAll("[data-figure]")) {
      const key = figure.dataset.figure;
      const value = figure.querySelector(".value");
      value.value = totals[key];
      value.textContent = usage.number(totals[key]);
      figure.toggleAttribute("data-zero", totals[key] === 0);
      const mean = figure.querySelector(".average");
      if (mean)
        mean.replaceChildren(
          usage.data(averages[key], usage.average(averages[key])),
          key === "agent_seats" ? " on average" : ` per ${per}`,
        );
      showChange(figure.querySelector(".change"), totals[key], totalsBefore && totalsBefore[key]);
    }
    for (const key of ["usage_sessions", "request_sessions", "alert_sessions"]) {
      root.querySelector(`[data-part="${key}"]`).replaceChildren(usage.data(totals[key]));
    }
    find("usage-heard").textContent =
      `${usage.nameOf(range)}: ${usage.counted(totals.billing_sessions, "billing session")}`;
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
      ...(then
        ? [" (", element("data", { value: (now - then) / then }, usage.change((now - then) / then)), ")"]
        : []),
    );
  };
})();
