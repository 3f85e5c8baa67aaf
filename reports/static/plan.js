// The plan page: search and sorting of the apps, the menu of an app, and the panel that shows what can be asked for
// it. What is asked becomes a command to copy: the page itself changes nothing. All facts and texts are in the page;
// values that a reader types are quoted here as they are in reports/commands.py.
"use strict";

(() => {
  const table = document.getElementById("plans");
  const told = JSON.parse(document.getElementById("plan-data").textContent);
  if (!table) return;

  // Search and sorting

  const body = table.tBodies[0];
  const rows = [...body.rows].map((row, position) => ({
    row,
    position,
    text: [...row.cells].slice(0, -1).map((cell) => cell.textContent).join(" ").toLocaleLowerCase(),
  }));
  const search = document.getElementById("search");
  const shown = document.getElementById("shown");
  const nobody = document.getElementById("nobody");
  const locale = document.querySelector(".plans").dataset.locale;

  function counted(number) {
    return number.toLocaleString(locale);
  }

  function filter() {
    const words = search.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of rows) {
      const isShown = words.every((word) => text.includes(word));
      if (row.hidden === isShown) row.hidden = !isShown;
      count += isShown;
    }
    shown.textContent =
      count === rows.length ? `${counted(count)} shown` : `${counted(count)} of ${counted(rows.length)} shown`;
    nobody.hidden = count > 0;
  }

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
    body.append(...keyed.map(({ each }) => each.row));
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
    search.addEventListener("input", filter);
    filter(); // a browser may have kept what was typed
  }

  // What opens beside a button: below it, or above it where there is no room; nothing clips what is fixed.

  const isRtl = document.documentElement.dir === "rtl";

  let placedAt = 0;

  function place(box, button, start) {
    const { top, bottom } = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const most = document.documentElement.clientWidth - width - 8;
    placedAt = top;
    box.style.left = `${Math.max(8, Math.min(start, most))}px`;
    box.style.top = `${bottom + height + 12 > window.innerHeight ? Math.max(8, top - height - 4) : bottom + 4}px`;
  }

  // The notes of an app

  let explained = null;

  function openNotes(button) {
    explained = button;
    button.setAttribute("aria-expanded", "true");
    const box = button.nextElementSibling;
    const { left, right } = button.getBoundingClientRect();
    place(box, button, isRtl ? right - box.offsetWidth : left);
  }

  function closeNotes(returns) {
    if (!explained) return;
    explained.setAttribute("aria-expanded", "false");
    if (returns) explained.focus();
    explained = null;
  }

  body.addEventListener("click", (event) => {
    const button = event.target.closest(".why");
    if (!button) return;
    const wasOpen = explained === button;
    closeNotes();
    if (!wasOpen) openNotes(button);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") closeNotes(true);
  });
  body.addEventListener("focusout", (event) => {
    if (explained && event.target === explained) closeNotes();
  });

  // The menu of an app: one element that opens beside the button that asked for it.

  const menu = document.getElementById("menu");
  const items = [...menu.querySelectorAll("[role=menuitem]")];
  const ownerItem = menu.querySelector('[data-item="owner"]');
  let opener = null;

  function offered() {
    return items.filter((item) => !item.hidden);
  }

  function openMenu(button, last) {
    closeMenu();
    opener = button;
    ownerItem.hidden = isContract(appOf(button));
    menu.setAttribute("aria-label", button.getAttribute("aria-label"));
    button.setAttribute("aria-expanded", "true");
    button.setAttribute("aria-controls", menu.id);
    button.after(menu);
    menu.hidden = false;
    const { left, right } = button.getBoundingClientRect();
    place(menu, button, isRtl ? left : right - menu.offsetWidth);
    const choice = offered();
    choice[last ? choice.length - 1 : 0].focus();
  }

  function closeMenu(returns) {
    if (!opener) return;
    const button = opener;
    opener = null;
    menu.hidden = true;
    button.setAttribute("aria-expanded", "false");
    button.removeAttribute("aria-controls");
    if (returns) button.focus();
  }

  menu.addEventListener("keydown", (event) => {
    const choice = offered();
    const place = choice.indexOf(document.activeElement);
    const step = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: choice.length - 1 }[event.key];
    if (step !== undefined) {
      event.preventDefault();
      choice[(step + choice.length) % choice.length].focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      closeMenu(true);
    } else if (event.key === "Tab") {
      closeMenu(true); // from the button the focus goes on to where it was going
    } else if (event.key.length === 1) {
      const found = choice.find((item) => item.textContent.toLowerCase().startsWith(event.key.toLowerCase()));
      if (found) found.focus();
    }
  });
  menu.addEventListener("click", (event) => {
    const item = event.target.closest("[role=menuitem]");
    if (!item) return;
    const button = opener;
    closeMenu();
    openPanel(button, item.dataset.item === "owner" ? "owner_changed" : null);
  });
  document.addEventListener("pointerdown", (event) => {
    if (opener && !menu.contains(event.target) && !opener.contains(event.target)) closeMenu();
    if (explained && !explained.parentElement.contains(event.target)) closeNotes();
  });
  function closeBoth() {
    closeMenu();
    closeNotes();
  }
  // What is fixed does not go along with its button; a scroll that ended before it opened is none of its own.
  function closeWhereItMoved() {
    const button = opener || explained;
    if (button && Math.abs(button.getBoundingClientRect().top - placedAt) > 1) closeBoth();
  }
  window.addEventListener("scroll", closeWhereItMoved, { capture: true, passive: true });
  window.addEventListener("resize", closeBoth);

  body.addEventListener("click", (event) => {
    const more = event.target.closest(".more");
    if (more) {
      if (opener === more) closeMenu(true);
      else openMenu(more);
    }
    const manage = event.target.closest(".manage");
    if (manage) openPanel(manage);
  });
  body.addEventListener("keydown", (event) => {
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && event.target.closest(".more")) {
      event.preventDefault();
      openMenu(event.target.closest(".more"), event.key === "ArrowUp");
    }
  });

  // Commands

  const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;

  function shellText(value) {
    return /^[A-Za-z0-9_@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", `'"'"'`)}'`;
  }

  function option(flag, value) {
    return value.startsWith("-") ? `${flag}=${shellText(value)}` : `${flag} ${shellText(value)}`;
  }

  function yamlText(value) {
    const escaped = [...value].map((character) => {
      if (character === '"' || character === "\\") return `\\${character}`;
      if (!UNSEEN.test(character)) return character;
      const code = character.codePointAt(0).toString(16);
      return code.length > 4 ? `\\U${code.padStart(8, "0")}` : `\\u${code.padStart(4, "0")}`;
    });
    return `"${escaped.join("")}"`;
  }

  function commandsOf(app) {
    return isContract(app) ? told.contractCommands : told.commands;
  }

  // The words and lines with their gaps filled; none for a shell where an id or a value is not safe in a terminal.
  function filled(app, event, values) {
    const { shell, config } = commandsOf(app)[event];
    const isSafe = shell !== null && (isContract(app) || app.shell !== undefined);
    const lines = config.map((line) => {
      if (typeof line === "string") return line;
      return `${line[0]} ${line[1] === "app_id" ? app.yaml : yamlText(values[line[1]])}`;
    });
    if (!isSafe || Object.values(values).some((value) => UNSEEN.test(value))) {
      return { shell: null, config: lines.join("\n") };
    }
    const words = shell.map((word) => {
      if (typeof word === "string") return word;
      return word[1] === "app_id" ? app.shell : option(word[0], values[word[1]]);
    });
    return { shell: words.join(" "), config: lines.join("\n") };
  }

  const commandTemplate = document.getElementById("command");

  function showCommand(place, app, event, values) {
    if (!place.firstElementChild) place.append(commandTemplate.content.cloneNode(true));
    const { shell, config } = filled(app, event, values);
    place.querySelector("[data-unsafe]").hidden = shell !== null;
    place.querySelector("[data-shell]").hidden = shell === null;
    place.querySelector("[data-shell] pre code").textContent = shell || "";
    place.querySelector("[data-config] pre code").textContent = config;
    place.querySelector("[data-copied]").textContent = "";
    place.hidden = false;
  }

  async function copy(button) {
    const text = button.closest(".code").querySelector("pre code");
    const said = button.closest(".command").querySelector("[data-copied]");
    try {
      await navigator.clipboard.writeText(text.textContent);
      said.textContent = "Copied.";
    } catch {
      // Without leave, or from a page that the browser does not trust: what is selected can always be copied.
      getSelection().selectAllChildren(text);
      said.textContent = document.execCommand("copy") ? "Copied." : "Selected: copy it with the keyboard.";
    }
  }

  // The panel

  const panel = element("dialog", "manage-panel", document.getElementById("manage").content);
  panel.setAttribute("aria-labelledby", "manage-name");
  document.body.append(panel);
  const part = (name) => panel.querySelector(`[data-${name}]`);
  const actions = [...panel.querySelectorAll(".action")];
  for (const each of actions) each.name = "action"; // one is open at a time
  for (const input of panel.querySelectorAll("[data-kind]")) {
    const modes = { amount: "decimal", days: "numeric", whole: "numeric" };
    if (modes[input.dataset.kind]) input.inputMode = modes[input.dataset.kind];
  }
  let managed = null;
  let asked = null;

  function appOf(element) {
    return told.apps[element.closest("tr").dataset.app];
  }

  function isContract(app) {
    return app.yaml === undefined;
  }

  function element(name, className, ...content) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...content);
    return made;
  }

  function openPanel(button, action) {
    const row = button.closest("tr");
    asked = row.querySelector(".more");
    managed = appOf(button);
    const choices = told.choices[managed.choices];
    part("name").textContent = row.querySelector(".name").textContent;
    const id = row.querySelector("th .id");
    const badge = row.querySelector(".badge").cloneNode(true);
    part("facts").replaceChildren(badge, ...(id ? [element("bdi", "id", id.textContent)] : []));
    const notices = row.querySelector(".notices");
    part("notices").replaceChildren(...(notices ? [notices.cloneNode(true)] : []));
    showPlan(row);
    showUsage();
    showOffers(choices);
    for (const each of actions) prepareAction(each, choices.actions);
    panel.showModal();
    panel.querySelector(".panel-body").scrollTop = 0;
    const wanted = actions.find((each) => each.dataset.action === action);
    if (wanted && !wanted.hidden) {
      wanted.open = true;
      wanted.scrollIntoView({ block: "center" });
      (wanted.querySelector("input") || wanted.querySelector("summary")).focus();
    } else {
      panel.querySelector("#manage-name").focus();
    }
  }

  function priceList(lines) {
    return lines.map(([name, text]) => element("div", "", element("dt", "", name), element("dd", "", text)));
  }

  function showPlan(row) {
    const plan = told.plans[managed.plan];
    const name = row.querySelector(".plan");
    part("plan").textContent = plan ? plan.name : name ? `${name.textContent}: not in force` : "None yet";
    const agents = managed.seats ? [["Agents set", counted(managed.seats)]] : [];
    part("price").replaceChildren(...priceList([...(plan ? plan.lines : []), ...agents]));
  }

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

  function showUsage() {
    part("usage-part").hidden = !managed.usage;
    if (!managed.usage) return;
    part("period").textContent = managed.period;
    part("pace").textContent = managed.pace;
    part("usage").replaceChildren(...managed.usage.map(meter));
  }

  function showOffers(choices) {
    const { offers, refused } = choices;
    part("no-offer").hidden = offers.length > 0;
    part("offers").hidden = offers.length === 0;
    panel.querySelector('[data-command="plan"]').hidden = true;
    part("list").replaceChildren(...offers.map(offerCard));
    part("refused").hidden = refused.length === 0;
    part("refused").open = false;
    const count = refused.reduce((sum, [, plans]) => sum + plans.length, 0);
    part("refused").querySelector("summary").textContent = `Why not ${count === 1 ? "the other plan" : `the other ${counted(count)} plans`}`;
    part("refused")
      .querySelector("dl")
      .replaceChildren(
        ...refused.map(([reason, plans]) =>
          element("div", "", element("dt", "", reason), element("dd", "note", plans.join(", "))),
        ),
      );
  }

  function offerCard(offer) {
    const plan = told.plans[offer.plan];
    const radio = element("input");
    radio.type = "radio";
    radio.name = "plan";
    radio.addEventListener("change", () =>
      showCommand(panel.querySelector('[data-command="plan"]'), managed, offer.event, { plan_id: plan.id }),
    );
    const choice = element("label", "", radio, element("strong", "", plan.name));
    const when = element("p", "note", offer.when);
    return element("div", "offer", choice, when, element("dl", "price", ...priceList(plan.lines)));
  }

  function prepareAction(details, possible) {
    const found = possible[details.dataset.needs];
    const knows = found !== undefined && commandsOf(managed)[details.dataset.action] !== undefined;
    details.hidden = !knows;
    details.open = false;
    if (!knows) return;
    const refused = found.no;
    details.classList.toggle("is-refused", refused !== undefined);
    details.querySelector(".not-now").textContent = refused === undefined ? "" : "Not now";
    const hint = details.querySelector("[data-hint]");
    hint.dataset.own ??= hint.textContent;
    hint.textContent = refused ?? [hint.dataset.own, found.hint].filter(Boolean).join(" ");
    hint.hidden = !hint.textContent;
    const form = details.querySelector("[data-form]");
    form.hidden = refused !== undefined || !form.elements.length;
    form.reset();
    for (const input of form.elements) prepareField(input, found);
    if (refused === undefined) update(details);
    else details.querySelector("[data-command]").hidden = true;
  }

  function prepareField(input, found) {
    if (input.name === "amount" && found.min !== undefined) {
      input.value = found.min;
      input.dataset.min = found.min;
      input.dataset.max = found.max;
    }
    if (input.name === "seats") input.value = managed.seats;
    if (input.name === "order_id") input.value = newOrderId();
    input.removeAttribute("aria-invalid");
  }

  // An id that no other order has: the day, and chance.
  function newOrderId() {
    const chance = [...crypto.getRandomValues(new Uint8Array(4))].map((byte) => byte.toString(16).padStart(2, "0"));
    return `order-${new Date().toISOString().slice(0, 10)}-${chance.join("")}`;
  }

  const KINDS = {
    text: /\S/u,
    amount: /^\d{1,12}(\.\d{1,6})?$/,
    days: /^[1-9]\d{0,3}$/,
    whole: /^\d{1,9}$/,
  };

  function isGood(input) {
    const { kind, min, max } = input.dataset;
    if (!KINDS[kind].test(input.value)) return false;
    if (kind === "amount" && Number(input.value) === 0) return false;
    return min === undefined || (Number(input.value) >= Number(min) && Number(input.value) <= Number(max));
  }

  // A command is shown only while all that it is made of is there and fits.
  function update(details) {
    const inputs = [...details.querySelector("[data-form]").elements];
    const values = {};
    let areGood = true;
    for (const input of inputs) {
      const good = isGood(input);
      if (good || input.value === "") input.removeAttribute("aria-invalid");
      else input.setAttribute("aria-invalid", "true");
      areGood &&= good;
      values[input.name] = input.value;
    }
    const place = details.querySelector("[data-command]");
    if (areGood) showCommand(place, managed, details.dataset.action, values);
    else place.hidden = true;
  }

  // The whole card chooses its plan.
  part("list").addEventListener("click", (event) => {
    const card = event.target.closest(".offer");
    if (card && !event.target.closest("label") && !String(getSelection())) card.querySelector("input").click();
  });

  panel.addEventListener("input", (event) => {
    const details = event.target.closest(".action");
    if (details) update(details);
  });
  panel.addEventListener("submit", (event) => event.preventDefault());
  panel.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    // A click on the dialog itself is one beside the panel.
    if (event.target === panel || event.target.closest("[data-close]")) panel.close();
  });
  panel.addEventListener("close", () => asked?.focus());
})();
