// The chart as Vega-Lite: billing sessions stacked above voice sessions and agents, on one axis of time.
// The picture only; pointing at it and reading it by keyboard is in usage-chart.js.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const axisWidth = 56;

  const range = (size) => Array.from({ length: size }, (_, place) => place);

  // Columns thinner than this are drawn as an area in steps, which does not flicker.
  const thinnest = 3;
  const isDense = (drawn) => (drawn.width - axisWidth) / drawn.rows.length < thinnest;

  const across = (drawn) => ({
    field: "place",
    type: "ordinal",
    scale: {
      domain: range(drawn.rows.length),
      reverse: drawn.isMirrored,
      ...(isDense(drawn) ? {} : { paddingInner: 0.22, paddingOuter: drawn.rows.length < 4 ? 1 : 0.1 }),
    },
  });

  const axisOfTime = (drawn) => ({
    values: drawn.ticks,
    labelExpr: "names[datum.value]",
    labelAngle: 0,
    labelOverlap: "greedy",
    labelSeparation: 8,
    labelPadding: 8,
    ticks: false,
    domain: true,
    grid: false,
    title: null,
  });

  // The ground of a panel that has no labels of its own.
  const ground = { labels: false, ticks: false, domain: true, grid: false, title: null };

  // An axis of counts has whole numbers, also where there are hardly any.
  const fewest = (height) => (height > 150 ? 4 : 2);

  const upwards = (drawn, height, top) => ({
    type: "quantitative",
    stack: "zero",
    scale: { zero: true, nice: true, ...(top < fewest(height) ? { domainMax: fewest(height) } : {}) },
    axis: {
      orient: drawn.isMirrored ? "right" : "left",
      tickCount: height > 150 ? 5 : 2,
      tickMinStep: 1,
      format: ",d",
      minExtent: axisWidth,
      maxExtent: axisWidth,
      title: null,
      domain: false,
      ticks: false,
      labelPadding: 10,
    },
  });

  // A column of parts above each other; what is not complete is paler, what is provisional hatched.
  const columns = (drawn, parts, height, isLast) => {
    const tops = drawn.rows.map((row) => parts.reduce((sum, part) => sum + row[part.key], 0));
    return {
      width: drawn.width - axisWidth,
      height,
      data: {
        values: drawn.rows.flatMap((row, place) =>
          parts
            .map((part, order) => ({
              place,
              order,
              part: part.key,
              value: row[part.key],
              isPartial: row.isPartial,
            }))
            .filter(({ order, value }) => value > 0 || order === 0 || isDense(drawn)),
        ),
      },
      mark: isDense(drawn)
        ? { type: "area", interpolate: "step" }
        : { type: "bar", cornerRadius: drawn.rows.length > 120 ? 0 : 1 },
      encoding: {
        x: { ...across(drawn), axis: isLast ? axisOfTime(drawn) : ground },
        y: { field: "value", ...upwards(drawn, height, Math.max(0, ...tops)) },
        order: { field: "order" },
        color: {
          field: "part",
          type: "nominal",
          legend: null,
          scale: { domain: parts.map(({ key }) => key), range: parts.map(({ color }) => color) },
        },
        ...(isDense(drawn)
          ? {}
          : {
              stroke: {
                condition: { test: "datum.part === 'provisional_sessions'", value: drawn.colors.soft },
                value: null,
              },
              opacity: { condition: { test: "datum.isPartial", value: 0.5 }, value: 1 },
            }),
      },
    };
  };

  // Seats are a level, not a flow: an area in steps under a line.
  const level = (drawn, part, height) => {
    const values = drawn.rows.map((row, place) => ({ place, value: row[part.key] }));
    const encoding = {
      x: { ...across(drawn), axis: axisOfTime(drawn) },
      y: {
        field: "value",
        ...upwards(drawn, height, Math.max(0, ...values.map(({ value }) => value))),
        stack: null,
      },
    };
    return {
      width: drawn.width - axisWidth,
      height,
      data: { values },
      layer: isDense(drawn)
        ? [{ mark: { type: "area", interpolate: "step", color: part.color, opacity: 0.3 }, encoding }]
        : [
            { mark: { type: "bar", width: { band: 1 }, color: part.color, opacity: 0.22 }, encoding },
            { mark: { type: "tick", band: 1, thickness: 2, color: part.color }, encoding },
          ],
    };
  };

  const titled = (panel, title, drawn) => ({
    ...panel,
    title: {
      text: title,
      anchor: drawn.isMirrored ? "end" : "start",
      frame: "group",
      offset: 12,
      fontSize: 12.5,
      fontWeight: 600,
      color: drawn.colors.soft,
    },
  });

  usage.chartSpec = (drawn) => {
    const small = drawn.width < 520 ? 56 : 72;
    const panels = [
      columns(drawn, drawn.parts, drawn.width < 520 ? 200 : 250, false),
      titled(columns(drawn, [drawn.voice], small, !drawn.agents), "Voice sessions", drawn),
    ];
    if (drawn.agents) panels.push(titled(level(drawn, drawn.agents, small), "Agents", drawn));
    return {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      background: null,
      padding: { left: 0, right: 0, top: 8, bottom: 0 },
      params: [{ name: "names", value: drawn.names }],
      vconcat: panels,
      spacing: 46,
      bounds: "flush",
      resolve: { scale: { x: "shared", y: "independent", color: "independent" } },
      config: {
        aria: false,
        font: drawn.font,
        view: { stroke: null },
        axis: {
          labelColor: drawn.colors.soft,
          labelFontSize: 12,
          gridColor: drawn.colors.line,
          gridWidth: 1,
          domainColor: drawn.colors.strong,
        },
      },
    };
  };
})();
