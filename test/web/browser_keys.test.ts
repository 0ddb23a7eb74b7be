// SPDX-License-Identifier: Apache-2.0
// The whole way without a mouse: login, terms, catalogue, wizard, a deployment that is stopped, started and deleted, logout.
// Each place is reached with Tab alone, where the focus can be seen; each is then used with Enter or Space.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { Services } from '../api/lib/services.ts'
import { Visitor, launch } from './lib/browser.ts'
import { tabTo } from './lib/enter.ts'

let s: Services
let browser: Browser
let v: Visitor
before(async () => {
  s = await Services.begin({}, [{}])
  browser = await launch()
  v = await Visitor.open(browser, s.w.url)
})
after(async () => {
  await v?.close()
  await browser?.close()
  await s?.stop()
})

const press = (key: string): Promise<void> => v.page.keyboard.press(key)
const heading = (level: number, name: string | RegExp): Promise<void> => v.page.getByRole('heading', { level, name }).waitFor({ timeout: 120_000 })
/** To what is called so, by Tab. */
const to = (name: string): Promise<void> => tabTo(v, (wanted) => {
  const e = document.activeElement as HTMLElement
  const label = e.getAttribute('aria-label') ?? (e as HTMLInputElement).labels?.[0]?.textContent ?? e.textContent ?? ''
  return label.trim().startsWith(wanted)
}, name)
const enter = async (name: string): Promise<void> => { await to(name); await press('Enter') }

test('in, with the terms accepted', async () => {
  await v.page.goto('/marketplace/#/')
  await heading(1, /Run your own services/)
  await to('Name')
  await v.page.keyboard.type('kim')
  await press('Enter')
  await heading(1, 'Terms of use')
  await enter('I accept')
  await heading(1, 'Solutions')
})

test('a voucher into a pool', async () => {
  const { code } = await s.operator.tell('/marketplace/api/admin/vouchers', { amount: `1000${'0'.repeat(18)}`, ...s.unit, uses: 1 })
  await enter('Pools')
  await heading(1, 'Pools')
  await to('Code')
  await v.page.keyboard.type(code)
  await press('Enter')
  await v.page.getByText('Redeemed.').waitFor()
})

test('from the catalogue through the wizard', async () => {
  await press('Shift+Tab') // not lost: the focus is where the form was
  await v.page.goto('/marketplace/#/solutions/hello')
  await heading(1, /Hello/)
  await enter('Deploy')
  await heading(2, 'Name')
  await to('Name')
  await v.page.keyboard.type('keyed')
  await press('Enter')
  await v.page.getByLabel('What it says').waitFor()
  await to('What it says')
  await v.page.keyboard.type('typed by hand')
  await press('Enter')
  await heading(2, 'Size and payment')
  await to('Small')
  await press('ArrowRight') // the next of the radio buttons
  assert.equal(await v.page.getByRole('radio', { name: /Large/ }).isChecked(), true)
  await press('ArrowLeft')
  assert.equal(await v.page.getByRole('radio', { name: /Small/ }).isChecked(), true)
  await press('Enter')
  await heading(2, 'Check your answers')
  await enter('Deploy now')
  await heading(1, /keyed/)
  await heading(1, /Running/)
})

test('stopped, started again, its tabs looked at', async () => {
  await enter('Stop')
  await heading(1, /Stopped/)
  await enter('Start')
  await heading(1, /Running/)
  await enter('Logs')
  await v.page.getByRole('log').waitFor()
  await to('Log') // it can be scrolled
})

test('deleted after a question that holds the focus, and gives it back when it is put off', async () => {
  await enter('Manage')
  await heading(2, 'Delete')
  await enter('Delete')
  const dialog = v.page.getByRole('dialog', { name: 'Delete keyed?' })
  await dialog.waitFor()
  for (let i = 0; i < 8; i++) {
    await press('Tab')
    assert.equal(await v.page.evaluate(() => document.activeElement === document.body || document.activeElement?.closest('dialog') !== null), true, 'the focus has left the dialog')
  }
  await press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await v.page.evaluate(() => document.activeElement?.textContent), 'Delete')
  await press('Enter')
  await dialog.waitFor()
  await to('Type “keyed”')
  await v.page.keyboard.type('keyed')
  await enter('Delete for good')
  await heading(1, /Deleted/)
})

test('out', async () => {
  await enter('Account of kim')
  await heading(1, 'Account')
  await enter('Log out')
  await v.page.getByRole('button', { name: 'Development login' }).waitFor()
})
