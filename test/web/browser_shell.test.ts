// SPDX-License-Identifier: Apache-2.0
// The terminal in the browser: somebody types, a container answers.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Browser } from 'playwright-core'
import { Services, type Customer } from '../api/lib/services.ts'
import { Visitor, launch, type Options } from './lib/browser.ts'
import { enter, tabTo } from './lib/enter.ts'

let s: Services
let browser: Browser
let alice: Customer
let id: string

before(async () => {
  s = await Services.begin({ SERVICE_SHELL: 'true' })
  alice = await s.customer('alice')
  id = await alice.running('first')
  browser = await launch()
})
after(async () => {
  await browser?.close()
  await s?.stop()
})

async function terminal(o?: Options): Promise<Visitor> {
  const v = await Visitor.open(browser, s.w.url, o)
  await enter(v, 'alice', `#/deployments/${id}/shell`)
  return v
}
/** What the screen shows; its lines are for eyes, so they are not in the accessibility tree. */
const shows = (v: Visitor, what: string): Promise<unknown> => v.page.locator('.terminal .screen', { hasText: what }).waitFor()
const connect = async (v: Visitor, name = 'Open a shell'): Promise<void> => {
  await v.page.getByRole('button', { name }).click()
  await v.page.getByText('Connected', { exact: true }).waitFor()
}
/** SHOTS=folder keeps pictures, to be looked at. */
const shot = async (v: Visitor, name: string): Promise<void> => {
  if (!process.env.SHOTS) return
  mkdirSync(process.env.SHOTS, { recursive: true })
  await v.page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true })
}

describe('the terminal', () => {
  for (const [scheme, width] of [['light', 'desk'], ['dark', 'phone']] as const) {
    test(`runs what is typed (${scheme}, ${width}), fills its window, and axe finds nothing`, async () => {
      const v = await terminal({ scheme, width })
      await v.page.getByText('Not connected').waitFor()
      assert.deepEqual(await v.axe(), [])
      await connect(v)
      await v.page.keyboard.type('echo $((6*7)) $(tty); printf "\\033[1;32mgreen\\033[0m \\033[41mred\\033[0m \\033[7minverse\\033[0m\\n"\n')
      await shows(v, '42 /dev/pts/')
      await v.page.locator('.terminal .bold.f2', { hasText: 'green' }).waitFor()
      await v.page.locator('.terminal .b1', { hasText: 'red' }).waitFor()
      await v.page.keyboard.type('stty size\n')
      const size = await v.page.locator('.terminal .screen').innerText().then(() => v.page.waitForFunction(() => /\b(\d+) (\d+)\s/.exec(document.querySelector('.terminal .screen')!.textContent!.split('stty size').at(-1)!)?.slice(1)))
      const [rows, columns] = (await size.jsonValue() as string[]).map(Number)
      assert.ok(rows! >= 10 && (width === 'phone' ? columns! < 60 : columns! > 100), `${rows} by ${columns}`)
      assert.deepEqual(await v.axe(), [])
      assert.ok(await v.overflow() <= 0)
      await shot(v, `shell-${scheme}-${width}`)
      await v.page.keyboard.type('exit 3\n')
      await v.page.getByText('The shell has ended with status 3.').waitFor()
      await connect(v, 'Connect again')
      await v.close()
    })
  }

  test('keys: Tab completes, Ctrl+C interrupts, an editor has its own screen, what is pasted arrives', async () => {
    const v = await terminal()
    await connect(v)
    await v.page.keyboard.type('cat /etc/pass')
    await v.page.keyboard.press('Tab')
    await v.page.keyboard.type('&& echo comp""leted\n')
    await shows(v, 'completed')
    await v.page.keyboard.type('echo sleep""ing; sleep 1000\n')
    await shows(v, 'sleeping')
    await v.page.keyboard.press('Control+c')
    await v.page.keyboard.type('echo inter""rupted\n')
    await shows(v, 'interrupted')
    await v.page.keyboard.type('vi /tmp/x\n')
    await shows(v, '- /tmp/x') // its status line: it asks the terminal for its size first, and reads no keys meanwhile
    await v.page.keyboard.type('iwritten in vi')
    await shows(v, 'I /tmp/x')
    await shows(v, 'written in vi')
    await shot(v, 'shell-vi')
    await v.page.keyboard.press('Escape')
    await shows(v, '- /tmp/x')
    await v.page.keyboard.type(':wq\n')
    await shows(v, 'interrupted') // the shell's screen again
    await v.page.keyboard.type('cat /tmp/x\n')
    await shows(v, 'written in vi')
    await v.page.keyboard.type('echo do""ne\n')
    await shows(v, 'done')
    await v.page.evaluate(() => {
      const data = new DataTransfer()
      data.setData('text', 'echo pas""ted\n')
      document.activeElement!.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }))
    })
    await shows(v, 'pasted')
    await v.close()
  })

  test('no keyboard trap: Shift+Tab leaves, and the way past it is said', async () => {
    const v = await terminal()
    await connect(v)
    const here = (): Promise<string> => v.page.evaluate(() => document.activeElement!.className)
    assert.equal(await here(), 'keys', 'an open terminal has the focus')
    await v.page.keyboard.press('Shift+Tab')
    assert.match(await here(), /skip/)
    await v.page.keyboard.press('Enter') // past it
    assert.equal(await v.page.evaluate(() => document.activeElement!.id), 'shell-keys')
    await v.page.getByText('Shift and Tab together leave the terminal').waitFor()
    await tabTo(v, () => document.activeElement!.tagName === 'A' || document.activeElement === document.body || document.activeElement!.tagName === 'BUTTON')
    await v.close()
  })

  test('markup in the output is text, and who listens hears it', async () => {
    const v = await terminal()
    await v.page.getByLabel('Read the output aloud').check()
    await connect(v)
    await v.page.keyboard.type('echo "<img src=x onerror=console.error(1)>"\n')
    await v.page.getByRole('log', { name: 'Terminal output' }).filter({ hasText: '<img src=x' }).waitFor()
    assert.equal(await v.page.locator('.terminal img').count(), 0)
    await v.close()
  })

  test('a flood is drawn, and the page lives', async () => {
    const v = await terminal()
    await connect(v)
    await v.page.keyboard.type('seq 1 100000; echo the-""end\n')
    await shows(v, 'the-end')
    await shows(v, '100000')
    await v.close()
  })

  test('a lost connection, a stopped deployment, a logout: said, and gone on from', async () => {
    const v = await terminal()
    await connect(v)
    await alice.asks(id, 'stop')
    await v.page.getByText('There is no shell in a deployment that is', { exact: false }).first().waitFor()
    await shot(v, 'shell-stopped')
    assert.deepEqual(await v.axe(), [])
    await alice.reaches(id, 'stopped')
    await alice.asks(id, 'start')
    await alice.reaches(id, 'running')
    await v.page.getByRole('button', { name: /Open a shell|Connect again/ }).waitFor()
    await connect(v, (await v.page.getByRole('button', { name: 'Connect again' }).count()) ? 'Connect again' : 'Open a shell')
    await v.page.keyboard.type('echo b""ack\n')
    await shows(v, 'back')
    await v.close()
  })
})
