/** The colours of styles.css against WCAG 2.2 AA: text 4.5 : 1 on every ground it stands on, lines of controls 3 : 1. */
import { describe, expect, it } from 'vitest'
import css from './styles.css?raw'

const themes = { light: readTokens(':root'), dark: readTokens("[data-theme='dark']") }
const grounds = ['paper', 'sheet', 'well']

describe.each(Object.entries(themes))('the %s theme', (_name, tokens) => {
  it.each(['ink', 'soft', 'faint', 'accent', 'good', 'warn', 'bad', 'live'])('S5 has readable %s', (text) => {
    for (const ground of grounds)
      expect(contrast(tokens[text]!, tokens[ground]!), `on ${ground}`).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['warn', 'bad', 'live', 'accent'])('has readable words on the wash of %s', (tone) => {
    for (const text of ['ink', 'soft', tone])
      expect(contrast(tokens[text]!, tokens[`${tone}-wash`]!), text).toBeGreaterThanOrEqual(4.5)
  })

  it('has readable buttons', () => {
    for (const fill of ['fill', 'fill-strong'])
      expect(contrast(tokens['on-fill']!, tokens[fill]!), fill).toBeGreaterThanOrEqual(4.5)
  })

  it('has visible edges of fields', () => {
    for (const ground of ['paper', 'sheet'])
      expect(contrast(tokens.edge!, tokens[ground]!), ground).toBeGreaterThanOrEqual(3)
  })
})

function readTokens(selector: string): Record<string, string> {
  const block = css.slice(css.indexOf(`${selector} {`)).split('}')[0]!
  return Object.fromEntries(
    [...block.matchAll(/--([\w-]+): (#[0-9a-f]{6})/g)].map(([, name, value]) => [name!, value!]),
  )
}

function contrast(one: string, other: string): number {
  const [light, dark] = [luminance(one), luminance(other)].toSorted((a, b) => b - a) as [number, number]
  return (light + 0.05) / (dark + 0.05)
}

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const channel = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return channel <= 0.03928 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
