// What can be asked for beside another plan: each action has its fields, and a command while they fit.
"use strict";

(() => {
  const plan = window.quarterhourPlan;
  const { commandsOf, showCommand } = plan;
  let managed = null;

  function prepareAction(details, app, possible) {
    managed = app;
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

  Object.assign(plan, { prepareAction, updateAction: update });
})();
