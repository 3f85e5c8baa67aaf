// Where the labels of the axis of time stand.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page } = usage;
  const months = page.days.months;
  const monthOf = (row) => usage.placeOf(months.starts, row.number);
  const monthName = (row) => months.shortNames[monthOf(row)];
  // The first bucket that begins in a month whose number of the year is one of those.
  const startOf =
    (...numbers) =>
    (row, before) =>
      numbers.includes(Number(months.ids[monthOf(row)].slice(5))) &&
      (!before || monthOf(before) !== monthOf(row));
  const longer = [
    [startOf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12), monthName],
    [startOf(1, 4, 7, 10), monthName],
    [startOf(1, 7), monthName],
    [startOf(1), monthName],
  ];
  const coarser = {
    hour: [
      [(row) => row.place % 3 === 0],
      [(row) => row.place % 6 === 0],
      [(row) => row.place % 12 === 0],
      [(row) => row.beginsDay],
    ],
    day: [[(row) => page.days.weeks.starts.includes(row.number)], ...longer],
    week: longer,
    month: longer,
  };

  // Where labels stand, and what they say: at each bucket while there is room, else where days, weeks,
  // months, quarters or years begin.
  usage.ticksOf = (rows, by, width) => {
    const room = Math.max(3, Math.floor(width / (by === "month" || by === "hour" ? 76 : 66)));
    const all = rows.map((_, place) => place);
    if (all.length <= room) return { ticks: all, names: rows.map(({ shortName }) => shortName) };
    let found = { ticks: all, names: rows.map(({ shortName }) => shortName) };
    for (const [begins, nameOf = (row) => row.shortName] of coarser[by]) {
      const ticks = all.filter((place) => begins(rows[place], rows[place - 1]));
      if (ticks.length) found = { ticks, names: rows.map(nameOf) };
      if (ticks.length <= room) break;
    }
    const step = Math.ceil(found.ticks.length / room);
    return { ...found, ticks: found.ticks.filter((_, place) => place % step === 0) };
  };
})();
