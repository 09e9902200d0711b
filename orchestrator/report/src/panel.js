// Panels in the manner of ggplot2's theme_bw, on log-log axes, and what they share.
import * as Plot from "@observablehq/plot";
import {
  extent,
  format,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  symbolWye,
} from "d3";

// Symbols of the series, as d3 has them.
export const symbols = [symbolCircle, symbolTriangle, symbolSquare, symbolDiamond, symbolStar, symbolWye, symbolCross];
const family = 'system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans", Arial, sans-serif';

// 1, 2 and 5 times powers of ten within the domain; only the powers where these are many.
function logTicks([low, high]) {
  const digits = Math.log10(high / low) > 2.6 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of digits) ticks.push(Number((digit * 10 ** power).toPrecision(6)));
  }
  return ticks.filter((tick) => tick >= low && tick <= high);
}

// The values' extent with a margin, as an axis' domain.
export function logDomain(values, margin = 1.22) {
  const [low, high] = extent(values.filter((value) => value > 0));
  return low === undefined ? [1, 10] : [low / margin, high * margin];
}

const number = (value) => (value >= 1 ? format(",")(value) : format("~g")(value));

function logScale(domain, label) {
  return { type: "log", domain, label, ticks: logTicks(domain), tickFormat: number };
}

// One panel; `x` and `y` are {domain, label}, logarithmic unless they have a scale of their own.
export function panel({ title, x, y, marks, width = 560, height = 430, marginLeft = 62, marginBottom = 52 }) {
  const marginRight = 8;
  const own = {
    x: x.type ? x : logScale(x.domain, x.label),
    y: y.type ? y : logScale(y.domain, y.label),
  };
  const ground = (index, scales, values, dimensions, context) => {
    const rect = context.document.createElementNS("http://www.w3.org/2000/svg", "rect");
    for (const [name, value] of Object.entries({
      x: marginLeft,
      y: dimensions.marginTop,
      fill: "var(--panel)",
      width: width - marginLeft - marginRight,
      height: height - dimensions.marginTop - marginBottom,
    }))
      rect.setAttribute(name, value);
    return rect;
  };
  const grid = { stroke: "var(--grid)", strokeOpacity: 1 };
  const svg = Plot.plot({
    width,
    height,
    marginTop: 1,
    marginRight,
    marginBottom,
    marginLeft,
    style: {
      background: "transparent",
      color: "var(--ink)",
      fontFamily: family,
      fontSize: "14px",
      overflow: "visible",
    },
    x: { labelAnchor: "center", labelArrow: "none", labelOffset: 44, ...own.x },
    y: { labelAnchor: "center", labelArrow: "none", labelOffset: 52, ...own.y },
    marks: [
      ground,
      own.x.type === "band" ? null : Plot.gridX({ ticks: own.x.ticks, ...grid }),
      own.y.type === "band" ? null : Plot.gridY({ ticks: own.y.ticks, ...grid }),
      ...marks.filter((mark) => !mark.over),
      Plot.frame({ stroke: "var(--frame)" }),
      ...marks.filter((mark) => mark.over).map((mark) => mark.over),
    ],
  });
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", title);
  const element = document.createElement("div");
  element.className = "panel";
  const strip = document.createElement("div");
  strip.className = "strip";
  strip.textContent = title;
  const share = (margin) => `${(100 * margin) / width}%`;
  strip.style.margin = `0 ${share(marginRight)} 0 ${share(marginLeft)}`;
  element.append(strip, svg);
  return element;
}

// A tooltip, drawn over the frame.
export function tip(data, options, pointer = Plot.pointer) {
  const style = { fill: "var(--tip)", stroke: "var(--frame)", fontSize: 13, lineHeight: 1.25, maxRadius: 60 };
  return { over: Plot.tip(data, pointer({ ...options, ...style })) };
}

// Many points as a few paths, which a browser draws at once; where points lie over each other it gets darker.
export function cloud(points, { colour, opacity, size, layers = 8 }) {
  return (index, scales, values, dimensions, context) => {
    const group = context.document.createElementNS("http://www.w3.org/2000/svg", "g");
    group.setAttribute("aria-label", "cloud");
    const parts = Array.from({ length: Math.min(layers, points.length) }, () => "");
    points.forEach(({ x, y }, i) => {
      parts[i % layers] += `M${scales.x(x).toFixed(1)},${scales.y(y).toFixed(1)}h0`;
    });
    for (const part of parts) {
      const path = context.document.createElementNS("http://www.w3.org/2000/svg", "path");
      for (const [name, value] of Object.entries({
        d: part,
        fill: "none",
        stroke: colour,
        "stroke-width": size,
        "stroke-linecap": "round",
        "stroke-opacity": opacity,
      }))
        path.setAttribute(name, value);
      group.append(path);
    }
    return group;
  };
}

// Points beside each other that would lie on each other: moved along x by up to a few percent, always the same way.
export function jittered(total, i) {
  const turn = ((i * 0.6180339887) % 1) - 0.5;
  return total * 10 ** (turn * 0.09);
}
