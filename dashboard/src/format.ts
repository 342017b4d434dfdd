// Numbers and times for people.

export function count(value: number): string {
  if (Number.isNaN(value)) return "–";
  return new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 }).format(value);
}

/** 1.2k; three digits at most. */
export function compact(value: number): string {
  if (Number.isNaN(value)) return "–";
  if (value > 0 && value < 10) return value.toFixed(1).replace(".0", "");
  return new Intl.NumberFormat("en-US", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
}

export function bytes(value: number): string {
  if (Number.isNaN(value)) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let rest = value;
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${rest < 10 && unit > 0 ? rest.toFixed(1) : Math.round(rest)} ${units[unit]}`;
}

export function percent(value: number): string {
  return Number.isNaN(value) ? "–" : `${Math.round(value * 100)} %`;
}

/** 3d 4h, 5m 12s: the two largest. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), "d"],
    [Math.floor((seconds % 86400) / 3600), "h"],
    [Math.floor((seconds % 3600) / 60), "m"],
    [Math.floor(seconds % 60), "s"],
  ];
  const first = parts.findIndex(([value]) => value > 0);
  if (first < 0) return "0s";
  return parts
    .slice(first, first + 2)
    .filter(([value]) => value > 0)
    .map(([value, unit]) => `${value}${unit}`)
    .join(" ");
}

export function milliseconds(microseconds: number): string {
  if (Number.isNaN(microseconds)) return "–";
  const ms = microseconds / 1000;
  return `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
}

const pad = (value: number) => String(value).padStart(2, "0");

/** Local time, as the API has it: 2021-07-28 16:15:39. */
export function moment(ms: number): string {
  const at = new Date(ms);
  const day = `${at.getFullYear()}-${pad(at.getMonth() + 1)}-${pad(at.getDate())}`;
  return `${day} ${clock(ms)}`;
}

/** Of a moment as the API has it: the time if it is of today, else the day. */
export function roughly(text: string): string {
  const [day, time] = text.split(" ");
  return (day === moment(Date.now()).slice(0, 10) ? time : day) ?? text;
}

export function clock(ms: number): string {
  const at = new Date(ms);
  return `${pad(at.getHours())}:${pad(at.getMinutes())}:${pad(at.getSeconds())}`;
}

/** `undefined` is how the API says that there is none. */
export function given(text: string | undefined): string {
  return text === undefined || text === "undefined" || text === "" ? "–" : text;
}

/** The name before the @, if that tells nodes apart. */
export function shortNode(node: string, among: string[]): string {
  const name = (full: string) => full.split("@")[0] ?? full;
  const mine = name(node);
  return among.filter((other) => name(other) === mine).length > 1 ? (node.split("@")[1] ?? node) : mine;
}
