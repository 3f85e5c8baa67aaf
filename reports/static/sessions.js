// The sessions of a day. Which day, app, type and page stands in the address; a day comes as a script,
// as a page that was opened from a disk may read no files.
"use strict";

(() => {
  const PAGE = 100;
  const TYPES = { u: "Usage", r: "API request", a: "Alert", v: "Voice" };
  // What may be chosen: each type, and what is billed as a billing session.
  const CHOICES = { b: ["usage", "request", "alert"], u: ["usage"], r: ["request"], a: ["alert"], v: ["voice"] };
  const told = JSON.parse(document.getElementById("sessions-data").textContent);
  const root = document.getElementById("sessions");
  const form = root.querySelector("form");
  const [earlier, later, previous, next, csv, sum] = ["earlier", "later", "previous", "next", "csv", "sum"].map(
    (name) => document.getElementById(`sessions-${name}`),
  );
  const body = root.querySelector("tbody");
  const days = new Map(); // null while a day is on its way
  const locale = (() => {
    try {
      return Intl.getCanonicalLocales(root.dataset.locale)[0];
    } catch {
      return "en";
    }
  })();
  const number = new Intl.NumberFormat(locale);
  let wanted = { day: told.days[0], app: "", type: "", page: 1 };

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };

  const appName = (id) => (Object.hasOwn(told.apps, id) ? told.apps[id] : id.replace(/[\u202a-\u202e\u2066-\u2069]/g, "\ufffd"));

  // An instant by the clock of the day's zone; with its date where that is another day.
  const clock = (day) => {
    const zone = (() => {
      try {
        return new Intl.DateTimeFormat(locale, { timeZone: day.zone }).resolvedOptions().timeZone;
      } catch {
        return "UTC"; // a zone that this browser does not know
      }
    })();
    const dayOf = new Intl.DateTimeFormat("en-CA", { timeZone: zone });
    const time = new Intl.DateTimeFormat(locale, { timeStyle: "medium", timeZone: zone });
    const both = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "medium", timeZone: zone });
    return (ms) => (dayOf.format(ms) === day.day ? time : both).format(ms);
  };

  const why = (type, block) => {
    if (type === "r") return "API request";
    if (type === "a") return "Alert delivered";
    const minutes = `Minutes ${number.format(15 * block)}–${number.format(15 * (block + 1))}`;
    return `${minutes} of the ${type === "v" ? "call" : "conversation"}`;
  };

  const isChosen = (type) => !wanted.type || wanted.type === type || (wanted.type === "b" && type !== "v");

  // All that the day's script has of the chosen app and type, by start; those of one instant by app.
  const rowsOf = (day) => {
    const found = [];
    for (const app of day.apps) {
      if (wanted.app && app.id !== wanted.app) continue;
      for (let place = 0; place < app.started.length; place++) {
        if (isChosen(app.types[place])) found.push([app, place]);
      }
    }
    return found.sort(([one, at], [other, place]) => one.started[at] - other.started[place]);
  };

  const counted = (day) => {
    const [counts, provisional] = [0, 0].map(() => ({ usage: 0, request: 0, alert: 0, voice: 0 }));
    for (const app of day.apps) {
      if (wanted.app && app.id !== wanted.app) continue;
      for (const name of Object.keys(counts)) {
        counts[name] += app.counts[name];
        provisional[name] += app.provisional[name];
      }
    }
    return [counts, provisional];
  };

  const cell = (label, text, className) => {
    const made = element("td", text, className);
    made.dataset.label = label;
    return made;
  };

  const isolated = (label, text, className) => {
    const made = cell(label);
    made.append(element("bdi", text, className));
    return made;
  };

  const rowOf = (at, [app, place]) => {
    const type = app.types[place];
    const [started, lasted, block] = [app.started[place], app.lasted[place], app.blocks[place]];
    const row = element("tr");
    const start = element("th", at(started), "when");
    start.scope = "row";
    const kind = cell("Type", TYPES[type]);
    if (app.open.has(place)) kind.append(element("span", "Provisional", "status draft"));
    row.append(
      start,
      cell("End", at(started + lasted), "when"),
      isolated("App", appName(app.id), "clip"),
      kind,
      cell("Why it counts", why(type, block), "when"),
      cell("Block", type === "u" || type === "v" ? number.format(block) : "–", "num"),
      isolated("Conversation", app.ids[place], "id"),
    );
    return row;
  };

  // What is complete, apart from what may still change; and whether the script has all of it.
  const summary = (day, rows) => {
    const [counts, provisional] = counted(day);
    const billing = counts.usage + counts.request + counts.alert;
    const open = Object.values(provisional).reduce((one, other) => one + other);
    const parts = `usage ${number.format(counts.usage)}, API requests ${number.format(counts.request)}, alerts ${number.format(counts.alert)}`;
    const words = [`Billing sessions ${number.format(billing)} (${parts})`, `voice sessions ${number.format(counts.voice)}`];
    if (open) words.push(`provisional ${number.format(open)}`);
    const chosen = CHOICES[wanted.type] ?? Object.keys(counts);
    const all = chosen.reduce((sum, name) => sum + counts[name] + provisional[name], 0);
    let text = `${words.join(", ")}. Times of ${day.zone}.`;
    if (rows < all) text += ` Here are the first ${number.format(rows)} of ${number.format(all)}; the CSV file has all.`;
    return text;
  };

  const show = () => {
    const day = days.get(wanted.day);
    const place = told.days.indexOf(wanted.day);
    earlier.disabled = place === -1 || place === told.days.length - 1;
    later.disabled = place <= 0;
    csv.href = `sessions/${wanted.day}.csv`;
    csv.hidden = place === -1;
    form.elements.day.value = wanted.day;
    form.elements.type.value = wanted.type;
    if (!day) {
      body.replaceChildren();
      sum.textContent = place === -1 ? "This day has no list." : "Loading…";
      page(0);
      return;
    }
    offer(day);
    const rows = rowsOf(day);
    const at = clock(day);
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    wanted.page = Math.min(wanted.page, pages);
    const first = (wanted.page - 1) * PAGE;
    body.replaceChildren(...rows.slice(first, first + PAGE).map((row) => rowOf(at, row)));
    sum.textContent = summary(day, rows.length);
    page(rows.length);
  };

  const page = (rows) => {
    const first = (wanted.page - 1) * PAGE;
    const last = Math.min(first + PAGE, rows);
    root.querySelector(".pager output").value = rows
      ? `${number.format(first + 1)}–${number.format(last)} of ${number.format(rows)}`
      : "No session";
    previous.disabled = wanted.page === 1;
    next.disabled = last >= rows;
  };

  const offer = (day) => {
    const select = form.elements.app;
    const ids = day.apps.map((app) => app.id);
    if (wanted.app && !ids.includes(wanted.app)) ids.push(wanted.app);
    const sorted = ids.map((id) => [appName(id), id]).sort((one, other) => one[0].localeCompare(other[0], locale));
    select.replaceChildren(select.options[0], ...sorted.map(([name, id]) => new Option(name, id)));
    select.value = wanted.app;
  };

  const load = () => {
    if (days.has(wanted.day) || !told.days.includes(wanted.day)) return;
    days.set(wanted.day, null);
    const script = document.createElement("script");
    script.src = `sessions/${wanted.day}.js`;
    script.addEventListener("error", () => {
      days.delete(wanted.day);
      sum.textContent = "This day's list could not be read.";
    });
    document.head.append(script);
  };

  globalThis.quarterhourDay = (day) => {
    for (const app of day.apps) {
      app.ids = app.conversations ? app.conversations.split(" ") : [];
      app.open = new Set(app.incomplete);
    }
    days.set(day.day, day);
    if (day.day === wanted.day) show();
  };

  const go = (change) => {
    wanted = { ...wanted, ...change };
    const address = new URLSearchParams({ day: wanted.day });
    if (wanted.app) address.set("app", wanted.app);
    if (wanted.type) address.set("type", wanted.type);
    if (wanted.page > 1) address.set("page", wanted.page);
    history.replaceState(null, "", `#${address}`);
    load();
    show();
  };

  const restore = () => {
    const address = new URLSearchParams(location.hash.slice(1));
    wanted = {
      day: address.get("day") || told.days[0],
      app: address.get("app") || "",
      type: Object.hasOwn(CHOICES, address.get("type")) ? address.get("type") : "",
      page: Math.max(1, Number.parseInt(address.get("page"), 10) || 1),
    };
    load();
    show();
  };

  form.addEventListener("change", ({ target }) => {
    if (target.value || target.name !== "day") go({ [target.name]: target.value, page: 1 });
  });
  form.addEventListener("submit", (event) => event.preventDefault());
  earlier.addEventListener("click", () => go({ day: told.days[told.days.indexOf(wanted.day) + 1], page: 1 }));
  later.addEventListener("click", () => go({ day: told.days[told.days.indexOf(wanted.day) - 1], page: 1 }));
  previous.addEventListener("click", () => go({ page: wanted.page - 1 }));
  next.addEventListener("click", () => go({ page: wanted.page + 1 }));
  window.addEventListener("hashchange", () => {
    restore();
    root.scrollIntoView();
  });
  root.hidden = false;
  restore();
})();
