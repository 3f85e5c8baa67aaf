// Figures as cells of tables, in the order of their columns.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;

  usage.order = [
    "billing_sessions",
    "usage_sessions",
    "request_sessions",
    "alert_sessions",
    "voice_sessions",
    "proactive_notifications",
    ...(page.agents ? ["agent_seats"] : []),
    "provisional_sessions",
  ];

  usage.heads = { ...usage.labels, proactive_notifications: "Proactive" };

  const kindOf = (key, value) =>
    [
      "num",
      key === "billing_sessions" ? "strong" : "",
      key === "provisional_sessions" ? "provisional" : "",
      value === 0 ? "nil" : "",
    ]
      .filter(Boolean)
      .join(" ");

  usage.numberCell = (key, value, text) =>
    element("td", { class: kindOf(key, value) }, usage.data(value, text));
})();
