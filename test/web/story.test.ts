// SPDX-License-Identifier: Apache-2.0
// The whole story in a browser: from /marketplace/ with nothing but a phone's login to a site under a name of its own with
// a certificate, the node being killed on the way; stopped, with what was not used coming back.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { after, before, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { Story } from '../api/lib/story.ts'
import { until } from '../api/lib/process.ts'
import { Visitor, launch } from './lib/browser.ts'

let s: Story
let browser: Browser
let v: Visitor
let voucher: string
before(async () => {
  s = await Story.start()
  const made = await s.solutions.operator.tell('/marketplace/api/admin/vouchers', { amount: `500${'0'.repeat(18)}`, ...s.solutions.unit, uses: 5 })
  voucher = made.code
  s.connect.register('carol')
  browser = await launch(['--host-resolver-rules=MAP *.test 127.0.0.1'])
  v = await Visitor.open(browser, s.url, { anyCertificate: true })
})
after(async () => {
  if (v && !v.page.isClosed()) console.log(`# it ended at ${v.page.url()}: ${await v.page.locator('body').innerText().catch(String)} ${v.faults.join()}`)
  await browser?.close()
  await s?.stop()
})

/** By its whole name: "Restart" has a "start" in it, too, and is there while it still runs. */
const button = (name: string): ReturnType<Visitor['page']['getByRole']> => v.page.getByRole('button', { name, exact: true })
/** To the deployment by the list; the pool's history has links of its name, too. */
async function toSite(): Promise<void> {
  await v.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deployments' }).click()
  await v.page.getByRole('heading', { level: 1, name: 'Deployments' }).waitFor()
  await v.page.getByRole('link', { name: 'carols-site' }).click()
}

test('from /marketplace/ to a running site', async () => {
  const began = Date.now()
  await until('the certificate', () => v.page.goto('/marketplace/').catch(() => null), 60_000)
  await button('Log in with 3Bot Connect').click()
  await v.page.getByLabel('Name').fill('carol')
  await button('Sign in').click()
  await button('I accept').click()

  await v.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Pools' }).click()
  await v.page.getByLabel('Code').fill(voucher)
  await button('Redeem').click()
  await v.page.getByText('Redeemed.').waitFor()

  await v.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Solutions' }).click()
  await v.page.getByRole('link', { name: 'Static site' }).click()
  await button('Deploy').click()
  await v.page.getByLabel('Name').fill('carols-site')
  await button('Continue').click()
  await v.page.getByLabel('Git repository').fill('https://git.example.org/site.git')
  await v.page.reload() // what was answered is on the server, and this step is still this step
  await v.page.getByLabel('Git repository').fill('https://git.example.org/site.git')
  await button('Continue').click()
  await v.page.getByRole('heading', { name: 'Size and payment' }).waitFor()
  await button('Continue').click()
  await v.page.getByRole('heading', { name: 'Check your answers' }).waitFor()
  await v.page.getByText('What is paid and not used comes back when you stop.').waitFor()
  assert.deepEqual(await v.axe(), [])
  await button('Deploy now').click()
  await v.page.getByRole('heading', { level: 1, name: 'carols-site' }).waitFor()
  await s.crash()
  await v.page.getByRole('link', { name: /^Open/ }).waitFor({ timeout: 120_000 })

  const site = await v.context.newPage()
  const answer = await until('the site', async () => {
    const r = await site.goto(s.site('carols-site')).catch(() => null) // its certificate may be on its way
    return r?.status() === 200 ? r : null
  }, 60_000)
  console.log(`# from /marketplace/ to the site in a browser, with a kill -9: ${Date.now() - began} ms`)
  assert.match((await answer.securityDetails())?.issuer ?? '', /^Pebble Intermediate/)
  await site.getByRole('heading').first().waitFor()
  await site.close()
})

test('stopped, what was not used is back in the pool', async () => {
  await button('Stop').click()
  await button('Start').waitFor({ timeout: 60_000 })
  await v.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Pools' }).click()
  await v.page.getByRole('listitem').getByRole('link').first().click()
  await v.page.getByText('Refund').first().waitFor()
  assert.deepEqual(await v.axe(), [])
})

test('a volume and the first backup server are lost, and the second one has it all', async () => {
  await toSite()
  await button('Start').click()
  await v.page.getByRole('link', { name: /^Open/ }).waitFor({ timeout: 120_000 })
  const id = /deployments\/([0-9a-f]{32})/.exec(v.page.url())?.[1] ?? ''
  const marked = async (): Promise<number> => (await s.visit('carols-site.solutions.test', '/marker.txt'))?.status ?? 0
  execFileSync('docker', ['exec', `atoll-s-${id.slice(0, 8)}-fetch`, 'sh', '-c', 'echo precious | tee /site/repo/marker.txt >/site/www/marker.txt'])

  const [one] = await s.backupServers()
  await v.page.getByRole('link', { name: 'Backups' }).click()
  await button('Back up now').click()
  await v.page.getByRole('cell', { name: 'one, two' }).waitFor({ timeout: 60_000 })
  await one.destroy()
  await s.wreck(id)
  await until('it runs again, empty', async () => await marked() === 404, 120_000)
  await v.page.getByRole('link', { name: /^Open/ }).waitFor({ timeout: 120_000 })
  await button('Restore').click()
  const dialog = v.page.getByRole('dialog')
  await dialog.getByRole('textbox').fill('carols-site')
  await dialog.getByRole('button', { name: 'Restore' }).click()
  await until('what was lost is back', async () => await marked() === 200, 120_000)
  await v.page.getByRole('link', { name: /^Open/ }).waitFor({ timeout: 120_000 })
})

test('deleted for good', async () => {
  await toSite()
  await v.page.getByRole('link', { name: 'Manage' }).click()
  await button('Delete').click()
  const dialog = v.page.getByRole('dialog')
  await dialog.getByRole('textbox').fill('carols-site')
  await dialog.getByRole('button', { name: 'Delete for good' }).click()
  await until('it is gone', async () => (await s.solutions.operator.read('/marketplace/api/admin/deployments')).deployments.every((d: any) => d.state === 'deleted'), 60_000)
  // the node was away for a moment
  const away = /^console: Failed to load resource: (the server responded with a status of 50[234]|net::ERR_(EMPTY_RESPONSE|FAILED|SSL_PROTOCOL_ERROR|CONNECTION_))/
  v.faults.splice(0, v.faults.length, ...v.faults.filter((f) => !away.test(f)))
  await v.close()
})
