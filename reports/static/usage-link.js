// The choice as the part of the address after `#`, so that a link shows the same view, from disk too.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page } = usage;
  const known = {
    range: ["24h", "7d", "30d", "3m", "custom"],
    by: ["hour", "day", "week", "month"],
    view: ["graph", "table"],
    split: ["type", "app"],
  };

  usage.standardChoice = () => ({
    range: page.presets["30d"] ? "30d" : "custom",
    from: 0,
    to: usage.lastDay,
    by: "day",
    view: "graph",
    split: "type",
    apps: null,
  });

  const listed = (text) => {
    try {
      return new Set(text.split(",").map(decodeURIComponent));
    } catch {
      return new Set();
    }
  };

  const appsOf = (fields) => {
    const all = page.apps.map(([id]) => id);
    let chosen = all;
    if (fields.has("apps")) chosen = all.filter((id) => listed(fields.get("apps")).has(id));
    else if (fields.has("except")) chosen = all.filter((id) => !listed(fields.get("except")).has(id));
    return chosen.length === 0 || chosen.length === all.length ? null : chosen;
  };

  usage.choiceOf = (hash) => {
    const fields = new Map(
      hash
        .replace(/^#/, "")
        .split("&")
        .map((field) => {
          const at = field.indexOf("=");
          return [field.slice(0, at), field.slice(at + 1)];
        }),
    );
    const choice = usage.standardChoice();
    for (const [name, values] of Object.entries(known))
      if (values.includes(fields.get(name))) choice[name] = fields.get(name);
    const [from, to] = [usage.dayOfIso(fields.get("from")), usage.dayOfIso(fields.get("to"))];
    if (from !== null && to !== null && from <= to) Object.assign(choice, { from, to });
    else if (choice.range === "custom") choice.range = usage.standardChoice().range;
    choice.apps = appsOf(fields);
    return choice;
  };

  // The shorter list: the chosen apps, or the others.
  const appsField = (apps) => {
    const chosen = new Set(apps);
    const others = page.apps.map(([id]) => id).filter((id) => !chosen.has(id));
    const [name, ids] = others.length < apps.length ? ["except", others] : ["apps", apps];
    return `${name}=${ids.map(encodeURIComponent).join(",")}`;
  };

  usage.linkOf = (choice) => {
    const standard = usage.standardChoice();
    const fields = Object.keys(known)
      .filter((name) => choice[name] !== standard[name])
      .map((name) => `${name}=${choice[name]}`);
    if (choice.range === "custom")
      fields.push(`from=${usage.isoDay(choice.from)}`, `to=${usage.isoDay(choice.to)}`);
    if (choice.apps !== null) fields.push(appsField(choice.apps));
    return fields.length ? `#${fields.join("&")}` : "#";
  };
})();
