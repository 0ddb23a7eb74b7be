// SPDX-License-Identifier: Apache-2.0
// What visitors do all the time.
import assert from 'node:assert/strict'
import type { Visitor } from './browser.ts'

/** By the development login, with the terms accepted. */
export async function enter(v: Visitor, name: string, hash = '#/'): Promise<void> {
  await v.go(hash)
  await v.page.getByLabel('Name').fill(name)
  await v.page.getByRole('button', { name: 'Development login' }).click()
  const accept = v.page.getByRole('button', { name: 'I accept' })
  const inside = v.page.getByRole('navigation', { name: 'Main' })
  await accept.or(inside).waitFor() // who has been here before has accepted them
  if (await accept.isVisible()) await accept.click()
  await v.page.getByRole('navigation', { name: 'Main' }).waitFor()
}

/** Presses Tab until the focus is where it is wanted, and can be seen there. */
export async function tabTo<T>(v: Visitor, there: (wanted: T) => boolean, wanted?: T): Promise<void> {
  for (let i = 0; i < 60; i++) {
    await v.page.keyboard.press('Tab')
    if (await v.page.evaluate(there as (wanted: unknown) => boolean, wanted)) {
      const outline = await v.page.evaluate(() => [getComputedStyle(document.activeElement!), getComputedStyle(document.activeElement!, '::after'), getComputedStyle(document.activeElement!.closest('label') ?? document.activeElement!)].map((x) => x.outlineStyle).find((x) => x !== 'none') ?? 'none')
      assert.notEqual(outline, 'none', 'the focus cannot be seen')
      return
    }
  }
  assert.fail(`not to be reached with the Tab key: ${String(wanted ?? there)}`)
}
