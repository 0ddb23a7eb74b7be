// SPDX-License-Identifier: Apache-2.0
// A shell in a container: a screen, and the socket that fills it. One at a time, for as long as its view is there.
import { signal } from '@preact/signals'
import { explain, path } from '../api/client.ts'
import { refusal, socket, type Socket } from '../api/socket.ts'
import { Screen } from '../terminal/screen.ts'
import { t } from '../texts.ts'

export type Phase = 'closed' | 'opening' | 'open'
/** `refused`: there is none to be had; `note`: how the last one ended. `beat` counts what was drawn. */
export const shell = signal<{ phase: Phase; refused: string; note: string; beat: number }>({ phase: 'closed', refused: '', note: '', beat: 0 })

const PIECE = 16384
let screen = new Screen(80, 24)
let line: Socket | null = null
let number = 0
let drawing = 0

export const theScreen = (): Screen => screen
const set = (change: Partial<typeof shell.value>): void => { shell.value = { ...shell.peek(), ...change } }

/** However much comes, it is drawn once a frame. */
function draw(): void {
  if (drawing) return
  drawing = requestAnimationFrame(() => { drawing = 0; set({ beat: shell.peek().beat + 1 }) })
}

export function type(text: string): void {
  const bytes = new TextEncoder().encode(text)
  for (let i = 0; i < bytes.length; i += PIECE) line?.bytes(0, bytes.subarray(i, i + PIECE))
}

export function resize(columns: number, rows: number): void {
  if (columns === screen.columns && rows === screen.rows) return
  screen.resize(columns, rows)
  line?.say({ columns: screen.columns, rows: screen.rows })
  draw()
}

/** Lines that were written since this was asked last. */
export function spoken(): string {
  const text = screen.spoken
  screen.spoken = ''
  return text
}

function ended(word: Record<string, unknown>): string {
  return typeof word.error === 'string' ? word.error : word.exit === 0 ? t.shell.ended : t.shell.endedWith(Number(word.exit))
}

export function openShell(id: string, container: string): void {
  const mine = ++number
  const where = path`/marketplace/api/deployments/${id}/shell`
  const decoder = new TextDecoder()
  let last = ''
  line?.close()
  screen = new Screen(screen.columns, screen.rows)
  set({ phase: 'opening', refused: '', note: '' })
  line = socket(`${where}?container=${encodeURIComponent(container)}&columns=${screen.columns}&rows=${screen.rows}`, {
    open: () => { if (mine === number) { set({ phase: 'open' }); line?.say({ columns: screen.columns, rows: screen.rows }) } },
    bytes: (_, data) => {
      if (mine !== number) return
      screen.write(decoder.decode(data, { stream: true }))
      if (screen.answers) type(screen.answers)
      screen.answers = ''
      draw()
    },
    word: (word) => { last = ended(word) },
    closed: (reason) => { if (mine === number) void closed(where, last, reason) }
  })
}

async function closed(where: string, last: string, reason: string): Promise<void> {
  const mine = number
  const neverOpen = shell.peek().phase === 'opening'
  const why = last ? null : await refusal(where)
  if (mine !== number) return
  line = null
  set({ phase: 'closed', refused: neverOpen && why ? explain(why) : '', note: last || (why && !neverOpen ? explain(why) : reason ? t.shell.lostWith(reason) : t.shell.lost) })
}

export function closeShell(): void {
  number++
  line?.close()
  line = null
  set({ phase: 'closed', refused: '', note: '' })
}

/** Whether there is a shell to be had, before one is opened. */
export async function askShell(id: string): Promise<void> {
  const mine = ++number
  const why = await refusal(path`/marketplace/api/deployments/${id}/shell`)
  if (mine === number) set({ refused: why ? explain(why) : '' })
}
