// Numbers in words.
import { format } from "d3";

// Three digits: what a reader can use of a time in seconds.
export function seconds(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  if (value !== 0 && Math.abs(value) < 0.001) return `${format(".3~r")(value * 1e6)} µs`;
  if (value !== 0 && Math.abs(value) < 1) return `${format(".3~r")(value * 1e3)} ms`;
  return `${format(Math.abs(value) < 1000 ? ".3r" : ",.0f")(value)} s`;
}

export const times = (value) => (value === null ? "" : format(".3r")(value));
export const count = (value) => (value === null ? "" : format(",")(value));
export const counted = (number, thing) => `${count(number)} ${thing}${number === 1 ? "" : "s"}`;
export const interval = (low, high, show) => (low === null || low === undefined ? "" : `${show(low)} to ${show(high)}`);
export const per = (nodes, interpreters) => `${counted(nodes, "node")} × ${count(interpreters)}`;
