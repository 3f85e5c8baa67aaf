// The panel of an app: its plan and price, its usage, what it could have instead, and what else can be asked for.
"use strict";

(() => {
  const page = window.quarterhourPlan;
  const { told, element, counted, appOf, meter, showCommand, copy, prepareAction, updateAction } = page;
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
    for (const each of actions) prepareAction(each, managed, choices.actions);
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

  // The whole card chooses its plan.
  part("list").addEventListener("click", (event) => {
    const card = event.target.closest(".offer");
    if (card && !event.target.closest("label") && !String(getSelection())) card.querySelector("input").click();
  });

  panel.addEventListener("input", (event) => {
    const details = event.target.closest(".action");
    if (details) updateAction(details);
  });
  panel.addEventListener("submit", (event) => event.preventDefault());
  panel.addEventListener("click", (event) => {
    const button = event.target.closest(".copy");
    if (button) copy(button);
    // A click on the dialog itself is one beside the panel.
    if (event.target === panel || event.target.closest("[data-close]")) panel.close();
  });
  panel.addEventListener("close", () => asked?.focus());

  page.openPanel = openPanel;
})();
