// SPDX-License-Identifier: Apache-2.0
// When what has failed is tried again.

const FIRST = 1000
const MOST = 30_000

/** After so many failures in a row: 1, 2, 4, … 30 s, of which half is by chance, so that the pages of many do not come back at once. */
export function pause(failures: number, chance = Math.random()): number {
  const whole = Math.min(MOST, FIRST * 2 ** Math.min(Math.max(failures, 1) - 1, 10))
  return whole / 2 * (1 + chance)
}

/** Waits, or until the end of what it is waited for. */
export function wait(ms: number, ended: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, ms)
    ended.addEventListener('abort', () => { clearTimeout(timer); done() }, { once: true })
  })
}
