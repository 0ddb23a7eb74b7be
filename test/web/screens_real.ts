// SPDX-License-Identifier: Apache-2.0
// screens_real.ts [FILTER]: the same pictures as screens.ts of a node that really runs: a gateway, a backup server, deployments that
// run, wait, are stopped and have failed. Dialogs are pictures of their own. Into run/screens, as real-NAME-WIDTH-THEME.png.
import { WIDTHS, type Visitor, type Width } from './lib/browser.ts'
import { bad, look } from './lib/look.ts'
import { BACKED_UP, Scene } from './lib/scene.ts'
import { until } from '../api/lib/process.ts'

const filter = process.argv[2] ?? ''
const kinds = [
  { login: true, raw: true, more: BACKED_UP }, { version: '2', login: true, raw: true, more: BACKED_UP },
  { version: '3', script: 'echo not yet; sleep 100000', start: 3000 }, { version: '4', script: 'echo cannot; exit 7', start: 2 }
]
const scene = await Scene.start(kinds, { IMAGE_MAP: '{}' })

/** What there is to be seen; ids by name. */
async function furnish(): Promise<Record<string, string>> {
  const { s } = scene
  const host = await scene.backupHost('one')
  await s.operator.tell('/marketplace/api/admin/backup-servers', host.as('one'))
  const alice = await s.customer('alice')
  await s.operator.tell('/marketplace/api/admin/vouchers', { amount: `25${'0'.repeat(17)}`, ...s.unit, uses: 10, note: 'for the fair' })
  const shop = await alice.running('shop')
  const old = await alice.running('old-shop')
  await alice.asks(old, 'stop')
  const failed = await alice.hello('broken', { version: '4' })
  const waiting = await alice.hello('waiting', { version: '3' })
  await alice.reaches(failed, 'failed')
  await alice.reaches(old, 'stopped')
  await alice.asks(shop, 'backups')
  await alice.asks(shop, 'guests', { name: 'bob' })
  await alice.asks(shop, 'domains', { host: 'www.shop.test' })
  await until('the backup', async () => (await alice.session.read(`/marketplace/api/deployments/${shop}/backups`)).snapshots.length, 60_000)
  await alice.toReview('hello', { name: { name: 'begun' }, questions: { greeting: 'x' } }).catch(() => null)
  return { shop, old, failed, waiting, pool: alice.poolId }
}

async function tenant(v: Visitor, at: (name: string, hash: string, more?: () => Promise<void>) => Promise<void>, ids: Record<string, string>): Promise<void> {
  const d = `#/deployments/${ids.shop}`
  const dialog = (button: string) => async (): Promise<void> => {
    await v.page.getByRole('button', { name: button, exact: true }).first().click()
    await v.page.getByRole('dialog').waitFor()
  }
  await at('home', '#/')
  await at('solution', '#/solutions/static-site')
  await at('solution-mine', '#/solutions/hello')
  await at('not-offered', '#/solutions/kubernetes')
  await at('deployments', '#/deployments')
  await at('running', d)
  await at('waiting', `#/deployments/${ids.waiting}`)
  await at('stopped', `#/deployments/${ids.old}`)
  await at('failed', `#/deployments/${ids.failed}`)
  for (const tab of ['logs', 'usage', 'domains', 'backups', 'manage']) await at(tab, `${d}/${tab}`)
  await at('dialog-delete', `${d}/manage`, dialog('Delete'))
  await at('dialog-restore', `${d}/backups`, dialog('Restore'))
  await at('adopt', '#/adopt')
  await at('pools', '#/pools')
  await at('pool', `#/pools/${ids.pool}`)
  await at('account', '#/account')
  await at('terms', '#/terms')
  await at('missing', '#/nowhere')
  await at('wizard', '#/solutions/ubuntu-ssh', async () => {
    await v.page.getByRole('button', { name: 'Deploy' }).click()
    await v.page.getByRole('button', { name: 'Continue', exact: true }).click() // with nothing answered
    await v.page.getByRole('alert').waitFor()
  })
}

const TABS = ['users', 'pools', 'deployments', 'packages', 'certificates', 'backups', 'capacity', 'settings', 'audit']

try {
  const ids = await furnish()
  for (const width of Object.keys(WIDTHS) as Width[])
    for (const who of ['alice', 'root']) {
      const v = await scene.visitor(who, '#/', { width })
      const at = async (name: string, hash: string, more?: () => Promise<void>): Promise<void> => {
        if (!name.includes(filter)) return
        await v.go(hash)
        await v.loaded()
        await more?.()
        await v.page.waitForTimeout(250)
        await look(v, `real-${name}-${width}`, ['dark', 'light'])
        await v.page.goto('about:blank')
      }
      if (who === 'alice') await tenant(v, at, ids)
      else for (const tab of TABS) await at(`operator-${tab}`, `#/operator/${tab}`)
      for (const f of v.faults) console.log(f)
      await v.context.close()
    }
} finally {
  await scene.stop()
}
console.log(bad ? `${bad} things to mend` : 'axe found nothing, everything fits')
process.exit(bad ? 1 : 0)
