import { type Html, html } from '@journeys/core/ops'
import { clockTime } from '../profiles/duration.ts'
import type { LoadTestResult } from '../result.ts'
import { axisSeconds, phaseShades } from './phase-bands.ts'
import { latencyScale, linearScale } from './value-scale.ts'

/** Lines differ by their dashes too, so that they can be told apart without their colours. */
export type Look = 'a' | 'b' | 'c' | 'd' | 'bad' | 'trend'

export interface Dot {
  /** Since the load began, in seconds. */
  readonly second: number
  readonly value: number | undefined
}

export interface Series {
  readonly name: string
  readonly look: Look
  readonly dots: readonly Dot[]
}

export interface Mark {
  readonly second: number
  readonly label: string
  readonly look: 'bad' | 'good'
}

export interface ChartOptions {
  readonly id: string
  readonly title: string
  /** What a screen reader says instead of the picture. */
  readonly description: string
  readonly series: readonly Series[]
  /** A figure with its unit, for the axis. */
  format(value: number): string
  /** A limit to draw, when there is one. */
  readonly limit?: { readonly value: number; readonly label: string } | undefined
  /** Moments to point out. */
  readonly marks?: readonly Mark[]
  /** Fills the space below the first line. */
  readonly filled?: boolean
  /** Durations: the scale is logarithmic when some are very much longer than the others. */
  readonly latency?: boolean
  /** Half as high: for what is only there to be compared with. */
  readonly low?: boolean
}

/** The drawing's own units. It is stretched to the page's width; lines keep their thickness. */
const width = 1000
const height = 200

/** One quantity over the run, what is not judged shaded. Static SVG: it is complete without a script and prints. */
export function timeChart(result: LoadTestResult, options: ChartOptions): Html {
  const seconds = axisSeconds(result)
  const values = options.series.flatMap(({ dots }) => dots.flatMap(({ value }) => value ?? []))
  const highest = values.reduce((most, value) => Math.max(most, value), 0)
  // A limit far above everything measured would flatten the lines: then the legend says where it is.
  const { limit } = options
  const limitFits = limit !== undefined && limit.value <= highest * 1.5
  const top = Math.max(highest, limitFits ? limit.value : 0)
  const axis = options.latency ? latencyScale(values, top, height) : linearScale(top, height, options.low ? 2 : 4)
  const scale: Scale = { x: (second) => (second / seconds) * width, y: axis.y }
  const first = options.series[0]
  return html`<figure class="chart" aria-labelledby="${options.id}-title">
<figcaption id="${options.id}-title"><b>${options.title}</b>
<span class="legend">${options.series.map(({ name, look }) => name !== '' && html`<span><i class="key ${look}"></i>${name}</span>`)}${
    limit && html`<span><i class="key limit"></i>${limit.label}${!limitFits && ', far above'}</span>`
  }${axis.logarithmic && html`<span>logarithmic scale</span>`}</span></figcaption>
<div class="plot${options.low && ' low'}" data-title="${options.title}">
<div class="y" aria-hidden="true">${axis.labels.map((value) => html`<span style="bottom:${(100 - (axis.y(value) / height) * 100).toFixed(2)}%">${options.format(value)}</span>`)}</div>
<div class="field">
<svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label="${options.title}. ${options.description}">
${phaseShades(result, width, height)}
${axis.ticks.map((value) => html`<line class="grid" x1="0" x2="${width}" y1="${scale.y(value).toFixed(1)}" y2="${scale.y(value).toFixed(1)}"/>`)}
${limitFits && html`<line class="limit" x1="0" x2="${width}" y1="${scale.y(limit.value).toFixed(1)}" y2="${scale.y(limit.value).toFixed(1)}"/>`}
${options.filled && first && html`<path class="fill ${first.look}" d="${area(first, scale)}"/>`}
${options.series.map((series) => html`<path class="line ${series.look}" d="${line(series.dots, scale)}"/>`)}
</svg>${(options.marks ?? []).map(
    ({ second, label, look }) =>
      html`<span class="moment ${look}${second > seconds * 0.7 && ' late'}" style="left:${at(second, seconds)}"><b>${label}</b></span>`,
  )}<div class="cursor" hidden></div></div>
<div class="x" aria-hidden="true">${timeTicks(seconds).map((second) => html`<span style="left:${at(second, seconds)}">${clockTime(second * 1000)}</span>`)}</div>
</div></figure>`
}

interface Scale {
  x(second: number): number
  y(value: number): number
}

/** Round times, five to nine of them. */
export function timeTicks(seconds: number): number[] {
  const step = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600].find((size) => seconds / size <= 8) ?? 7200
  return Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step)
}

function at(second: number, seconds: number): string {
  return `${Math.min(100, Math.max(0, (second / seconds) * 100)).toFixed(2)}%`
}

/** A line with a gap where nothing was measured; a lone dot between two gaps stays visible by its round end. */
function line(dots: readonly Dot[], { x, y }: Scale): string {
  let drawing = false
  let path = ''
  for (const { second, value } of dots) {
    if (value === undefined) {
      drawing = false
      continue
    }
    const place = `${x(second).toFixed(1)} ${y(value).toFixed(1)}`
    path += drawing ? `L${place}` : `M${place}l0 0`
    drawing = true
  }
  return path
}

function area({ dots }: Series, scale: Scale): string {
  const known = dots.filter(({ value }) => value !== undefined)
  const first = known[0]
  const last = known.at(-1)
  if (!first || !last) return ''
  const along = known.map(({ second, value }) => `L${scale.x(second).toFixed(1)} ${scale.y(value ?? 0).toFixed(1)}`)
  return `M${scale.x(first.second).toFixed(1)} ${height}${along.join('')}L${scale.x(last.second).toFixed(1)} ${height}Z`
}
