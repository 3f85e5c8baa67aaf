// The apps to choose from: a box that is typed into, and a list in which any number can be ticked. It works
// with a thousand apps and by keyboard: arrows move, Enter ticks, Escape closes.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const shownAtOnce = 200;
  const shownChips = 8;

  usage.appPicker = (onchange) => {
    const button = document.getElementById("usage-apps");
    const panel = document.getElementById("usage-apps-panel");
    const input = document.getElementById("usage-apps-find");
    const list = document.getElementById("usage-apps-list");
    const status = document.getElementById("usage-apps-status");
    const selectFound = document.getElementById("usage-apps-all");
    const selectNone = document.getElementById("usage-apps-none");
    const chips = document.getElementById("usage-chips");
    const apps = page.apps
      .map(([id]) => usage.appOf(id))
      .sort((one, other) => usage.collator.compare(one.name, other.name) || (one.id < other.id ? -1 : 1));
    let chosen = new Set();
    let found = apps;
    let active = -1;

    const changed = () => {
      onchange(chosen.size ? apps.filter(({ id }) => chosen.has(id)).map(({ id }) => id) : null);
      describe();
    };

    const describe = () => {
      const only = chosen.size === 1 ? usage.appOf([...chosen][0]).name : "";
      button.querySelector("bdi").textContent =
        only ||
        (chosen.size
          ? `${usage.number(chosen.size)} of ${usage.counted(apps.length, "app")}`
          : `All apps (${usage.number(apps.length)})`);
      selectNone.disabled = chosen.size === 0;
      showChips();
    };

    const showChips = () => {
      const names = apps.filter(({ id }) => chosen.has(id));
      chips.replaceChildren(
        ...names
          .slice(0, shownChips)
          .map(({ id, name }) =>
            element(
              "li",
              {},
              element(
                "button",
                { type: "button", class: "chip", "aria-label": `Remove ${name}`, onclick: () => toggle(id) },
                element("bdi", {}, name),
                element("span", { "aria-hidden": "true" }, "×"),
              ),
            ),
          ),
        ...(names.length > shownChips
          ? [element("li", { class: "note" }, `and ${usage.number(names.length - shownChips)} more`)]
          : []),
        ...(names.length
          ? [
              element(
                "li",
                {},
                element("button", { type: "button", class: "plain", onclick: clear }, "Show all apps"),
              ),
            ]
          : []),
      );
      chips.hidden = names.length === 0;
    };

    const toggle = (id) => {
      if (chosen.has(id)) chosen.delete(id);
      else chosen.add(id);
      mark();
      changed();
    };

    const clear = () => {
      chosen = new Set();
      mark();
      changed();
      if (panel.hidden) button.focus();
    };

    const chooseFound = () => {
      chosen = new Set([...chosen, ...found.map(({ id }) => id)]);
      if (chosen.size === apps.length) chosen = new Set();
      mark();
      changed();
    };

    const mark = () => {
      for (const option of list.children)
        option.setAttribute("aria-selected", String(chosen.has(option.dataset.app)));
    };

    const show = () => {
      const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
      found = apps.filter(({ id, name }) => {
        const text = `${name}\n${id}`.toLocaleLowerCase();
        return words.every((word) => text.includes(word));
      });
      list.replaceChildren(
        ...found.slice(0, shownAtOnce).map((app, place) =>
          element(
            "li",
            {
              id: `usage-app-${place}`,
              role: "option",
              "data-app": app.id,
              "aria-selected": String(chosen.has(app.id)),
              onclick: () => {
                move(place);
                toggle(app.id);
              },
            },
            element("span", { class: "tick", "aria-hidden": "true" }),
            element("bdi", { class: "clip" }, app.name),
            app.shownId ? element("bdi", { class: "id clip" }, app.shownId) : null,
          ),
        ),
      );
      const hidden = found.length - shownAtOnce;
      status.textContent =
        usage.counted(found.length, "app") +
        (hidden > 0 ? `, the first ${usage.number(shownAtOnce)} are listed` : "");
      selectFound.hidden = words.length === 0 || found.length === 0;
      move(words.length && found.length ? 0 : -1);
    };

    const move = (place) => {
      if (active >= 0) list.children[active]?.classList.remove("active");
      active = place;
      const option = list.children[place];
      if (option) {
        option.classList.add("active");
        option.scrollIntoView({ block: "nearest" });
        input.setAttribute("aria-activedescendant", option.id);
      } else input.removeAttribute("aria-activedescendant");
    };

    const open = () => {
      panel.hidden = false;
      button.setAttribute("aria-expanded", "true");
      input.setAttribute("aria-expanded", "true");
      show();
      input.focus();
    };

    const close = (andFocus) => {
      if (panel.hidden) return;
      panel.hidden = true;
      button.setAttribute("aria-expanded", "false");
      input.setAttribute("aria-expanded", "false");
      input.value = "";
      if (andFocus) button.focus();
    };

    const keys = {
      ArrowDown: () => move(Math.min(active + 1, list.children.length - 1)),
      ArrowUp: () => move(Math.max(active - 1, 0)),
      PageDown: () => move(Math.min(active + 8, list.children.length - 1)),
      PageUp: () => move(Math.max(active - 8, 0)),
      Enter: () => {
        if (list.children[active]) toggle(list.children[active].dataset.app);
      },
    };

    button.addEventListener("click", () => (panel.hidden ? open() : close(true)));
    input.addEventListener("input", show);
    input.addEventListener("keydown", (event) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close(true);
    });
    list.addEventListener("mousedown", (event) => event.preventDefault());
    document.addEventListener("pointerdown", (event) => {
      if (!panel.contains(event.target) && !button.contains(event.target)) close(false);
    });
    panel.addEventListener("focusout", (event) => {
      if (event.relatedTarget && !panel.contains(event.relatedTarget) && event.relatedTarget !== button)
        close(false);
    });
    selectFound.addEventListener("click", chooseFound);
    selectNone.addEventListener("click", clear);

    return {
      set(ids) {
        chosen = new Set(ids || []);
        describe();
      },
      only(id) {
        chosen = new Set([id]);
        changed();
      },
    };
  };
})();
