// SPDX-License-Identifier: Apache-2.0
// Numbers, amounts, times and sizes as people read them. Amounts are integers: bigint, never number.
import type { Money } from './api/shapes.ts'
import { t } from './texts.ts'

/** 1234500000000000000n, 18 -> "1.2345"; at most `digits` behind the point, never rounded up. */
export function units(amount: bigint, decimals: number, digits = 6): string {
  const sign = amount < 0n ? '−' : ''
  const text = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = text.slice(0, text.length - decimals).replace(/\B(?=(\d{3})+$)/g, ' ')
  let rest = decimals ? text.slice(-decimals) : ''
  const lead = /^0*/.exec(rest)![0].length
  // small amounts keep two figures: 0.000012 must not read 0
  rest = rest.slice(0, whole === '0' ? Math.max(digits, lead + 2) : digits).replace(/0+$/, '')
  return sign + whole + (rest ? `.${rest}` : '')
}

export const money = (m: Money | null | undefined): string => m ? `${units(BigInt(m.amount), m.decimals ?? 0)} ${m.symbol}` : '–'

/** "1.5", 18 -> 1500000000000000000n; null when it is no amount. */
export function parseUnits(text: string, decimals: number): bigint | null {
  const m = /^(\d{1,30})(?:[.,](\d*))?$/.exec(text.trim().replace(/[  ]/g, ''))
  if (!m || (m[2] ?? '').length > decimals) return null
  return BigInt(m[1]! + (m[2] ?? '').padEnd(decimals, '0'))
}

const dates = new Intl.DateTimeFormat(t.locale, { dateStyle: 'medium', timeStyle: 'short' })
const relative = new Intl.RelativeTimeFormat(t.locale, { numeric: 'auto' })
const STEPS: Array<[Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 31_536_000], ['month', 2_592_000], ['week', 604_800], ['day', 86_400], ['hour', 3600], ['minute', 60], ['second', 1]
]

export const date = (ms: number): string => dates.format(ms)

/** "in 3 days", "5 minutes ago". */
export function ago(ms: number, now = Date.now()): string {
  const s = (ms - now) / 1000
  const [unit, size] = STEPS.find(([, n]) => Math.abs(s) >= n) ?? ['second', 1]
  return relative.format(Math.trunc(s / size), unit)
}

/** 5400 -> "1 hour 30 minutes". */
export function span(seconds: number): string {
  const out: string[] = []
  let left = Math.round(seconds)
  for (const [unit, size] of STEPS) {
    const n = Math.floor(left / size)
    if (n > 0 && out.length < 2) out.push(new Intl.NumberFormat(t.locale, { style: 'unit', unit, unitDisplay: 'long' }).format(n))
    if (n > 0) left -= n * size
  }
  return out.join(' ') || t.none
}

export function bytes(n: number): string {
  const names = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let i = 0
  for (; n >= 1024 && i < names.length - 1; i++) n /= 1024
  return `${n.toFixed(n < 10 && i > 0 ? 1 : 0)} ${names[i]}`
}

export const count = (n: number): string => new Intl.NumberFormat(t.locale, { maximumFractionDigits: 2 }).format(n)

/** What the node says, as a sentence; a name at its start (www.example.org) stays as it is. */
export function sentence(said: string): string {
  const text = said.trim()
  const first = /^[a-z]+(?=[ ,]|$)/.test(text) ? text[0]!.toUpperCase() + text.slice(1) : text
  return !first || /[.!?…]$/.test(first) ? first : `${first}.`
}

/** 0x1234…abcd */
export const short = (s: string): string => s.length > 16 ? `${s.slice(0, 6)}…${s.slice(-4)}` : s
