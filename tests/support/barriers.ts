// What keeps people out of a page: found by axe, or by scrolling sideways on a phone.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

/** What axe finds against WCAG 2.2 AA, a line each. */
export async function findBarriers(page: Page): Promise<string[]> {
  // The page's own policy lets no foreign script in: it is given from outside.
  await page.evaluate(`${await readAxe()}; undefined`)
  // A colour on its way to another is neither.
  await page.evaluate(async () => {
    const transitions = document.getAnimations().filter((animation) => animation instanceof CSSTransition)
    await Promise.allSettled(transitions.map(({ finished }) => finished))
  })
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(options: unknown): Promise<{ violations: Violation[] }> } }).axe
    const { violations } = await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] })
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`)
  })
}

type Violation = { id: string; nodes: { target: string[] }[] }

async function readAxe(): Promise<string> {
  return readFile(axePath, 'utf8')
}

/** How far the page can be scrolled sideways, in pixels; on a phone it must not be. */
export const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
