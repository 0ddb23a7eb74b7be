// SPDX-License-Identifier: Apache-2.0
// What is done with a deployment in the browser when it runs: copies, domains, guests, another size, another version, back
// again, gone, and brought back from its copy. Real containers, a real gateway and authority, a real backup server.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { until } from '../api/lib/process.ts'
import { command, type Customer } from '../api/lib/services.ts'
import { Visitor } from './lib/browser.ts'
import { BACKED_UP, Scene } from './lib/scene.ts'
import { give, script } from './lib/wallet.ts'

let scene: Scene
let alice: Customer
let id: string
let v: Visitor
before(async () => {
  scene = await Scene.start([{ login: true, more: BACKED_UP }])
  const host = await scene.backupHost('one')
  await scene.s.operator.tell('/marketplace/api/admin/backup-servers', host.as('one'))
  alice = await scene.s.customer('alice')
  id = await alice.running('shop')
  await scene.s.addHello({ version: '2', login: true, more: BACKED_UP })
  v = await scene.visitor('alice', `#/deployments/${id}`)
})
after(async () => {
  try {
    if (v) scene.forgive(v)
    await v?.close()
  } finally {
    await scene?.stop()
  }
})

const button = (name: string | RegExp): ReturnType<Visitor['page']['getByRole']> => v.page.getByRole('button', { name, exact: true })
const tab = (name: string): Promise<void> => v.page.getByRole('navigation', { name: 'Parts of the deployment' }).getByRole('link', { name }).click()
const card = (name: string): ReturnType<Visitor['page']['getByRole']> => v.page.getByRole('region', { name, exact: true })
const said = (text: string | RegExp): Promise<void> => v.said(text)
async function confirm(verb: string, typed?: string): Promise<void> {
  await v.confirm(verb, typed)
  await v.page.getByRole('dialog').waitFor({ state: 'detached' })
}
const running = (): Promise<void> => v.page.getByRole('heading', { level: 1, name: /Running/ }).waitFor({ timeout: 120_000 })
const sh = (line: string): Promise<string> => command(`/atoll-s-${id.slice(0, 8)}-web`, ['/bin/busybox', 'sh', '-c', line])

describe('copies', () => {
  test('are made, compared byte by byte, and put back; a restore asks for the name first', async () => {
    await sh('echo precious > /data/file')
    await tab('Backups')
    await v.page.getByText('No backup yet').waitFor()
    assert.deepEqual(await v.axe(), [])
    await button('Back up now').click()
    await said('The backup has begun.')
    const row = v.page.getByRole('table', { name: 'Backups' }).getByRole('row').nth(1)
    await row.getByText('one', { exact: true }).waitFor()
    await row.getByText('Complete').waitFor()
    await row.getByRole('button', { name: /^Verify the backup of/ }).click()
    await said('Verifying: every byte is read and compared.')
    await v.page.getByText('A backup, restore or check is running.').waitFor({ state: 'detached' })
    assert.deepEqual(await v.axe(), [])
    await sh('rm /data/file')
    await row.getByRole('button', { name: 'Restore' }).click()
    await confirm('Restore', 'shop')
    await said('Restoring.')
    await until('what was lost', async () => (await sh('cat /data/file').catch(() => '')).trim() === 'precious', 120_000)
    await running()
  })

  test('have a schedule that can be wrong and is changed, and a key that is the owner’s', async () => {
    const form = card('Schedule')
    await form.getByLabel('When').fill('every <b>night</b>')
    await form.getByRole('button', { name: 'Save' }).click()
    await said(/schedule/i)
    assert.equal(await form.getByLabel('When').inputValue(), 'every <b>night</b>', 'what was typed stays to be mended')
    await form.getByLabel('When').fill('30 3 * * *')
    await form.getByLabel('days').fill('9')
    await form.getByRole('button', { name: 'Save' }).click()
    await said('Saved.')
    await form.getByText('The next one is due').waitFor()
    assert.equal((await alice.session.read(`/marketplace/api/deployments/${id}/backups`)).retention.daily, 9)
    const key = card('Your key')
    await key.getByRole('button', { name: 'Show the key' }).click()
    await key.getByRole('button', { name: 'Copy: Your key' }).waitFor()
    assert.deepEqual(await v.axe(), [])
  })
})

describe('addresses', () => {
  test('a domain is added, its records are shown, it is checked until it is proven, served, and removed', async () => {
    await tab('Domains')
    await v.page.getByRole('link', { name: new RegExp(`^${scene.host('shop')}`) }).waitFor()
    await v.page.getByLabel('Host name').fill('not a host')
    await button('Add').click()
    await said(/no domain name/)
    await v.page.getByLabel('Host name').fill('WWW.Shop.Test')
    await button('Add').click()
    await said('Added.')
    const one = v.page.getByRole('main').getByRole('listitem').filter({ hasText: 'www.shop.test' })
    await one.getByText('Waiting for DNS').waitFor()
    const txt = (await one.locator('dl').filter({ hasText: 'TXT' }).locator('code').allTextContents())
    assert.equal(txt[0], '_atoll.www.shop.test')
    assert.deepEqual(await v.axe(), [])
    await one.getByRole('button', { name: /^Check/ }).click()
    await one.getByText(/has no TXT record yet/).waitFor()
    scene.around.dns.set('_atoll.www.shop.test', { TXT: [txt[1]!] })
    scene.around.dns.set('www.shop.test', { CNAME: [scene.host('shop')] })
    await one.getByRole('button', { name: /^Check/ }).click()
    await one.getByText(/has no TXT record yet/).waitFor({ state: 'detached' })
    await one.getByText('Serving').waitFor()
    await one.getByRole('link', { name: /^www\.shop\.test/ }).waitFor()
    assert.equal(await one.locator('dl').count(), 0, 'what is done need not be read any more')
    assert.deepEqual(await v.axe(), [])
    await one.getByRole('button', { name: /^Remove/ }).click()
    await confirm('Remove')
    await one.waitFor({ state: 'detached' })
  })

  test('a guest is let in by name, passes the login before the site, and is kept out again', async () => {
    const bob = await scene.visitor('bob', '#/')
    await scene.served('shop', 401)
    await bob.page.goto(scene.site('shop'))
    await bob.page.getByText(/belongs to somebody else/).waitFor()
    const guests = card('Guests')
    await guests.getByLabel('Name of the guest').fill('a<b>')
    await guests.getByRole('button', { name: 'Invite' }).click()
    await said(/no name that somebody logs in with/)
    await guests.getByLabel('Name of the guest').fill('bob')
    await guests.getByRole('button', { name: 'Invite' }).click()
    await said('bob may open it now.')
    assert.deepEqual(await v.axe(), [])
    await bob.page.goto(scene.site('shop'))
    await bob.page.getByText('hello from shop').waitFor()
    await guests.getByRole('button', { name: 'Remove the guest bob' }).click()
    await guests.getByText('bob', { exact: true }).waitFor({ state: 'detached' })
    const refused = await bob.page.goto(scene.site('shop'))
    assert.equal(refused?.status(), 403)
    await bob.close()
  })

  test('a visitor who is nobody yet logs in at the marketplace and comes back to the site', async () => {
    const { consumer } = scene.s.w
    await alice.asks(id, 'guests', { name: consumer.address })
    const somebody = await Visitor.open(scene.browser, scene.url, { anyCertificate: true, init: script })
    await give(somebody.context, consumer)
    await somebody.page.goto(scene.site('shop'))
    await somebody.page.getByRole('button', { name: 'Sign in with a wallet' }).click()
    await somebody.page.getByRole('button', { name: 'I accept' }).click()
    await somebody.page.getByText('hello from shop').waitFor()
    assert.equal(somebody.page.url(), scene.site('shop'))
    await somebody.close()
  })
})

describe('what is changed', () => {
  test('an end is set and taken away', async () => {
    await tab('Manage')
    const form = card('Run time')
    await form.getByLabel('New end').fill('2099-01-01T12:00')
    await form.getByRole('button', { name: 'Set the end' }).click()
    await said('The end is changed.')
    await form.getByText(/It ends on 1 Jan 2099/).waitFor()
    await form.getByLabel('New end').fill('')
    await form.getByRole('button', { name: 'No end' }).click()
    await said('The end is changed.')
    await form.getByText('It has no end.').waitFor()
    assert.deepEqual(await v.axe(), [])
  })

  test('another size, at another price', async () => {
    const form = card('Change the size')
    assert.equal(await form.getByRole('button', { name: 'Change the size' }).isDisabled(), true, 'it has this size')
    await form.getByLabel('Size').selectOption({ value: 'large' })
    await form.getByRole('button', { name: 'Change the size' }).click()
    await confirm('Change the size')
    await said('Changing the size.')
    await alice.becomes(id, (d) => d.size === 'large' && d.state === 'running')
    await running()
    await tab('Overview')
    await card('Costs').getByText('Large').waitFor()
  })

  test('a new version that is well, and back to the one before', async () => {
    await tab('Manage')
    const form = card('Update')
    await form.getByText('It runs version 1. Version 2 is available.').waitFor()
    assert.equal(await form.getByRole('button', { name: 'Roll back' }).count(), 0, 'there is nothing to go back to')
    await form.getByRole('button', { name: 'Update to 2' }).click()
    await confirm('Update')
    await said('Updating.')
    await form.getByText('It runs version 2, the newest.').waitFor({ timeout: 120_000 })
    await running()
    await form.getByRole('button', { name: 'Roll back' }).click()
    await confirm('Roll back')
    await said('Going back to the version before.')
    await form.getByText('It runs version 1. Version 2 is available.').waitFor({ timeout: 120_000 })
    await running()
  })

  test('a new version that is not well is taken back, and it says why', async () => {
    await scene.s.addHello({ version: '3', login: true, more: BACKED_UP, script: 'exit 7', start: 2 })
    const form = card('Update')
    await form.getByRole('button', { name: 'Update to 3' }).click({ timeout: 120_000 })
    await confirm('Update')
    await v.page.getByText(/the update failed and was taken back: /i).first().waitFor({ timeout: 120_000 })
    await running()
    await form.getByText('It runs version 1. Version 3 is available.').waitFor()
    assert.deepEqual(await v.axe(), [])
  })
})

describe('its end', () => {
  test('deleted, it is brought back from its copy', async () => {
    await tab('Backups')
    const repository = (await alice.session.read(`/marketplace/api/deployments/${id}/backups`)).repository as string
    const key = (await alice.session.tell(`/marketplace/api/deployments/${id}/backups/key`)).key as string
    await tab('Manage')
    await card('Delete').getByRole('button', { name: 'Delete' }).click()
    await confirm('Delete for good', 'shop')
    await v.page.getByRole('heading', { level: 1, name: /Deleted/ }).waitFor({ timeout: 120_000 })
    assert.deepEqual(await v.axe(), [])
    await v.page.getByRole('link', { name: 'Deployments' }).first().click()
    await v.page.getByText('Nothing runs yet').waitFor()
    await v.page.getByRole('link', { name: 'Bring a deployment from another node' }).click()
    await v.page.getByLabel('Backup server').fill('one')
    await v.page.getByLabel('Repository').fill(repository)
    await v.page.getByLabel('Your key').fill('wrong')
    await v.page.getByLabel('Paid from').selectOption({ index: 1 })
    await v.page.getByLabel('Name (optional)').fill('shop-again')
    await button('Bring it here').click()
    await said(/key|password/i)
    assert.equal(await v.page.getByLabel('Repository').inputValue(), repository)
    await v.page.getByLabel('Your key').fill(key)
    assert.deepEqual(await v.axe(), [])
    await button('Bring it here').click()
    await v.page.getByRole('heading', { level: 1, name: /shop-again/ }).waitFor()
    await running()
    id = /deployments\/([0-9a-f]{32})/.exec(v.page.url())?.[1] ?? ''
    assert.equal((await sh('cat /data/file')).trim(), 'precious')
  })
})
