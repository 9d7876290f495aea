/**
 * Small drawings of results, as SVG that is readable on light and on dark pages.
 *
 * @module
 */

/** A bar with its name before it and its value behind it. */
export interface Bar {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  /** Another one of the same kind, such as the program's own among those of others. */
  readonly isOwn?: boolean;
  /** A value that is aimed for, drawn as a tick. */
  readonly mark?: number;
}

const WIDTH = 720;
const LABEL_WIDTH = 280;
const BAR_WIDTH = WIDTH - LABEL_WIDTH - 90;
const ROW = 22;
const TOP = 34;

/** The colours are grey enough to be seen on black and on white. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #57606a; }
  .title { font-weight: 600; }
  .own { fill: #2f81f7; }
  .other { fill: #8b949e; }
  .mark { stroke: #d29922; stroke-width: 2; }
  .grid { stroke: #8b949e; stroke-opacity: 0.3; }
  .line { fill: none; stroke-width: 2; }
  @media (prefers-color-scheme: dark) { text { fill: #9ea7b3; } }
`;

/** Horizontal bars from zero on. */
export function barChart(title: string, bars: readonly Bar[]): string {
  const longest = Math.max(...bars.flatMap(({ value, mark = 0 }) => [value, mark]));
  const scale = (value: number) => round(value / longest * BAR_WIDTH);
  const rows = bars.map(({ label, value, text, isOwn, mark }, index) => {
    const y = TOP + index * ROW;
    const tick = mark === undefined ? "" : line(LABEL_WIDTH + scale(mark), y - 1, 18, "mark");
    return `<text x="${LABEL_WIDTH - 8}" y="${y + 13}" text-anchor="end">${escape(label)}</text>
<rect class="${isOwn ? "own" : "other"}" x="${LABEL_WIDTH}" y="${y}" width="${
      scale(value)
    }" height="16" rx="2"/>
${tick}<text x="${LABEL_WIDTH + scale(Math.max(value, mark ?? 0)) + 6}" y="${y + 13}">${
      escape(text)
    }</text>`;
  });
  return svg(title, TOP + bars.length * ROW + 8, rows.join("\n"));
}

/** A line through points. */
export interface Series {
  readonly label: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

const PLOT = { left: 60, top: 44, width: 400, height: 260 };
const COLOURS = ["#2f81f7", "#3fb950", "#d29922", "#f85149", "#a371f7", "#39c5cf", "#8b949e"];

/** Lines on two logarithmic scales. */
export function logChart(
  title: string,
  { series, x, y }: {
    readonly series: readonly Series[];
    readonly x: string;
    readonly y: string;
  },
): string {
  const xs = powers(series.flatMap(({ points }) => points.map(([x]) => x)));
  const ys = powers(series.flatMap(({ points }) => points.map(([, y]) => y)));
  const place = (value: number, of: readonly number[], length: number) => {
    const [from, to] = [Math.log10(of[0]!), Math.log10(of.at(-1)!)];
    return (Math.log10(value) - from) / (to - from) * length;
  };
  const toX = (value: number) => round(PLOT.left + place(value, xs, PLOT.width));
  const toY = (value: number) => round(PLOT.top + PLOT.height - place(value, ys, PLOT.height));
  const bottom = PLOT.top + PLOT.height;
  const grid = [
    ...xs.map((value) => {
      return `${line(toX(value), PLOT.top, PLOT.height, "grid")}<text x="${toX(value)}" y="${
        bottom + 18
      }" text-anchor="middle">${value.toLocaleString("en")}</text>`;
    }),
    ...ys.map((value) => {
      const right = PLOT.left + PLOT.width;
      return `<path class="grid" d="M${PLOT.left} ${toY(value)}H${right}"/><text x="${
        PLOT.left - 6
      }" y="${toY(value) + 4}" text-anchor="end">${value.toLocaleString("en")}</text>`;
    }),
  ];
  const lines = series.map(({ label, points }, index) => {
    const colour = COLOURS[index % COLOURS.length]!;
    const path = points.map(([x, y], point) => `${point === 0 ? "M" : "L"}${toX(x)} ${toY(y)}`);
    const legend = PLOT.top + 8 + index * 20;
    const left = PLOT.left + PLOT.width + 20;
    return `<path class="line" stroke="${colour}" d="${path.join("")}"/>
<rect x="${left}" y="${legend - 4}" width="14" height="4" fill="${colour}"/>
<text x="${left + 20}" y="${legend + 2}">${escape(label)}</text>`;
  });
  const axes = `<text x="${PLOT.left + PLOT.width}" y="${bottom + 36}" text-anchor="end">${
    escape(x)
  }</text><text x="${PLOT.left - 6}" y="${PLOT.top - 10}" text-anchor="end">${escape(y)}</text>`;
  return svg(title, bottom + 44, [...grid, axes, ...lines].join("\n"));
}

/** The powers of ten around all of `values`. */
function powers(values: readonly number[]): number[] {
  const from = Math.floor(Math.log10(Math.min(...values)));
  const to = Math.ceil(Math.log10(Math.max(...values)));
  return Array.from({ length: to - from + 1 }, (_, index) => 10 ** (from + index));
}

function line(x: number, y: number, length: number, style: string): string {
  return `<path class="${style}" d="M${x} ${y}v${length}"/>`;
}

function svg(title: string, height: number, content: string): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${
    escape(title)
  }">
<style>${STYLE}</style>
<text class="title" x="8" y="20">${escape(title)}</text>
${content}
</svg>
`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
