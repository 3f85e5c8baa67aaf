// From a choice to what is shown of it: the range, its buckets, their figures, totals, averages, and the range
// before. Adding up (and for agents the highest) is all that is done to figures here (R11, R16).
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, months, lastDay, placeOf } = usage;
  const weeks = page.days.weeks;
  const longestByHour = 31;

  // A range is a run of days, or the hours up to the last full one; null where the data has none of it.
  usage.rangeOf = (choice) => {
    if (choice.range === "24h") {
      const end = page.hoursEnd;
      const start = Math.max(end - 24, page.firstHour);
      return end > start ? { byHours: true, start, end, size: end - start } : null;
    }
    const preset = page.presets[choice.range];
    const [first, last] = choice.range === "custom" ? [choice.from, choice.to] : preset || [null, null];
    return first === null ? null : { byHours: false, first, last, size: last - first + 1 };
  };

  // The range of the same length just before; null where it begins before the data does.
  usage.rangeBefore = (range) => {
    if (!range.byHours) {
      const first = range.first - range.size;
      return first < 0 ? null : { byHours: false, first, last: range.first - 1, size: range.size };
    }
    const start = range.start - range.size;
    return start < page.firstHour ? null : { byHours: true, start, end: range.start, size: range.size };
  };

  usage.granularitiesOf = (range) => {
    if (range === null) return [];
    if (range.byHours) return ["hour"];
    return range.size > longestByHour ? ["day", "week", "month"] : ["hour", "day", "week", "month"];
  };

  // The files that a range needs: by app or of all, its hours or its days, and those of the range before.
  usage.fetchRange = (range, { byApp, byHour, isCompared }) => {
    const size = isCompared ? range.size : 0;
    if (range.byHours)
      return usage.fetchHours(Math.max(page.firstHour, range.start - size), range.end, byApp);
    const needed = [];
    if (byApp) needed.push(usage.fetchDays(Math.max(0, range.first - size), range.last));
    if (byHour) {
      needed.push(
        usage.fetchDays(range.first, range.last).then(() => {
          const [start, end] = hoursOf(range);
          return end > start ? usage.fetchHours(start, end, byApp) : null;
        }),
      );
    }
    return Promise.all(needed);
  };

  const hoursOf = (range) =>
    range.byHours
      ? [range.start, range.end]
      : [usage.firstHourOf(range.first), Math.min(usage.endHourOf(range.last), page.hoursEnd)];

  const isComplete = (day) => day <= page.through;

  const hourBuckets = (range) => {
    const [start, end] = hoursOf(range);
    const found = [];
    for (let hour = start; hour < end; hour += 1) {
      const { day, clock, place } = usage.dayOfHour(hour);
      const until = clock[place + 1] || clock[0];
      found.push({
        id: `${new Date(hour * 3600000).toISOString().slice(0, 13)}:00Z`,
        name: `${page.days.names[day]}, ${clock[place]} – ${until}`,
        shortName: place === 0 ? page.days.shortNames[day] : clock[place],
        beginsDay: place === 0,
        place,
        from: hour - start,
        to: hour - start + 1,
        isPartial: false,
      });
    }
    return found;
  };

  const dayBuckets = (range) => {
    const found = [];
    for (let day = range.first; day <= range.last; day += 1) {
      found.push({
        id: usage.isoDay(day),
        name: page.days.names[day],
        shortName: page.days.shortNames[day],
        number: day,
        from: day - range.first,
        to: day - range.first + 1,
        isPartial: !isComplete(day),
      });
    }
    return found;
  };

  const longerBuckets = (range, buckets) => {
    const found = [];
    for (let place = placeOf(buckets.starts, range.first); place < buckets.starts.length; place += 1) {
      const from = Math.max(buckets.starts[place], range.first);
      const to = Math.min(buckets.starts[place] + buckets.sizes[place], range.last + 1);
      if (from > range.last) break;
      const isPartial = to - from < buckets.sizes[place] || !isComplete(to - 1);
      found.push({
        id: buckets.ids[place],
        name: buckets.names[place],
        shortName: buckets.shortNames[place],
        part: isPartial ? `${page.days.names[from]} – ${page.days.names[to - 1]}` : "",
        number: from,
        from: from - range.first,
        to: to - range.first,
        isPartial,
      });
    }
    return found;
  };

  usage.bucketsOf = (range, by) => {
    if (by === "hour") return hourBuckets(range);
    if (by === "day") return dayBuckets(range);
    return longerBuckets(range, by === "week" ? weeks : months);
  };

  const added = (column, from, to) => {
    let sum = 0;
    for (let place = from; place < to; place += 1) sum += column[place];
    return sum;
  };

  const highest = (column, from, to) => {
    let most = 0;
    for (let place = from; place < to; place += 1) most = Math.max(most, column[place]);
    return most;
  };

  const figuresOf = (columns, from, to) =>
    Object.fromEntries(
      usage.measures.map((name) => [
        name,
        (name === "agent_seats" ? highest : added)(columns[name], from, to),
      ]),
    );

  // Columns of the range's hours or days, whichever its buckets are made of.
  usage.columnsOf = (range, by, apps) => {
    if (by !== "hour") return usage.sumDays(apps, range.first, range.last);
    const [start, end] = hoursOf(range);
    return usage.sumHours(apps, start, end);
  };

  usage.rowsOf = (buckets, columns) =>
    buckets.map((bucket) => ({ ...bucket, ...figuresOf(columns, bucket.from, bucket.to) }));

  usage.totalsOf = (columns) => figuresOf(columns, 0, columns.billing_sessions.length);

  // By day, and of the last 24 hours by hour; of agents it is the mean of the days' or hours' states.
  usage.averagesOf = (range, by, columns, totals) => {
    const seats = columns.agent_seats;
    return Object.fromEntries(
      usage.measures.map((name) => [
        name,
        name === "agent_seats"
          ? added(seats, 0, seats.length) / Math.max(1, seats.length)
          : totals[name] / range.size,
      ]),
    );
  };
})();
