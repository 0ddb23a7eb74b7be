// SPDX-License-Identifier: Apache-2.0
// The ways in, in a real browser against a real node: who is asked what first, terms, sessions, the end.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { World } from '../api/fixtures.ts'
import { Session } from '../api/lib/session.ts'
import { Visitor, launch, type Options } from './lib/browser.ts'
import { enter, tabTo } from './lib/enter.ts'
import { give, script } from './lib/wallet.ts'

let w: World
let browser: Browser

before(async () => {
  w = await World.start({ env: { MARKETPLACE_ADMINS: '["root"]' } })
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await w?.stop()
})

const open = (o?: Options): Promise<Visitor> => Visitor.open(browser, w.url, o)

describe('login in the browser', () => {
  test('who comes first sees what this is and the ways in; nothing else is asked of the node', async () => {
    const v = await open()
    const asked: string[] = []
    v.page.on('request', (r) => asked.push(new URL(r.url()).pathname))
    await v.go('#/deployments')
    await v.page.getByRole('heading', { level: 1, name: /Run your own services/ }).waitFor()
    await v.page.getByRole('button', { name: 'Development login' }).waitFor()
    assert.deepEqual(await v.axe(), [])
    assert.deepEqual(asked.filter((p) => !p.startsWith('/marketplace/')).sort(), ['/auth/authenticated', '/auth/options'])
    assert.equal(new Set(asked.map((p) => p)).size > 0, true)
    await v.close()
  })

  test('the terms come before everything, and once', async () => {
    const v = await open()
    await v.go('#/deployments')
    await v.page.getByLabel('Name').fill('gated')
    await v.page.getByRole('button', { name: 'Development login' }).click()
    await v.page.getByRole('heading', { name: 'Terms of use' }).waitFor()
    assert.equal(await v.page.getByRole('navigation', { name: 'Main' }).count(), 0)
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('button', { name: 'I accept' }).click()
    await v.page.getByRole('heading', { level: 1, name: 'Deployments' }).waitFor() // where they wanted to go
    await v.page.reload()
    await v.page.getByRole('heading', { level: 1, name: 'Deployments' }).waitFor()
    await v.close()
  })

  test('who declines is logged out and has accepted nothing', async () => {
    const v = await open()
    await v.go('#/')
    await v.page.getByLabel('Name').fill('decliner')
    await v.page.getByRole('button', { name: 'Development login' }).click()
    await v.page.getByRole('button', { name: 'Decline and log out' }).click()
    await v.page.getByRole('button', { name: 'Development login' }).waitFor()
    const s = new Session(w.url)
    assert.equal((await s.tell('/auth/dev', { name: 'decliner' })).terms, false)
    await v.close()
  })

  test('a wallet signs in with a message that names its account', async () => {
    const v = await open({ init: script })
    const wallet = await give(v.context, w.consumer)
    await v.go('#/')
    wallet.refuse = true
    await v.page.getByRole('button', { name: 'Sign in with a wallet' }).click()
    await v.page.getByText('You declined in the wallet').waitFor()
    wallet.refuse = false
    await v.page.getByRole('button', { name: 'Sign in with a wallet' }).click()
    await v.page.getByRole('button', { name: 'I accept' }).click()
    await v.page.getByRole('link', { name: `Account of ${w.consumer.address}` }).click()
    await v.page.getByRole('heading', { level: 1, name: 'Account' }).waitFor()
    await v.page.getByText(w.consumer.address).first().waitFor() // with its checksum, as EIP-55 has it
    assert.deepEqual(wallet.asked, ['eth_requestAccounts', 'eth_requestAccounts', 'personal_sign'])
    await v.close()
  })

  test('an account has its sessions, ends them, and logs out', async () => {
    const other = await Session.dev(w.url, 'twice')
    const v = await open({ width: 'phone' })
    await v.go('#/')
    await v.page.getByLabel('Name').fill('twice')
    await v.page.getByRole('button', { name: 'Development login' }).click()
    await v.page.getByRole('link', { name: 'Account of twice' }).click()
    await v.page.getByText('this one').waitFor()
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('button', { name: /End the session of/ }).click()
    await v.page.getByText('The session is ended.').waitFor()
    assert.equal((await other.get('/auth/authenticated')).status, 401)
    await v.page.getByRole('button', { name: 'Log out' }).click()
    await v.page.getByRole('button', { name: 'Development login' }).waitFor()
    assert.deepEqual((await v.context.cookies()).filter((c) => c.name.endsWith('atoll_session')), [])
    await v.close()
  })

  test('a session that was ended elsewhere leads to the login, with words', async () => {
    const v = await open()
    await enter(v, 'ousted')
    const mine = await Session.dev(w.url, 'ousted')
    assert.equal((await mine.del('/auth/sessions')).status, 200)
    await v.page.getByRole('link', { name: 'Account of ousted' }).click()
    await v.page.getByText('Your session has ended').waitFor()
    await v.page.getByRole('button', { name: 'Development login' }).waitFor()
    await v.close()
  })

  test('the cookie of the session is out of reach of scripts', async () => {
    const v = await open()
    await enter(v, 'cookies')
    assert.equal(await v.page.evaluate(() => document.cookie), '')
    const [cookie] = (await v.context.cookies()).filter((c) => c.name.endsWith('atoll_session'))
    assert.equal(cookie?.httpOnly, true)
    assert.equal(cookie?.sameSite, 'Lax')
    await v.close()
  })

  test('the operator’s pages are an administrator’s; others see that there is nothing', async () => {
    const v = await open()
    await enter(v, 'nobody', '#/operator/users')
    await v.page.getByRole('heading', { name: 'Nothing here' }).waitFor()
    assert.equal(await v.page.getByRole('link', { name: 'Operator' }).count(), 0)
    await v.close()
  })

  test('an error that the phone’s login comes back with is said in words, whatever it contains', async () => {
    const v = await open()
    await v.go(`#/login?error=${encodeURIComponent('<img src=x onerror=console.error(1)>')}`)
    await v.page.getByText('The login did not succeed').waitFor()
    await v.go('#/login?error=CONNECT_CANCELLED')
    await v.page.reload()
    await v.page.getByText('You cancelled the login on the phone.').waitFor()
    await v.close()
  })

  test('light, dark, or as the system says: chosen by hand and kept', async () => {
    const v = await open({ scheme: 'light' })
    await enter(v, 'theme', '#/account')
    const back = (): Promise<string> => v.page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    const light = await back()
    await v.page.getByRole('button', { name: 'Dark' }).click()
    assert.notEqual(await back(), light)
    const dark = await back()
    await v.page.reload()
    await v.page.getByRole('heading', { level: 1, name: 'Account' }).waitFor()
    assert.equal(await back(), dark)
    assert.deepEqual(await v.axe(), [])
    await v.close()
  })

  test('by keyboard alone: skip link, login, terms, and the heading has the focus on a new page', async () => {
    const v = await open()
    await v.go('#/')
    await v.page.keyboard.press('Tab')
    await v.page.getByRole('link', { name: 'Skip to the content' }).waitFor()
    assert.equal(await v.page.evaluate(() => document.activeElement?.textContent), 'Skip to the content')
    await v.page.keyboard.press('Enter')
    assert.equal(await v.page.evaluate(() => document.activeElement?.id), 'main')
    await tabTo(v, () => document.activeElement?.tagName === 'INPUT')
    await v.page.keyboard.type('keys')
    await v.page.keyboard.press('Enter')
    await v.page.getByRole('heading', { name: 'Terms of use' }).waitFor()
    await tabTo(v, () => document.activeElement?.textContent === 'I accept')
    await v.page.keyboard.press('Enter')
    await v.page.getByRole('navigation', { name: 'Main' }).waitFor()
    await tabTo(v, () => document.activeElement?.textContent === 'Pools')
    await v.page.keyboard.press('Enter')
    await v.page.getByRole('heading', { level: 1, name: 'Pools' }).waitFor()
    await v.page.waitForFunction(() => document.activeElement?.tagName === 'H1')
    assert.equal(await v.page.title(), 'Pools – Atoll')
    await v.close()
  })
})
