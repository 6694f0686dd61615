import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult, TimelinePoint } from '../result.ts'
import { type Html, html } from './html.ts'
import { roundUp } from './number-text.ts'

export interface Series {
  readonly name: string
  /** One of the style sheet's line styles: `a`, `b`, `c`; lines also differ by their dashes. */
  readonly look: 'a' | 'b' | 'c' | 'bad'
  value(point: TimelinePoint): number | undefined
}

export interface ChartOptions {
  readonly id: string
  readonly title: string
  /** What a screen reader says instead of the picture. */
  readonly description: string
  readonly series: readonly Series[]
  /** A figure with its unit, for the axis and the readout. */
  format(value: number): string
  /** A limit to draw, when there is one. */
  readonly limit?: { readonly value: number; readonly label: string } | undefined
  /** Fills the space below a single line. */
  readonly filled?: boolean
}

/** The drawing's own units. It is stretched to the page's width; lines keep their thickness. */
const width = 1000
const height = 200

/** One quantity over the run, the phases shaded. Static SVG: it is complete without a script and prints. */
export function timeChart(result: LoadTestResult, options: ChartOptions): Html {
  const points = result.timeline
  const values = options.series.flatMap((series) => points.map((point) => series.value(point) ?? 0))
  const highest = Math.max(...values, 0)
  // A limit far above everything measured would flatten the lines: then the legend says where it is.
  const { limit } = options
  const limitFits = limit !== undefined && limit.value <= highest * 1.5
  const top = roundUp(Math.max(highest, limitFits ? limit.value : 0))
  const seconds = Math.max(1, points.length)
  const x = (second: number) => ((second + 0.5) / seconds) * width
  const y = (value: number) => height - (value / top) * height
  const ticks = [0, 0.25, 0.5, 0.75, 1]
  return html`<figure class="chart" aria-labelledby="${options.id}-title">
<figcaption id="${options.id}-title"><b>${options.title}</b>
<span class="legend">${options.series.map((series) => html`<span><i class="key ${series.look}"></i>${series.name}</span>`)}${
    limit && html`<span><i class="key limit"></i>${limit.label}${!limitFits && ', far above'}</span>`
  }</span></figcaption>
<div class="plot" data-chart="${options.id}">
<div class="y" aria-hidden="true">${[0, 0.5, 1].map((tick) => html`<span style="bottom:${tick * 100}%">${options.format(top * tick)}</span>`)}</div>
<div class="field">
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${options.title}. ${options.description}">
${phaseShades(result, seconds)}
${ticks.map((tick) => html`<line class="grid" x1="0" x2="${width}" y1="${y(top * tick)}" y2="${y(top * tick)}"/>`)}
${limitFits && html`<line class="limit" x1="0" x2="${width}" y1="${y(limit.value)}" y2="${y(limit.value)}"/>`}
${options.filled && options.series[0] && html`<path class="fill" d="${area(points, options.series[0], x, y)}"/>`}
${options.series.map((series) => html`<path class="line ${series.look}" d="${line(points, series, x, y)}"/>`)}
</svg><div class="cursor" hidden></div></div>
<div class="x" aria-hidden="true">${timeTicks(seconds).map((second) => html`<span style="left:${(second / seconds) * 100}%">${clockTime(second * 1000)}</span>`)}</div>
</div></figure>`
}

/** What comes before and after the steady part is shaded: it is shown, but not judged. */
function phaseShades({ phases }: LoadTestResult, seconds: number): Html[] {
  return phases
    .filter(({ phase, startMs, endMs }) => phase !== 'steady' && endMs > startMs)
    .map(({ phase, startMs, endMs }) => {
      const from = (startMs / 1000 / seconds) * width
      // What the last users finish after the plan's end belongs to the ramp down.
      const to = phase === 'down' ? width : (endMs / 1000 / seconds) * width
      return html`<rect class="shade" x="${from}" y="0" width="${Math.max(0, to - from)}" height="${height}"/>`
    })
}

/** A line with a gap where nothing was measured. */
function line(
  points: readonly TimelinePoint[],
  series: Series,
  x: (second: number) => number,
  y: (value: number) => number,
): string {
  let drawing = false
  let path = ''
  for (const point of points) {
    const value = series.value(point)
    if (value === undefined) {
      drawing = false
      continue
    }
    path += `${drawing ? 'L' : 'M'}${x(point.second).toFixed(1)} ${y(value).toFixed(1)}`
    drawing = true
  }
  return path
}

function area(
  points: readonly TimelinePoint[],
  series: Series,
  x: (second: number) => number,
  y: (value: number) => number,
): string {
  const first = points[0]
  const last = points.at(-1)
  if (!first || !last) return ''
  return `M${x(first.second)} ${height}${line(points, series, x, y).replace('M', 'L')}L${x(last.second)} ${height}Z`
}

/** Round times, five to nine of them. */
function timeTicks(seconds: number): number[] {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].find((size) => seconds / size <= 8) ?? 7200
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step)
}
