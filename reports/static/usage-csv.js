// CSV of what is shown, as the files beside the page have it: numbers as they are, CRLF, and no text that a
// spreadsheet program would take for a formula.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const formulaStarts = ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠"];

  const cell = (value) => {
    if (typeof value === "number" || typeof value === "boolean") return String(value);
    const text = formulaStarts.includes(value.charAt(0)) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  usage.csv = (header, rows) => [header, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");

  usage.download = (name, text) => {
    const address = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    const link = usage.element("a", { href: address, download: name });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  };
})();
