// SPDX-License-Identifier: Apache-2.0
// Pictures of a page, and what axe and the window's width have to say of it.
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Scheme, Visitor } from './browser.ts'

export const out = fileURLToPath(new URL('../../../run/screens', import.meta.url))
mkdirSync(out, { recursive: true })

/** How many things there are to mend. */
export let bad = 0

/** The page as it is, in its own theme or in both. */
export async function look(v: Visitor, name: string, schemes: Scheme[] = [v.scheme]): Promise<void> {
  for (const scheme of schemes) {
    await v.page.emulateMedia({ colorScheme: scheme })
    await v.page.screenshot({ path: `${out}/${name}-${scheme}.png`, fullPage: true })
  }
  const found = await v.axe()
  const wide = await v.overflow()
  bad += found.length + (wide > 0 ? 1 : 0)
  for (const f of found) console.log(`${name}: ${f}`)
  if (wide > 0) console.log(`${name}: ${wide} px wider than the window`)
}
