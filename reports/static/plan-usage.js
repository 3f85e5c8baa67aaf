// Usage against what is included, and what it is expected to come to: figures and places are the page's.
"use strict";

(() => {
  const plan = window.quarterhourPlan;
  const { element } = plan;
  const SVG = "http://www.w3.org/2000/svg";

  function svg(name, attributes) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return made;
  }

  function bar([used, low, expected, high, included]) {
    const drawn = svg("svg", { class: "forecast", viewBox: "0 0 1000 12", preserveAspectRatio: "none", "aria-hidden": "true" });
    drawn.append(svg("rect", { class: "whole", width: 1000, height: 12 }));
    if (high !== null) drawn.append(svg("rect", { class: "range", x: low, width: Math.max(high - low, 2), height: 12 }));
    drawn.append(svg("rect", { class: "part", width: used, height: 12 }));
    if (expected !== null) drawn.append(svg("rect", { class: "tick", x: Math.min(expected, 997), width: 3, height: 12 }));
    if (included !== null) drawn.append(svg("rect", { class: "mark", x: Math.min(included, 997), width: 3, height: 12 }));
    return drawn;
  }

  function meter(each) {
    const used = element("span", "figures", element("strong", "", each.used));
    if (each.included !== undefined) used.append(` of ${each.included} included`);
    const head = element("div", "meter-head", element("span", "name", each.metric), used);
    const made = element("div", "meter", head);
    if (each.bar) made.append(bar(each.bar));
    const words = [];
    if (each.expected !== undefined) words.push(`Expected ${each.expected}${each.range ? ` (${each.range})` : ""}`);
    if (each.amount !== undefined) words.push(`${each.amount}${each.amountRange ? ` (${each.amountRange})` : ""}`);
    if (each.period) words.push(each.period);
    if (words.length) made.append(element("p", "note", words.join(" · ")));
    return made;
  }

  plan.meter = meter;
})();
