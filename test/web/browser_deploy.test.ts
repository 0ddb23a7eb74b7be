// SPDX-License-Identifier: Apache-2.0
// A solution in the browser, from the catalogue to its end: real containers, a real meter, the wizard's own answers.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { Solutions, type Tenant } from '../api/lib/solutions.ts'
import { Visitor, launch, type Options } from './lib/browser.ts'
import { enter, tabTo } from './lib/enter.ts'

const EVIL = '"><img src=x onerror="console.error(1)">'
const SITE = 'https://git.example.org/site.git'

let s: Solutions
let browser: Browser
let alice: Tenant

before(async () => {
  s = await Solutions.start()
  alice = await s.tenant('alice')
  await s.grant(alice, 1000, 'Main')
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await s?.stop()
})

const open = (o?: Options): Promise<Visitor> => Visitor.open(browser, s.w.url, o)
const next = (v: Visitor): Promise<void> => v.page.getByRole('button', { name: 'Continue', exact: true }).click()
const step = (v: Visitor, name: string): Promise<void> => v.page.getByRole('heading', { level: 2, name }).waitFor()

/** The wizard of the static site, from the catalogue to its review. */
async function toReview(v: Visitor, name: string): Promise<void> {
  await v.page.getByRole('link', { name: 'Static site', exact: true }).click()
  await v.page.getByRole('button', { name: 'Deploy' }).click()
  await v.page.getByLabel(/name/i).first().fill(name)
  await next(v)
  await step(v, 'Your site')
  await v.page.getByLabel('Git repository').fill(SITE)
  await next(v)
  await v.page.getByRole('radio', { name: /Small/ }).check()
  await v.page.getByRole('radio', { name: /Main/ }).check()
  await next(v)
  await step(v, 'Check your answers')
}

describe('the catalogue', () => {
  test('is searched, by words and by category; what is not offered says why', async () => {
    const v = await open()
    await enter(v, 'alice')
    await v.page.getByRole('link', { name: 'PostgreSQL' }).waitFor()
    const off = v.page.getByRole('region', { name: 'Not offered' })
    await off.getByRole('link', { name: 'Kubernetes' }).waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('searchbox', { name: 'Search solutions' }).fill('git repository')
    await v.page.getByRole('link', { name: 'PostgreSQL' }).waitFor({ state: 'detached' })
    await v.page.getByRole('link', { name: 'Static site', exact: true }).waitFor()
    await v.page.getByRole('searchbox', { name: 'Search solutions' }).fill(EVIL)
    await v.page.getByText(`Nothing matches “${EVIL}”`).waitFor()
    await v.page.getByRole('searchbox', { name: 'Search solutions' }).fill('')
    await v.page.getByRole('button', { name: /^Web/ }).click()
    await v.page.getByRole('link', { name: 'PostgreSQL' }).waitFor({ state: 'detached' })
    await v.page.getByRole('button', { name: /^All/ }).click()
    await off.getByRole('link', { name: 'Kubernetes' }).click()
    await v.page.getByText('This solution is not offered here.').waitFor()
    assert.equal(await v.page.getByRole('button', { name: 'Deploy' }).count(), 0)
    assert.deepEqual(await v.axe(), [])
    await v.close()
  })
})

describe('a wizard in the browser', () => {
  test('says what is wrong beside the field, keeps what was typed, goes back, and survives a reload', async () => {
    const v = await open({ width: 'phone' })
    await enter(v, 'alice', '#/solutions/static-site')
    await v.page.getByRole('button', { name: 'Deploy' }).click()
    const name = v.page.getByLabel(/name/i).first()
    await name.fill('<i>x</i>')
    await next(v)
    await v.page.getByRole('alert').waitFor()
    assert.equal(await name.inputValue(), '<i>x</i>')
    assert.equal(await name.getAttribute('aria-invalid'), 'true')
    assert.deepEqual(await v.axe(), [])
    await name.fill('kept-site')
    await next(v)
    await step(v, 'Your site')
    await v.page.waitForFunction(() => document.activeElement?.tagName === 'H2') // a screen reader starts at the step
    await v.page.getByLabel('Git repository').fill(SITE)
    await v.page.getByLabel(/Folder of the site/).fill('<b>x</b>')
    await next(v)
    await v.page.getByRole('alert').getByText(/Folder of the site/).waitFor()
    await v.page.getByLabel(/Folder of the site/).fill('')
    await next(v)
    await v.page.getByRole('radio', { name: /Small/ }).waitFor()
    assert.deepEqual(await v.axe(), [])
    assert.equal(await v.overflow(), 0)
    await v.page.reload()
    await v.page.getByRole('radio', { name: /Small/ }).waitFor()
    await v.page.getByRole('button', { name: 'Back' }).click()
    await step(v, 'Your site')
    assert.equal(await v.page.getByLabel('Git repository').inputValue(), SITE)
    await v.page.getByRole('link', { name: 'Solutions' }).click()
    const begun = v.page.getByRole('region', { name: 'Begun and not finished' })
    await begun.getByRole('link', { name: 'Continue with Static site' }).click()
    await step(v, 'Your site')
    await v.page.getByRole('link', { name: 'Solutions' }).click()
    await begun.getByRole('button', { name: 'Discard Static site' }).click()
    await begun.waitFor({ state: 'detached' })
    await v.close()
  })

  test('ends with a review: the answers, and the price before anybody pays', async () => {
    const v = await open({ scheme: 'dark', width: 'tablet' })
    await enter(v, 'alice')
    await toReview(v, 'priced-site')
    await v.page.getByText(SITE).waitFor()
    const price = v.page.getByRole('region', { name: 'Price' })
    await price.getByText('Due now, for the first period').waitFor()
    await price.getByText('Paid from “Main”').waitFor()
    await v.page.getByRole('button', { name: 'Deploy now' }).waitFor()
    assert.deepEqual(await v.axe(), [])
    assert.equal(await v.overflow(), 0)
    await v.page.getByRole('button', { name: 'Name' }).click() // a step that is done can be gone back to
    await v.page.getByLabel(/name/i).first().waitFor()
    await v.close()
  })

  test('of somebody else is not there', async () => {
    const w = await alice.begin('static-site')
    const v = await open()
    await enter(v, 'mallory', `#/wizard/${w.id}`)
    await v.page.getByRole('alert').waitFor()
    assert.equal(await v.page.getByRole('button', { name: 'Continue', exact: true }).count(), 0)
    await v.close()
    await alice.session.del(`/chatflows/${w.id}`)
  })
})

describe('a deployment in the browser', () => {
  test('is quoted, deployed, watched, used, and deleted with its money back', async () => {
    const v = await open()
    await enter(v, 'alice')
    await toReview(v, 'my-site')
    const price = v.page.getByRole('region', { name: 'Price' })
    await price.getByText('OCEAN').first().waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('button', { name: 'Deploy now' }).click()
    await v.page.getByRole('heading', { level: 1, name: /my-site/ }).waitFor()
    await v.page.getByRole('heading', { level: 1, name: /Running/ }).waitFor({ timeout: 120_000 }) // by itself: events
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('table', { name: 'Containers' }).waitFor()

    await v.page.getByRole('link', { name: 'Logs' }).click()
    await v.page.getByRole('log').waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('link', { name: 'Usage' }).click()
    await v.page.getByRole('button', { name: 'Hour' }).waitFor()
    await v.page.getByRole('link', { name: 'Backups' }).click()
    await v.page.getByRole('heading', { level: 2, name: 'Backups' }).or(v.page.getByRole('alert')).first().waitFor()
    await v.page.getByRole('link', { name: 'Manage' }).click()
    await v.page.getByRole('heading', { level: 2, name: 'Delete' }).waitFor()
    assert.deepEqual(await v.axe(), [])

    await v.page.getByRole('button', { name: 'Delete', exact: true }).click()
    const dialog = v.page.getByRole('dialog', { name: 'Delete my-site?' })
    const sure = dialog.getByRole('button', { name: 'Delete for good' })
    assert.equal(await sure.isDisabled(), true) // until its name is typed
    assert.deepEqual(await v.axe(), [])
    await dialog.getByLabel(/Type “my-site” to confirm/).fill('my-sit')
    assert.equal(await sure.isDisabled(), true)
    await dialog.getByLabel(/Type “my-site” to confirm/).fill('my-site')
    await sure.click()
    await v.page.getByRole('heading', { level: 1, name: /Deleted/ }).waitFor({ timeout: 120_000 })

    await v.page.getByRole('link', { name: 'Overview' }).click()
    await v.page.getByRole('link', { name: 'Main', exact: true }).click()
    const history = v.page.getByRole('table', { name: 'History' })
    await history.getByText('Period opened').first().waitFor()
    await history.getByText('Refund').first().waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('link', { name: 'Deployments' }).click()
    await v.page.getByText('Nothing runs yet').waitFor()
    await v.close()
  })
})

describe('a wizard without a mouse', () => {
  test('by keyboard alone, from the catalogue to the review', async () => {
    const v = await open()
    await enter(v, 'alice')
    await v.page.getByRole('link', { name: 'Static site', exact: true }).waitFor()
    await tabTo(v, () => document.activeElement?.textContent === 'Static site')
    await v.page.keyboard.press('Enter')
    await v.page.getByRole('button', { name: 'Deploy' }).waitFor()
    await tabTo(v, () => document.activeElement?.textContent === 'Deploy')
    await v.page.keyboard.press('Enter')
    await v.page.getByRole('button', { name: 'Continue', exact: true }).waitFor()
    await tabTo(v, () => document.activeElement?.tagName === 'INPUT')
    await v.page.keyboard.type('typed-site')
    await v.page.keyboard.press('Enter')
    await step(v, 'Your site')
    await tabTo(v, () => document.activeElement?.tagName === 'INPUT')
    await v.page.keyboard.type(SITE)
    await v.page.keyboard.press('Enter')
    await v.page.getByRole('radio', { name: /Small/ }).waitFor()
    await tabTo(v, () => (document.activeElement as HTMLInputElement | null)?.type === 'radio')
    await v.page.keyboard.press('Space')
    await tabTo(v, () => (document.activeElement as HTMLInputElement | null)?.name === 'pool')
    await v.page.keyboard.press('Space')
    await v.page.keyboard.press('Enter')
    await step(v, 'Check your answers')
    await tabTo(v, () => document.activeElement?.textContent === 'Deploy now')
    await v.close()
  })
})
