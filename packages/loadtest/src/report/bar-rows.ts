import { type Html, html } from '@journeys/core/ops'

export interface BarRow {
  readonly label: string
  readonly value: number
  /** The figure with its unit, beside the bar. */
  readonly text: string
  /** Below the label, smaller. */
  readonly note?: string | undefined
  readonly look?: 'plain' | 'good' | 'bad' | 'muted'
}

export interface BarOptions {
  readonly label: string
  /** A line across all bars. */
  readonly limit?: { readonly value: number; readonly label: string } | undefined
  /** @defaultValue the largest value or limit */
  readonly top?: number | undefined
}

/** Values beside each other as bars. Its figures are written out, so it is its own table: a list for screen readers. */
export function barRows(rows: readonly BarRow[], { label, limit, top }: BarOptions): Html {
  const highest = top ?? Math.max(...rows.map(({ value }) => value), limit ? limit.value * 1.15 : 0, Number.MIN_VALUE)
  const width = (value: number) => `${Math.min(100, Math.max(0, (value / highest) * 100)).toFixed(2)}%`
  return html`<ul class="barrows" aria-label="${label}">${rows.map(
    ({ label: name, note, value, text, look = 'plain' }) =>
      html`<li><span class="barname">${name}${note !== undefined && html`<small class="quiet">${note}</small>`}</span>
<span class="bartrack" aria-hidden="true"><i class="bar ${look}" style="width:${width(value)}"></i>${
        limit && html`<i class="barlimit" style="left:${width(limit.value)}"></i>`
      }</span><span class="bartext">${text}</span></li>`,
  )}</ul>${limit && html`<p class="aside legend"><span><i class="key limit"></i>${limit.label}</span></p>`}`
}
