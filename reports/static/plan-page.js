// What the plan page knows of its apps, and elements of it. Texts are put in as text, never as markup.
"use strict";

(() => {
  const told = JSON.parse(document.getElementById("plan-data").textContent);
  const { locale, atOnce } = document.querySelector(".plans").dataset;

  function element(name, className, ...content) {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...content);
    return made;
  }

  window.quarterhourPlan = {
    told,
    element,
    atOnce: Number(atOnce),
    isRtl: document.documentElement.dir === "rtl",
    counted: (number) => number.toLocaleString(locale),
    appOf: (within) => told.apps[within.closest("tr").dataset.app],
    isContract: (app) => app.yaml === undefined,
  };
})();
