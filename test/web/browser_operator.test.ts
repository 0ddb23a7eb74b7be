// SPDX-License-Identifier: Apache-2.0
// The operator's pages on a node that does something: other people's pools and deployments, packages, certificates of a real
// authority, backup servers whose keys change, settings that work at once and are seen by everybody.
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Locator } from 'playwright-core'
import { helloPackage, type Customer } from '../api/lib/services.ts'
import type { BackupHost } from '../api/lib/sshd.ts'
import type { Visitor } from './lib/browser.ts'
import { Scene } from './lib/scene.ts'

let scene: Scene
let alice: Customer
let v: Visitor
before(async () => {
  scene = await Scene.start([{}])
  alice = await scene.s.customer('alice')
  await alice.running('shop')
  v = await scene.visitor('root', '#/operator')
})
after(async () => {
  try {
    if (v) scene.forgive(v)
    await v?.close()
  } finally {
    await scene?.stop()
  }
})

const tab = async (name: string): Promise<void> => {
  await v.page.getByRole('navigation', { name: 'Operator’s pages' }).getByRole('link', { name }).click()
  await v.page.getByRole('heading', { level: 1, name: `Operator: ${name}` }).waitFor()
  await v.loaded()
}
const card = (name: string): Locator => v.page.getByRole('region', { name, exact: true })
const row = (text: string | RegExp): Locator => v.page.getByRole('row').filter({ hasText: text })
const said = (text: string | RegExp): Promise<void> => v.said(text)
const confirm = (verb: string, typed?: string): Promise<void> => v.confirm(verb, typed)

describe('people', () => {
  test('who is here, and the pool of one of them gets more', async () => {
    await row('alice').waitFor()
    assert.deepEqual(await v.axe(), [])
    await tab('Pools')
    const pool = row('given')
    await pool.getByText('alice').waitFor() // by name, not by id
    await pool.getByRole('button', { name: /^Add/ }).click()
    const amount = v.page.getByRole('dialog').getByLabel('Amount')
    await amount.fill('much')
    await v.page.getByRole('dialog').getByText(/Write a number/).waitFor()
    assert.equal(await v.page.getByRole('dialog').getByRole('button', { name: 'Add' }).isDisabled(), true)
    await confirm('Add', '5.5')
    await said('Saved.')
    assert.match((await alice.session.read(`/marketplace/api/pools/${alice.poolId}`)).entries.map((e: any) => e.amount.amount).join(), /5500000000000000000/)
  })

  test('a voucher is revoked', async () => {
    const { unit, operator } = scene.s
    await operator.tell('/marketplace/api/admin/vouchers', { amount: '1', ...unit, uses: 3, note: 'for the fair' })
    await tab('Users')
    await tab('Pools')
    const one = row('for the fair')
    await one.getByText('0 of 3').waitFor()
    await one.getByRole('button', { name: /^Revoke/ }).click()
    await one.getByText('revoked').waitFor()
    assert.deepEqual(await v.axe(), [])
  })
})

describe('what runs', () => {
  test('is stopped, and deleted by its name, with the money back', async () => {
    await tab('Deployments')
    const one = row('shop')
    await one.getByText('Running').waitFor()
    assert.deepEqual(await v.axe(), [])
    await one.getByRole('button', { name: 'Stop shop' }).click()
    await one.getByText('Stopped', { exact: true }).waitFor()
    await one.getByRole('button', { name: /^Delete/ }).click()
    await confirm('Delete for good', 'shop')
    await one.waitFor({ state: 'detached' })
    await v.page.getByText('Nothing runs').waitFor()
    assert.deepEqual(await alice.list(), [])
  })
})

describe('packages', () => {
  test('a broken one is refused with file and line; a good one is added, offered, withdrawn and removed', async () => {
    const broken = join(scene.s.w.dir, 'broken')
    mkdirSync(broken)
    writeFileSync(join(broken, 'package.toml'), 'name = "broken"\nversion = "1"\ncolour = "<b>red</b>"\n')
    await tab('Packages')
    const add = card('Add a package')
    await add.getByLabel('Source').fill(broken)
    await add.getByRole('button', { name: 'Add' }).click()
    await said(/package\.toml.*3.*colour/)
    assert.equal(await row('broken').count(), 0)
    await add.getByLabel('Source').fill(helloPackage(scene.s.w.dir, { version: '2' }))
    await add.getByRole('button', { name: 'Add' }).click()
    await said('The package is added.')
    const hello = row('hello 2')
    await hello.getByText('Offered').waitFor()
    await hello.getByText('root').waitFor() // what it may
    assert.deepEqual(await v.axe(), [])
    await hello.getByRole('button', { name: /^Withdraw/ }).click()
    await hello.getByText('Withdrawn').waitFor()
    assert.equal((await alice.session.read('/marketplace/api/packages')).packages.some((p: any) => p.name === 'hello' && p.offered), false)
    await hello.getByRole('button', { name: /^Offer/ }).click()
    await hello.getByText('Offered').waitFor()
    await hello.getByRole('button', { name: /^Remove/ }).click()
    await confirm('Remove', 'hello')
    await hello.waitFor({ state: 'detached' })
  })

  test('the marketplace’s own address is changed, and served with a certificate', async () => {
    const form = card('Public address of the marketplace')
    await form.getByLabel('Domain').fill('no domain!')
    await form.getByRole('button', { name: 'Save' }).click()
    await said(/domain/i)
    scene.around.dns.set('shop.test', { A: ['127.0.0.1'] })
    await form.getByLabel('Domain').fill('shop.test')
    await form.getByLabel('E-mail').fill('ops@shop.test')
    await form.getByRole('button', { name: 'Save' }).click()
    await said('Saved.')
    await tab('Certificates')
    const shop = row('shop.test')
    await shop.getByText('Serving').waitFor()
    await shop.getByText(/Pebble Intermediate/).waitFor()
    assert.deepEqual(await v.axe(), [])
  })
})

describe('backup servers', () => {
  let host: BackupHost
  test('one is added with its key, checked, and gone when it is removed; another key than before is not trusted', async () => {
    host = await scene.backupHost('two')
    await tab('Backups')
    await v.page.getByText('There are no backup servers').waitFor()
    await card('The node’s public key').getByText(/^ssh-ed25519 /).waitFor()
    const form = card('Add a backup server')
    const fill = async (print: string): Promise<void> => {
      for (const [label, value] of [['Name', 'two'], ['Host', '127.0.0.1'], ['Port', String(host.port)], ['User', host.user], ['Folder', host.path], ['Fingerprint', print]])
        await form.getByLabel(label!, { exact: label !== 'Fingerprint' }).fill(value!)
      await form.getByRole('button', { name: 'Add' }).click()
    }
    await fill('SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')
    await said(/key/i)
    assert.equal(await form.getByLabel('Host', { exact: true }).inputValue(), '127.0.0.1', 'what was typed stays')
    await fill(host.fingerprint)
    await said('Saved.')
    const one = v.page.getByRole('main').getByRole('listitem').filter({ hasText: 'two' })
    await one.getByText(host.fingerprint).waitFor()
    await one.getByRole('button', { name: /^Check/ }).click()
    await said('two works.')
    assert.deepEqual(await v.axe(), [])

    await host.down()
    host.newHostKey()
    await host.up()
    await one.getByRole('button', { name: /^Check/ }).click()
    await said(/key/i)
    await one.getByText(/key/i).first().waitFor()
    await one.getByRole('button', { name: /^Accept a new host key/ }).click()
    await confirm('Accept a new host key', host.fingerprint)
    await said('Saved.')
    await one.getByRole('button', { name: /^Check/ }).click()
    await said('two works.')
    await one.getByRole('button', { name: /^Remove/ }).click()
    await confirm('Remove', 'two')
    await v.page.getByText('There are no backup servers').waitFor()
  })
})

describe('settings', () => {
  test('OVER_PROVISIONING is refused when it makes no sense, works at once, and is seen in the capacity', async () => {
    await tab('Capacity')
    await v.page.getByText('0 of 16').waitFor()
    assert.deepEqual(await v.axe(), [])
    await tab('Settings')
    await v.page.getByLabel('Factor for cores').fill('0.5')
    await v.page.getByRole('button', { name: 'Save' }).click()
    await said(/./)
    assert.equal((await scene.s.operator.read('/marketplace/api/admin/settings')).overProvisioning.cpu, 1)
    await v.page.getByLabel('Factor for cores').fill('1.5')
    await v.page.getByRole('button', { name: 'Save' }).click()
    await said('Saved.')
    assert.deepEqual(await v.axe(), [])
    await tab('Capacity')
    await v.page.getByText('0 of 24').waitFor()
    await v.page.getByText('The machine itself has 16.').waitFor()
  })

  test('TEST_CERT makes every certificate the staging authority’s, and everybody is told', async () => {
    await tab('Settings')
    await v.page.getByLabel('Use the staging authority for every certificate').check()
    await v.page.getByRole('button', { name: 'Save' }).click()
    await said('Saved.')
    await v.page.getByRole('complementary', { name: 'Test certificates' }).waitFor()
    await tab('Certificates')
    await row('market.test').getByText('Staging').waitFor()
    assert.deepEqual(await v.axe(), [])
    await tab('Audit')
    await v.page.getByRole('table', { name: 'Audit' }).getByText(/testCert|TEST_CERT|settings/i).first().waitFor()
    assert.deepEqual(await v.axe(), [])
  })
})
