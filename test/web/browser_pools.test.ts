// SPDX-License-Identifier: Apache-2.0
// Money in the page: vouchers from the operator's page into a tenant's pool, a wallet's deposit through the real escrow,
// and the operator's users and settings. Every text that a person can write is written as markup.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { World } from '../api/fixtures.ts'
import { Session } from '../api/lib/session.ts'
import { Visitor, launch, type Options } from './lib/browser.ts'
import { enter } from './lib/enter.ts'
import { give, script } from './lib/wallet.ts'

/** Markup that would run, or close what it stands in. */
const EVIL = '<img src=x onerror="console.error(1)">'

let w: World
let browser: Browser
let code = ''

before(async () => {
  w = await World.start({ env: { MARKETPLACE_ADMINS: '["root"]' } })
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await w?.stop()
})

const open = (o?: Options): Promise<Visitor> => Visitor.open(browser, w.url, o)

describe('pools in the browser', () => {
  test('the operator makes a voucher; its code is shown once', async () => {
    const v = await open()
    await enter(v, 'root', '#/operator/pools')
    const form = v.page.getByRole('region', { name: 'New voucher' })
    await form.getByLabel('Amount for each use').fill('2.5')
    await form.getByLabel('Uses').fill('2')
    await form.getByLabel('Note').fill(EVIL)
    await form.getByRole('button', { name: 'Make the voucher' }).click()
    const dialog = v.page.getByRole('dialog', { name: 'The new voucher' })
    code = (await dialog.locator('code').textContent()) ?? ''
    assert.match(code, /^[0-9A-Z]{5}(-[0-9A-Z]{5}){3}$/)
    assert.deepEqual(await v.axe(), [])
    await v.page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'detached' })
    const table = v.page.getByRole('table', { name: 'Vouchers' })
    await table.getByText(EVIL).waitFor()
    assert.equal(await v.page.getByText(code).count(), 0)
    assert.deepEqual(await v.axe(), [])
    await v.close()
  })

  test('a tenant without a wallet redeems it, on a phone, and sees what came', async () => {
    const v = await open({ width: 'phone' })
    await enter(v, 'alice', '#/pools')
    await v.page.getByText('You have no pool yet').waitFor()
    assert.equal(await v.overflow(), 0)
    await v.page.getByLabel('Code').fill('AAAAA-BBBBB-CCCCC-DDDDD')
    await v.page.getByRole('button', { name: 'Redeem' }).click()
    await v.page.getByRole('status').getByText(/voucher/i).waitFor() // no such one, in the node's words
    await v.page.getByLabel('Code').fill(code)
    await v.page.getByRole('button', { name: 'Redeem' }).click()
    await v.page.getByText('Redeemed.').waitFor()
    await v.page.getByText('2.5 OCEAN').waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('main').getByRole('listitem').getByRole('link').click()
    await v.page.getByRole('table', { name: 'History' }).getByText('Voucher').waitFor()
    assert.deepEqual(await v.axe(), [])
    assert.equal(await v.overflow(), 0)
    await v.close()
  })

  test('the operator gives a pool with markup for a name: it is text everywhere', async () => {
    const v = await open()
    await enter(v, 'root', '#/operator/pools')
    const form = v.page.getByRole('region', { name: 'Give a pool' })
    await form.getByLabel('Owner').selectOption({ label: 'alice' })
    await form.getByLabel('Name').fill(EVIL)
    await form.getByLabel('Amount').fill('a lot')
    await form.getByText('Write a number').waitFor()
    await form.getByLabel('Amount').fill('0.000000000000000001')
    await form.getByRole('button', { name: 'Give a pool' }).click()
    await v.page.getByText('Saved.').waitFor()
    await v.close()
    const a = await open()
    await enter(a, 'alice', '#/pools')
    await a.page.getByRole('link', { name: EVIL }).click()
    await a.page.getByRole('heading', { level: 1, name: EVIL }).waitFor()
    await a.page.getByText('0.000000000000000001 OCEAN').first().waitFor()
    await a.close()
  })

  test('a wallet fills its pool: three real transactions, and the chain says what is in it', async () => {
    const v = await open({ init: script })
    const wallet = await give(v.context, w.consumer)
    await v.go('#/pools')
    await v.page.getByRole('button', { name: 'Sign in with a wallet' }).click()
    await v.page.getByRole('button', { name: 'I accept' }).click()
    const form = v.page.getByRole('region', { name: 'A pool from your wallet' })
    await form.getByLabel('Name').fill('Savings')
    await form.getByRole('button', { name: 'Make the pool' }).click()
    await v.page.getByRole('heading', { level: 1, name: /Savings/ }).waitFor()
    await v.page.getByLabel('Amount in OCEAN').fill('12.25')
    await v.page.getByRole('button', { name: 'Deposit', exact: true }).click()
    await v.page.getByText('The money is in the pool.').waitFor()
    await v.page.getByText('12.25 OCEAN').first().waitFor()
    assert.deepEqual(wallet.asked.filter((m) => m === 'eth_sendTransaction').length, 3)
    const { available } = await w.compute.funds(w.consumer, w.consumer.address, w.chain.ocean)
    assert.equal(available, 12_250_000_000_000_000_000n)
    assert.deepEqual(await v.axe(), [])
    await v.close()
  })

  test('a wallet that declines, or is on another account, is told so and nothing is moved', async () => {
    const v = await open({ init: script })
    const wallet = await give(v.context, w.consumer)
    await v.go('#/pools')
    await v.page.getByRole('button', { name: 'Sign in with a wallet' }).click()
    await v.page.getByRole('link', { name: 'Savings' }).click()
    await v.page.getByLabel('Amount in OCEAN').fill('1')
    wallet.refuse = true
    await v.page.getByRole('button', { name: 'Deposit', exact: true }).click()
    await v.page.getByText('You declined in the wallet').waitFor()
    await v.page.locator('button[aria-busy="true"]').waitFor({ state: 'detached' }) // until then a click does nothing
    wallet.refuse = false
    wallet.account = w.stranger.address
    await v.page.getByRole('button', { name: 'Deposit', exact: true }).click()
    await v.page.getByText(/The wallet is on another account/).waitFor()
    const { available } = await w.compute.funds(w.consumer, w.consumer.address, w.chain.ocean)
    assert.equal(available, 12_250_000_000_000_000_000n)
    await v.close()
  })
})

describe('the operator’s pages', () => {
  test('users are found, blocked after a question, and let in again', async () => {
    const tenant = await Session.dev(w.url, 'mallory')
    const v = await open()
    await enter(v, 'root', '#/operator/users')
    await v.page.getByLabel(/Find by name/).fill('mallory')
    const row = v.page.getByRole('row').filter({ hasText: 'mallory' })
    await row.getByRole('button', { name: 'Block' }).click()
    await v.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
    assert.equal((await tenant.get('/auth/authenticated')).status, 200)
    await row.getByRole('button', { name: 'Block' }).click()
    await v.page.getByRole('dialog').getByRole('button', { name: 'Block' }).click()
    await row.getByText('Blocked').waitFor()
    assert.equal((await tenant.get('/auth/authenticated')).status, 401)
    assert.deepEqual(await v.axe(), [])
    await row.getByRole('button', { name: 'Unblock' }).click()
    await v.page.getByRole('dialog').getByRole('button', { name: 'Unblock' }).click()
    await row.getByText('Blocked').waitFor({ state: 'detached' })
    await v.close()
  })

  test('settings work at once: over-provisioning, and test certificates with a banner for everybody', async () => {
    const v = await open()
    await enter(v, 'root', '#/operator/settings')
    await v.page.getByLabel('Factor for cores').fill('2')
    await v.page.getByLabel('Use the staging authority').check()
    await v.page.getByRole('button', { name: 'Save' }).click()
    await v.page.getByText('Saved.').waitFor()
    await v.page.getByRole('complementary', { name: 'Test certificates' }).waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('link', { name: 'Capacity' }).click()
    await v.page.getByText('of 8').waitFor() // 4 cores, twice
    await v.page.getByRole('link', { name: 'Audit' }).click()
    await v.page.getByRole('table', { name: 'Audit' }).waitFor()
    assert.deepEqual(await v.axe(), [])
    const visitor = await open()
    await visitor.go('#/')
    await visitor.page.getByRole('complementary', { name: 'Test certificates' }).waitFor()
    await visitor.close()
    await v.close()
  })

  test('every one of them reads what it shows from the node, on a phone and in the dark', async () => {
    const v = await open({ width: 'phone', scheme: 'dark' })
    await enter(v, 'root', '#/operator/users')
    for (const [name, seen] of [['Users', 'root'], ['Pools', 'Savings'], ['Deployments', 'Nothing runs'], ['Packages', 'static-site'], ['Certificates', 'The gateway is off'],
      ['Backups', 'There are no backup servers'], ['Capacity', 'Processor cores'], ['Settings', 'Over-provisioning'], ['Audit', 'Who']]) {
      await v.page.getByRole('navigation', { name: 'Operator’s pages' }).getByRole('link', { name: name! }).click()
      await v.page.getByRole('heading', { level: 1, name: `Operator: ${name}` }).waitFor()
      await v.page.getByRole('main').getByText(seen!).first().waitFor()
      const alerts = await v.page.getByRole('alert').allTextContents()
      assert.deepEqual({ name, alerts, axe: await v.axe(), overflow: await v.overflow() }, { name, alerts: [], axe: [], overflow: 0 })
    }
    await v.close()
  })

  test('a package that is none is refused with the node’s words, and one is withdrawn and offered again', async () => {
    const v = await open()
    await enter(v, 'root', '#/operator/packages')
    await v.page.getByLabel('Source').fill(`/nowhere/${EVIL}`)
    await v.page.getByRole('button', { name: 'Add', exact: true }).click()
    await v.page.getByRole('status').getByText('/nowhere/').waitFor()
    const row = v.page.getByRole('row').filter({ hasText: 'static-site' })
    await row.getByRole('button', { name: 'Withdraw' }).click()
    await row.getByText('Withdrawn').waitFor()
    await row.getByRole('button', { name: 'Offer' }).click()
    await row.getByText('Offered').waitFor()
    await v.close()
  })
})
