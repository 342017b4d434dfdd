// A line chart of the last minutes, drawn by uPlot in the colours of the theme.

import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, compact } from "../format";

export interface Series {
  label: string;
  values: number[];
  /** Of the palette, 1 to 4. */
  color: 1 | 2 | 3 | 4;
}

const HEIGHT = 170;
/** Seconds that are shown at first; more when there is more. */
const SPAN = { least: 120, step: 60, most: 600 };

function variable(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Whole numbers between the lines. */
const steps = Array.from({ length: 13 }, (_, power) => [1, 2, 5].map((digit) => digit * 10 ** power)).flat();

function span(times: number[]): number {
  const seconds = (times.at(-1) ?? 0) - (times[0] ?? 0);
  return Math.min(SPAN.most, Math.max(SPAN.least, Math.ceil(seconds / SPAN.step) * SPAN.step));
}

function options(
  width: number,
  series: Series[],
  format: (value: number) => string,
  seconds: () => number,
): uPlot.Options {
  const dimmed = variable("--mantine-color-dimmed");
  const grid = { stroke: variable("--line"), width: 1 };
  const axis: uPlot.Axis = { stroke: dimmed, font: "11px system-ui", ticks: { show: false } };
  return {
    width,
    height: HEIGHT,
    legend: { show: false },
    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
    padding: [10, 26, 0, 0],
    scales: {
      x: { time: true, range: (_, __, last) => [last - seconds(), last] },
      y: { range: (_, __, max) => [0, Math.max(4, max * 1.15)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        space: 64,
        size: 28,
        // Where no tick fits uPlot has one behind the end.
        values: (plot, ticks) => ticks.map((at) => (at > (plot.scales.x?.max ?? at) ? "" : clock(at * 1000))),
      },
      { ...axis, grid, incrs: steps, size: 52, values: (_, ticks) => ticks.map(format) },
    ],
    series: [
      {},
      ...series.map((one) => {
        const color = variable(`--chart-${one.color}`);
        return { label: one.label, stroke: color, width: 1.75, fill: `${color}1f`, points: { show: false } };
      }),
    ],
  };
}

export function Chart({
  label,
  times,
  series,
  format = compact,
}: {
  label: string;
  times: number[];
  series: Series[];
  format?: (value: number) => string;
}) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const scheme = useComputedColorScheme("light");
  const data = [
    times,
    ...series.map((one) => one.values.map((v) => (Number.isNaN(v) ? null : v))),
  ] as uPlot.AlignedData;
  const newest = useRef({ data, times, series, format });
  newest.current = { data, times, series, format };
  const names = series.map((one) => one.label).join("|");

  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme or other names need another plot
  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const now = newest.current;
    const seconds = () => span(newest.current.times);
    plot.current = new uPlot(
      options(element.clientWidth || 300, now.series, now.format, seconds),
      now.data,
      element,
    );
    const observer = new ResizeObserver(() =>
      plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.current?.destroy();
      plot.current = null;
    };
  }, [scheme, names]);

  useEffect(() => {
    plot.current?.setData(data);
  });

  const last = (values: number[]) => values.at(-1) ?? Number.NaN;
  return (
    <>
      <div className="legend">
        {series.map((one) => (
          <span key={one.label}>
            <i style={{ background: `var(--chart-${one.color})` }} />
            {one.label} <b>{format(last(one.values))}</b>
          </span>
        ))}
      </div>
      <div ref={holder} className="plot" role="img" aria-label={label} style={{ height: HEIGHT }} />
    </>
  );
}
