// The chart as one widget: the pointer or the arrow keys move from bucket to bucket, and both show the same.
"use strict";

(() => {
  const usage = window.quarterhourUsage;
  const { page, element } = usage;
  const isMirrored = page.direction === "rtl";

  usage.chart = () => {
    const widget = document.getElementById("usage-chart");
    const plot = document.getElementById("usage-plot");
    const band = document.getElementById("usage-band");
    const tip = document.getElementById("usage-tip");
    tip.setAttribute("aria-hidden", "true"); // what it says is spoken instead
    const spoken = document.getElementById("usage-spoken");
    let drawn = null;
    let places = [];
    let view = null;
    let active = -1;
    let turn = 0;

    const colors = () => {
      const style = getComputedStyle(document.documentElement);
      const color = (name) => style.getPropertyValue(`--${name}`).trim();
      return {
        soft: color("soft"),
        line: color("line"),
        strong: color("strong-line"),
        voice: color("voice"),
        agents: color("agents"),
        usage_sessions: color("usage"),
        request_sessions: color("request"),
        alert_sessions: color("alert"),
        provisional_sessions: "url(#usage-hatch)",
        other: color("other-apps"),
        apps: Array.from({ length: 8 }, (_, place) => color(`app-${place + 1}`)),
      };
    };

    const draw = async () => {
      const mine = (turn += 1);
      const width = Math.floor(plot.clientWidth);
      if (!drawn || width < 100) return;
      const look = colors();
      const spec = usage.chartSpec({
        rows: drawn.rows,
        width,
        isMirrored,
        colors: look,
        font: getComputedStyle(document.body).fontFamily,
        ...usage.ticksOf(drawn.rows, drawn.by, width - 56),
        parts: drawn.parts.map((part, place) => ({
          key: part.key,
          color: part.isApp ? look.apps[place] || look.other : look[part.key] || look.other,
        })),
        voice: { key: "voice_sessions", color: look.voice },
        agents: page.agents ? { key: "agent_seats", color: look.agents } : null,
      });
      const target = element("div");
      const made = await window.vegaEmbed(target, spec, {
        ast: true,
        renderer: "svg",
        actions: false,
        defaultStyle: false,
        hover: false,
        tooltip: false,
        formatLocale: usage.separators(),
      });
      if (mine !== turn) {
        made.finalize();
        return;
      }
      if (view) view.finalize();
      view = made;
      plot.replaceChildren(target);
      plot.querySelector("svg").setAttribute("aria-hidden", "true");
      measure();
      point(active, false);
    };

    // The places of the buckets across, in pixels of the plot.
    const measure = () => {
      const scale = view.view.scale("x");
      const [left] = view.view.origin();
      places = drawn.rows.map((_, place) => left + scale(place));
      places.width = scale.bandwidth();
    };

    const bucketAt = (x) => {
      let nearest = -1;
      let distance = Infinity;
      places.forEach((left, place) => {
        const off = Math.abs(left + places.width / 2 - x);
        if (off < distance) [nearest, distance] = [place, off];
      });
      return nearest;
    };

    const hide = () => {
      band.hidden = true;
      tip.hidden = true;
    };

    const point = (place, isSpoken) => {
      const row = drawn && drawn.rows[place];
      active = row ? place : -1;
      if (!row || !places.length) {
        hide();
        return;
      }
      band.hidden = false;
      band.style.left = `${places[place] - 2}px`;
      band.style.width = `${Math.max(places.width, 1) + 4}px`;
      tip.replaceChildren(...usage.tipOf(row, drawn.parts));
      tip.hidden = false;
      const middle = places[place] + places.width / 2;
      const room = widget.clientWidth - tip.offsetWidth;
      const beside =
        middle + 18 + tip.offsetWidth > widget.clientWidth ? middle - tip.offsetWidth - 18 : middle + 18;
      tip.style.left = `${Math.min(Math.max(beside, 0), Math.max(room, 0))}px`;
      if (isSpoken) spoken.textContent = usage.spokenOf(row);
    };

    const steps = {
      ArrowLeft: isMirrored ? 1 : -1,
      ArrowRight: isMirrored ? -1 : 1,
      ArrowUp: -1,
      ArrowDown: 1,
      PageUp: -7,
      PageDown: 7,
    };

    widget.addEventListener("keydown", (event) => {
      if (!drawn || !drawn.rows.length) return;
      const last = drawn.rows.length - 1;
      let next = active < 0 ? last : active + (steps[event.key] || 0);
      if (event.key === "Home") next = 0;
      else if (event.key === "End") next = last;
      else if (event.key === "Escape") {
        hide();
        return;
      } else if (!(event.key in steps)) return;
      event.preventDefault();
      point(Math.min(Math.max(next, 0), last), true);
    });
    widget.addEventListener("focus", () => {
      if (drawn && widget.matches(":focus-visible")) point(active < 0 ? drawn.rows.length - 1 : active, true);
    });
    widget.addEventListener("blur", hide);
    const follow = (event) => {
      if (drawn && places.length) point(bucketAt(event.clientX - plot.getBoundingClientRect().left), false);
    };
    widget.addEventListener("pointermove", follow);
    widget.addEventListener("pointerdown", follow);
    widget.addEventListener("pointerleave", (event) => {
      if (event.pointerType !== "touch") hide();
    });
    let width = 0;
    new ResizeObserver(() => {
      if (Math.abs(plot.clientWidth - width) < 1) return;
      width = plot.clientWidth;
      draw();
    }).observe(plot);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);

    return {
      show({ rows, by, parts }) {
        drawn = { rows, by, parts };
        active = -1;
        places = [];
        hide();
        return draw();
      },
    };
  };
})();
