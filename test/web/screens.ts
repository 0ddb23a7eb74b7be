// SPDX-License-Identifier: Apache-2.0
// screens.ts [FILTER]: pictures of every view in both themes at three widths, into run/screens; says what axe finds and
// what does not fit. The answers are made up (web/dev/mock.mjs): this is for looking at, not a test.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Visitor, WIDTHS, launch, type Scheme, type Width } from './lib/browser.ts'
import { bad, look } from './lib/look.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const PAGES: Array<[name: string, hash: string, who?: string]> = [
  ['login', '#/', 'nobody'], ['terms', '#/', 'new'], ['home', '#/'], ['solution', '#/solutions/site'], ['not-offered', '#/solutions/kubernetes'],
  ['wizard', '#/wizard/w1'], ['deployments', '#/deployments'], ['deployment', '#/deployments/d1'], ['progress', '#/deployments/d2'],
  ['grace', '#/deployments/d3'], ['failed', '#/deployments/d4'], ['logs', '#/deployments/d1/logs'], ['shell', '#/deployments/d1/shell'], ['usage', '#/deployments/d1/usage'],
  ['domains', '#/deployments/d1/domains'], ['backups', '#/deployments/d1/backups'], ['manage', '#/deployments/d1/manage'],
  ['adopt', '#/adopt'], ['pools', '#/pools'], ['pool', '#/pools/p2'], ['account', '#/account'], ['missing', '#/nowhere'],
  ...['users', 'pools', 'deployments', 'packages', 'certificates', 'backups', 'capacity', 'settings', 'audit'].map((x) => [`operator-${x}`, `#/operator/${x}`] as [string, string])
]

const filter = process.argv[2] ?? ''
const mock = spawn(process.execPath, [`${root}web/dev/mock.mjs`, '0'], { stdio: ['ignore', 'pipe', 'inherit'] })
const [port] = await once(mock.stdout, 'data') as [Buffer]
const base = `http://127.0.0.1:${port.toString().trim()}`
const browser = await launch()

/** The steps of the wizard are pictures of their own. */
async function wizardSteps(v: Visitor, name: string): Promise<void> {
  for (let step = 1; step < 5; step++) {
    await v.page.getByRole('button', { name: 'Continue', exact: true }).click()
    await v.page.waitForTimeout(200)
    await look(v, `${name}-step${step}`)
  }
  await fetch(`${base}/chatflows`, { method: 'POST', body: '{}' })
}

try {
  for (const width of Object.keys(WIDTHS) as Width[])
    for (const scheme of ['light', 'dark'] as Scheme[])
      for (const [name, hash, who] of PAGES.filter(([n]) => n.includes(filter))) {
        const label = `${name}-${width}`
        await fetch(`${base}/mock/person`, { method: 'POST', body: who ?? 'alice' })
        const v = await Visitor.open(browser, base, { width, scheme })
        await v.go(hash)
        await v.loaded()
        await v.page.waitForTimeout(150)
        await look(v, label)
        if (name === 'wizard') await wizardSteps(v, label)
        await v.close()
      }
} finally {
  await browser.close()
  mock.kill()
}
console.log(bad ? `${bad} things to mend` : 'axe found nothing, everything fits')
process.exit(bad ? 1 : 0)
