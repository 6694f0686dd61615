import { type Html, html } from '@journeys/core/ops'

export type Cell = string | Html

/**
 * A table that scrolls by itself on a narrow screen, also with the keyboard. The first column heads its row and stays.
 * @param words columns that are text, from the left; the others are figures
 * @param captionSeen `false` where the heading above says the same: then only a screen reader has it
 */
export function table(
  caption: string,
  heads: readonly string[],
  rows: readonly (readonly Cell[])[],
  words = 1,
  captionSeen = true,
): Html {
  return html`<div class="scroll" role="group" aria-label="${caption}" tabindex="0"><table>
<caption${!captionSeen && html` class="unseen"`}>${caption}</caption>
<thead><tr>${heads.map((head, index) => html`<th scope="col"${index >= words && html` class="n"`}>${head}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, index) =>
        index === 0 ? html`<th scope="row">${cell}</th>` : html`<td${index >= words && html` class="n"`}>${cell}</td>`,
      )}</tr>`,
  )}</tbody></table></div>`
}

/** What a chart shows, in figures: folded away for the eye, there for whoever cannot use the picture. */
export function asTable(content: Html, summary = 'The same as a table'): Html {
  return html`<details><summary>${summary}</summary>${content}</details>`
}

/** A number that should be 0. */
export function bad(value: number, text: string): Cell {
  return value > 0 ? html`<b class="bad">${text}</b>` : text
}

/** Beside the important. */
export function quiet(text: string): Html {
  return html`<span class="quiet">${text}</span>`
}

/** A good or a bad outcome: by its sign and its words, not by its colour alone. */
export function outcome(good: boolean, text: string): Html {
  return good ? html`<span class="good">✓ ${text}</span>` : html`<b class="bad">✗ ${text}</b>`
}

/** A part of the page with its heading. */
export function section(id: string, title: string, ...content: (Html | Html[] | false | undefined)[]): Html {
  return html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${content}</section>`
}
