// Elements and numbers, as the account's locale writes them. Names are put in as text, never as markup.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { locale } = usage.page;
  const grouped = { useGrouping: "always" };
  const whole = new Intl.NumberFormat(locale, { ...grouped, maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(locale, { ...grouped, maximumFractionDigits: 1 });
  const hundredths = new Intl.NumberFormat(locale, { ...grouped, maximumSignificantDigits: 2 });
  const signed = new Intl.NumberFormat(locale, {
    ...grouped,
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  });
  const shares = new Intl.NumberFormat(locale, { ...grouped, style: "percent", maximumFractionDigits: 1 });
  const changes = new Intl.NumberFormat(locale, {
    ...grouped,
    style: "percent",
    maximumFractionDigits: 1,
    signDisplay: "exceptZero",
  });

  usage.labels = {
    billing_sessions: "Billing sessions",
    usage_sessions: "Usage",
    request_sessions: "API requests",
    alert_sessions: "Alerts",
    voice_sessions: "Voice sessions",
    proactive_notifications: "Proactive",
    agent_seats: "Agents",
    provisional_sessions: "Provisional",
  };
  usage.units = { hour: "hour", day: "day", week: "week", month: "month" };

  usage.number = (value) => whole.format(value);
  usage.average = (value) => (Math.abs(value) < 1 ? hundredths : tenths).format(value);
  usage.signed = (value) => signed.format(value);
  usage.share = (value) => shares.format(value);
  usage.change = (value) => changes.format(value);
  usage.counted = (value, word) => `${whole.format(value)} ${word}${value === 1 ? "" : "s"}`;
  usage.collator = new Intl.Collator(locale, { numeric: true });

  usage.separators = () => {
    const parts = whole.formatToParts(123456789012);
    const groups = parts.filter(({ type }) => type === "integer").map(({ value }) => value.length);
    return {
      decimal: (tenths.formatToParts(0.5).find(({ type }) => type === "decimal") || { value: "." }).value,
      thousands: (parts.find(({ type }) => type === "group") || { value: "" }).value,
      grouping: groups.slice(1).reverse().concat(3),
      currency: ["", ""],
    };
  };

  usage.element = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null));
    return made;
  };

  usage.swatch = (kind) => usage.element("i", { class: `swatch ${kind}`, "aria-hidden": "true" });

  usage.data = (value, text = usage.number(value)) => usage.element("data", { value }, text);

  const named = new Map(usage.page.apps.map(([id, name, shownId]) => [id, { id, name, shownId }]));
  usage.appOf = (id) => named.get(id);
})();
