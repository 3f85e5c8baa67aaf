// What the usage page knows: its own figures, and those of the files beside it, which are fetched as scripts
// (a page that was opened from disk may load scripts and nothing else). Days are numbered from the account's
// first one, hours from the epoch; which week, month or local hour that is stands in the data.
"use strict";

window.quarterhourUsage = (() => {
  const page = JSON.parse(document.getElementById("usage-data").textContent);
  const counts = [
    "billing_sessions",
    "usage_sessions",
    "request_sessions",
    "alert_sessions",
    "voice_sessions",
    "proactive_notifications",
    "provisional_sessions",
  ];
  const measures = page.agents ? [...counts, "agent_seats"] : counts;
  const months = page.days.months;
  const lastDay = page.days.names.length - 1;
  const files = new Map();
  const waiting = new Map();

  // The place in a rising list of the last value that is not above the one looked for.
  const placeOf = (starts, value) => {
    let low = 0;
    let high = starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle] <= value) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };

  const isoDay = (day) => {
    const month = placeOf(months.starts, day);
    return `${months.ids[month]}-${String(day - months.starts[month] + 1).padStart(2, "0")}`;
  };

  const dayOfIso = (iso) => {
    const found = /^(\d{4}-\d{2})-(\d{2})$/.exec(iso || "");
    const month = found ? months.ids.indexOf(found[1]) : -1;
    if (month < 0 || Number(found[2]) < 1 || Number(found[2]) > months.sizes[month]) return null;
    const day = months.starts[month] + Number(found[2]) - 1;
    return day >= 0 && day <= lastDay ? day : null;
  };

  const received = (kind) => (month, data) => {
    let at = 0;
    data.places = new Map();
    (data.apps || []).forEach((app, place) => {
      data.places.set(app, [at, at + data.rows[place]]);
      at += data.rows[place];
    });
    files.set(`${kind} ${month}`, data);
    if (data.byHour) received("hours")(month, data.byHour);
  };

  const fetched = (kind, month) => {
    const key = `${kind} ${month}`;
    if (!waiting.has(key)) {
      const address = `data/${month}${kind === "hours" ? "-hours" : ""}.js`;
      waiting.set(
        key,
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = address;
          script.onload = () => resolve(files.get(key));
          script.onerror = () => {
            waiting.delete(key);
            script.remove();
            reject(new Error(`The figures in ${address} could not be read.`));
          };
          document.head.append(script);
        }),
      );
    }
    return waiting.get(key);
  };

  // The months, by number, of the days from the first to the last.
  const monthsOfDays = (first, last) => {
    const found = [];
    for (let month = placeOf(months.starts, first); month <= placeOf(months.starts, last); month += 1)
      found.push(month);
    return found;
  };

  const fetchDays = (first, last) =>
    Promise.all(monthsOfDays(first, last).map((month) => fetched("days", months.ids[month])));

  const monthOfHour = (hour) => Math.min(placeOf(page.monthHours, hour), months.ids.length - 1);

  const monthsOfHours = (start, end) => {
    const found = [];
    for (let month = Math.max(0, monthOfHour(start)); month <= monthOfHour(end - 1); month += 1)
      found.push(month);
    return found;
  };

  const fetchHours = (start, end, byApp) =>
    Promise.all(
      monthsOfHours(start, end).flatMap((month) => [
        fetched("days", months.ids[month]),
        ...(byApp && page.hourFiles.includes(months.ids[month]) ? [fetched("hours", months.ids[month])] : []),
      ]),
    );

  const clockOf = (month) => files.get(`days ${months.ids[month]}`).hours;

  // The day of an hour and its place in it; the month's file has been fetched.
  const dayOfHour = (hour) => {
    const month = Math.max(0, monthOfHour(hour));
    const clock = clockOf(month);
    const within = Math.min(placeOf(clock.starts, hour - clock.first), clock.starts.length - 2);
    return {
      day: months.starts[month] + within,
      clock: clock.odd[within] || clock.clock,
      place: hour - clock.first - clock.starts[within],
    };
  };

  const firstHourOf = (day) => {
    const month = placeOf(months.starts, day);
    const clock = clockOf(month);
    return clock.first + clock.starts[day - months.starts[month]];
  };

  const endHourOf = (day) => {
    const month = placeOf(months.starts, day);
    const clock = clockOf(month);
    return clock.first + clock.starts[day - months.starts[month] + 1];
  };

  const blank = (size, names) => Object.fromEntries(names.map((name) => [name, new Float64Array(size)]));

  // Each row of an app in a month's file: its day or hour within the month, and its place in the columns.
  const eachRow = (file, app, at, use) => {
    const [from, to] = file.places.get(app) || [0, 0];
    for (let row = from; row < to; row += 1) use(file[at] ? file[at][row] : 0, row);
  };

  // The days from the first to the last of the chosen apps (null: of all), added up; months are fetched.
  const days = (apps, first, last) => {
    const sums = blank(last - first + 1, measures);
    if (apps === null) {
      for (const name of measures) if (page.all[name]) sums[name].set(page.all[name].slice(first, last + 1));
      return sums;
    }
    for (const month of monthsOfDays(first, last)) {
      const file = files.get(`days ${months.ids[month]}`);
      for (const app of apps) {
        eachRow(file, app, "day", (within, row) => {
          const place = months.starts[month] + within - first;
          if (place < 0 || place > last - first) return;
          for (const name of measures) if (file[name]) sums[name][place] += file[name][row];
        });
      }
    }
    return sums;
  };

  // The same for hours, from the start to before the end; agents are those of the hour's day (R16).
  const hours = (apps, start, end) => {
    const sums = blank(end - start, measures);
    for (const month of monthsOfHours(start, end)) {
      const all = files.get(`days ${months.ids[month]}`);
      const offset = all.hours.first - start;
      const add = (file) => (within, row) => {
        const place = within + offset;
        if (place < 0 || place >= end - start) return;
        for (const name of counts) if (file[name]) sums[name][place] += file[name][row];
      };
      if (apps === null) (all.all.hour || []).forEach(add(all.all));
      else {
        const file = files.get(`hours ${months.ids[month]}`);
        if (file) for (const app of apps) eachRow(file, app, "hour", add(file));
      }
    }
    if (page.agents && end > start) {
      const first = Math.max(0, dayOfHour(start).day);
      const last = Math.min(lastDay, dayOfHour(end - 1).day);
      const seats = first <= last ? days(apps, first, last).agent_seats : [];
      for (let place = 0; place < end - start; place += 1) {
        sums.agent_seats[place] = seats[dayOfHour(start + place).day - first] || 0;
      }
    }
    return sums;
  };

  return {
    page,
    counts,
    measures,
    months,
    lastDay,
    placeOf,
    isoDay,
    dayOfIso,
    fetchDays,
    fetchHours,
    dayOfHour,
    firstHourOf,
    endHourOf,
    monthOfHour,
    sumDays: days,
    sumHours: hours,
    days: received("days"),
    hours: received("hours"),
  };
})();
