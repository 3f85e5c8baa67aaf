// What a choice comes to: its figures bucket by bucket, their totals and averages, those of the range before,
// and the parts that the columns of the chart are made of.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page } = usage;
  const appsInChart = 7;

  usage.shownOf = (choice, range, by) => {
    const columns = usage.columnsOf(range, by, choice.apps);
    const buckets = usage.bucketsOf(range, by);
    const rows = usage.rowsOf(buckets, columns);
    const totals = usage.totalsOf(columns);
    const averages = usage.averagesOf(range, by, columns, totals);
    const before = usage.rangeBefore(range);
    const appParts = usage.isSplit(choice) ? splitByApp(choice.apps, range, by, rows, buckets) : null;
    for (const { key } of appParts || []) {
      totals[key] = rows.reduce((sum, row) => sum + row[key], 0);
      averages[key] = totals[key] / range.size;
    }
    return {
      range,
      by,
      per: range.byHours ? "hour" : "day",
      rows,
      totals,
      averages,
      before,
      totalsBefore: before && usage.totalsOf(usage.columnsOf(before, finest(range), choice.apps)),
      appParts,
      parts: [...(appParts || typeParts), ...(totals.provisional_sessions ? [provisional] : [])],
    };
  };

  // The figures of each chosen app; the months' files have been fetched.
  usage.byApp = (choice, range) =>
    (choice.apps || page.apps.map(([id]) => id)).map((id) => ({
      app: usage.appOf(id),
      ...usage.totalsOf(usage.columnsOf(range, finest(range), [id])),
    }));

  usage.isSplit = (choice) => choice.split === "app" && page.apps.length > 1;

  const finest = (range) => (range.byHours ? "hour" : "day");

  const typeParts = ["usage_sessions", "request_sessions", "alert_sessions"].map((key) => ({
    key,
    name: usage.labels[key],
    swatch: key.split("_")[0],
  }));

  const provisional = { key: "provisional_sessions", name: "Provisional", swatch: "provisional" };

  // The busiest apps of the range, each a part of the columns, and the others together.
  const splitByApp = (apps, range, by, rows, buckets) => {
    const ids = apps || page.apps.map(([id]) => id);
    const found = ids
      .map((id) => {
        const columns = usage.columnsOf(range, by, [id]);
        return { id, columns, total: usage.totalsOf(columns).billing_sessions };
      })
      .sort((one, other) => other.total - one.total || (one.id < other.id ? -1 : 1));
    const most = found.slice(0, found.length === appsInChart + 1 ? appsInChart + 1 : appsInChart);
    const parts = most.map(({ id }, place) => ({
      key: `app ${place}`,
      name: usage.appOf(id).name,
      swatch: `app-${place + 1}`,
      isApp: true,
    }));
    most.forEach(({ columns }, place) => {
      usage.rowsOf(buckets, columns).forEach((row, bucket) => {
        rows[bucket][`app ${place}`] = row.billing_sessions;
      });
    });
    const others = found.slice(most.length);
    if (others.length) {
      const columns = usage.columnsOf(
        range,
        by,
        others.map(({ id }) => id),
      );
      usage.rowsOf(buckets, columns).forEach((row, bucket) => {
        rows[bucket].others = row.billing_sessions;
      });
      parts.push({ key: "others", name: `Other apps (${usage.number(others.length)})`, swatch: "others" });
    }
    return parts;
  };

  usage.nameOf = (range) => {
    if (range.byHours) {
      const [from, to] = [usage.dayOfHour(range.start), usage.dayOfHour(range.end - 1)];
      const until = to.clock[to.place + 1] || to.clock[0];
      return `${page.days.names[from.day]}, ${from.clock[from.place]} – ${page.days.names[to.day]}, ${until}`;
    }
    const [from, to] = [page.days.names[range.first], page.days.names[range.last]];
    return range.first === range.last ? from : `${from} – ${to}`;
  };
})();
