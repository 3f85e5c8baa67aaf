// What opens beside the buttons of an app: its notes, and its menu, which is one element for all apps.
"use strict";

(() => {
  const { isRtl, appOf, isContract, openPanel } = window.quarterhourPlan;
  const table = document.getElementById("plans");
  if (!table) return;
  const body = table.tBodies[0];

  // Below its button, or above it where there is no room; nothing clips what is fixed.
  let placedAt = 0;

  function place(box, button, start) {
    const { top, bottom } = button.getBoundingClientRect();
    const { offsetWidth: width, offsetHeight: height } = box;
    const most = document.documentElement.clientWidth - width - 8;
    placedAt = top;
    box.style.left = `${Math.max(8, Math.min(start, most))}px`;
    box.style.top = `${bottom + height + 12 > window.innerHeight ? Math.max(8, top - height - 4) : bottom + 4}px`;
  }

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
})();
