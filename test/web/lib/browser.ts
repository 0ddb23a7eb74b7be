// SPDX-License-Identifier: Apache-2.0
// Debian's Chromium, driven by playwright-core. Every page fails the test that opened it when something is written to the
// console as an error, when an exception is not caught, or when the policy (CSP) stops something.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

export const WIDTHS = { phone: 390, tablet: 820, desk: 1440 } as const
export type Width = keyof typeof WIDTHS
export type Scheme = 'light' | 'dark'
const other = (s: Scheme): Scheme => s === 'light' ? 'dark' : 'light'

/** netlink.c, compiled. */
function netlink(): string {
  const dir = mkdtempSync(join(tmpdir(), 'atoll-browser-'))
  process.on('exit', () => rmSync(dir, { recursive: true, force: true }))
  const out = join(dir, 'netlink.so')
  execFileSync('gcc', ['-shared', '-fPIC', '-o', out, join(import.meta.dirname, 'netlink.c'), '-ldl'])
  return out
}

/** `more`: arguments besides, such as names that lead here. */
export const launch = (more: string[] = []): Promise<Browser> => chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  env: { ...process.env, LD_PRELOAD: netlink() } as Record<string, string>,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--force-color-profile=srgb', ...more]
})

export interface Options {
  width?: Width
  scheme?: Scheme
  /** certificates of a test authority are fine */
  anyCertificate?: boolean
  /** runs in every page before its own scripts, e.g. a wallet */
  init?: string
}

export class Visitor {
  readonly context: BrowserContext
  readonly page: Page
  /** what must not happen */
  readonly faults: string[] = []

  private constructor(context: BrowserContext, page: Page, readonly scheme: Scheme) {
    this.context = context
    this.page = page
    page.setDefaultTimeout(Number(process.env.BROWSER_TIMEOUT ?? 60_000))
    page.on('console', (m) => {
      // a request that is refused on purpose is reported by the browser, too; what counts is what the page says of it
      if (m.type() === 'error' && !/Failed to load resource: the server responded with a status of 4\d\d/.test(m.text())) this.faults.push(`console: ${m.text()}`)
    })
    page.on('pageerror', (e) => this.faults.push(`exception: ${e.stack ?? e.message}`))
  }

  static async open(browser: Browser, base: string, o: Options = {}): Promise<Visitor> {
    const context = await browser.newContext({
      baseURL: base, colorScheme: o.scheme ?? 'light', reducedMotion: 'reduce', locale: 'en-GB', ignoreHTTPSErrors: o.anyCertificate ?? false,
      viewport: { width: WIDTHS[o.width ?? 'desk'], height: 900 }, hasTouch: o.width === 'phone'
    })
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`))
    })
    if (o.init) await context.addInitScript(o.init)
    return new Visitor(context, await context.newPage(), o.scheme ?? 'light')
  }

  /** Goes to a hash route and waits for its heading. */
  async go(hash: string): Promise<void> {
    await this.page.goto(`/marketplace/${hash}`)
    await this.page.getByRole('heading', { level: 1 }).waitFor()
  }

  async loaded(): Promise<void> {
    await this.page.getByRole('status', { name: 'Loading' }).first().waitFor({ state: 'detached' })
  }

  /** axe over the page as it is, in both themes: everything it calls a violation. */
  async axe(): Promise<string[]> {
    // eval by the debugger, which the page's policy does not concern
    await this.page.evaluate(axeSource)
    const found: string[] = []
    for (const scheme of [other(this.scheme), this.scheme]) {
      await this.page.emulateMedia({ colorScheme: scheme })
      found.push(...(await this.violations()).map((x) => `${scheme}: ${x}`))
    }
    return found
  }

  private async violations(): Promise<string[]> {
    const violations = await this.page.evaluate(async () => {
      const { axe } = window as unknown as { axe: { run(): Promise<{ violations: Array<{ id: string; help: string; nodes: Array<{ html: string; failureSummary?: string }> }> }> } }
      return (await axe.run()).violations
    })
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${v.help}: ${n.html.slice(0, 200)} ${n.failureSummary ?? ''}`))
  }

  /** Whether the page is wider than the window. */
  overflow(): Promise<number> {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  }

  /** What has just happened is said in a corner; it is put away, so that the next one is not taken for it. */
  async said(text: string | RegExp): Promise<void> {
    const notice = this.page.locator('.notice').filter({ hasText: text }).last()
    await notice.waitFor()
    await notice.getByRole('button', { name: 'Dismiss' }).click()
  }

  /** The dialog that asks once more, in which a name may have to be typed. */
  async confirm(verb: string, typed?: string): Promise<void> {
    const dialog = this.page.getByRole('dialog')
    await dialog.waitFor()
    assert.deepEqual(await this.axe(), [])
    if (typed !== undefined) await dialog.getByRole('textbox').fill(typed)
    await dialog.getByRole('button', { name: verb, exact: true }).click()
  }

  async close(): Promise<void> {
    await this.context.close()
    assert.deepEqual(this.faults, [], 'what must not happen in the page')
  }
}
