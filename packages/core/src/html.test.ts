import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { escapeHtml, html, jsonForScript } from './html.ts'

describe('the HTML of the report', () => {
  test('whatever a server or a name says, it stays text', () => {
    const nasty = fc.string({ unit: fc.constantFrom('<', '>', '"', "'", '&', 'a', '/', '=', ' ', 'é', '\0', '\u2028') })
    fc.assert(
      fc.property(nasty, (text) => {
        const page = html`<p title="${text}">${text}</p>`.text
        const inside = page.slice('<p title="'.length, -'</p>'.length)
        expect(inside.replace('">', '')).not.toMatch(/[<>"']/)
        expect(unescaped(escapeHtml(text))).toBe(text)
      }),
    )
  })

  test('data cannot end the script that holds it, and comes back as it was', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = jsonForScript({ value, note: '</script><!--' }).text
        expect(text).not.toContain('<')
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ value, note: '</script><!--' })))
      }),
    )
  })

  test('lists and nothing at all can be put in', () => {
    expect(html`<ul>${['a<', 'b'].map((item) => html`<li>${item}</li>`)}${false}${undefined}${0}</ul>`.text).toBe(
      '<ul><li>a&#60;</li><li>b</li>0</ul>',
    )
  })
})

function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
}
