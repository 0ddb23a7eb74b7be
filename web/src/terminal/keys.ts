// SPDX-License-Identifier: Apache-2.0
// What a key sends to a terminal. Shift+Tab stays the browser's: it is the way out.

const named: Record<string, string> = {
  Enter: '\r', Backspace: '\x7f', Tab: '\t', Escape: '\x1b', Delete: '\x1b[3~', Insert: '\x1b[2~', PageUp: '\x1b[5~', PageDown: '\x1b[6~',
  F1: '\x1bOP', F2: '\x1bOQ', F3: '\x1bOR', F4: '\x1bOS', F5: '\x1b[15~', F6: '\x1b[17~', F7: '\x1b[18~', F8: '\x1b[19~', F9: '\x1b[20~', F10: '\x1b[21~'
}
const cursor: Record<string, string> = { ArrowUp: 'A', ArrowDown: 'B', ArrowRight: 'C', ArrowLeft: 'D', Home: 'H', End: 'F' }

export interface Key { key: string; ctrlKey: boolean; altKey: boolean; shiftKey: boolean; metaKey: boolean }

/** Null: the key is not the terminal's (it types a letter, or it is the browser's). */
export function keyText(k: Key, application: boolean): string | null {
  if (k.metaKey || (k.key === 'Tab' && (k.shiftKey || k.ctrlKey || k.altKey))) return null
  if (k.ctrlKey && k.shiftKey) return null // copy, paste and the browser's own
  const arrow = cursor[k.key]
  if (arrow) {
    const held = 1 + (k.shiftKey ? 1 : 0) + (k.altKey ? 2 : 0) + (k.ctrlKey ? 4 : 0)
    return held > 1 ? `\x1b[1;${held}${arrow}` : `\x1b${application ? 'O' : '['}${arrow}`
  }
  const name = named[k.key]
  if (name !== undefined) return k.altKey ? `\x1b${name}` : name
  if ([...k.key].length !== 1) return null
  if (k.ctrlKey && !k.altKey) {
    const code = k.key.toUpperCase().charCodeAt(0)
    if (k.key === ' ') return '\0'
    if (code >= 64 && code < 96) return String.fromCharCode(code - 64)
    return k.key === '/' ? '\x1f' : null
  }
  return k.altKey && !k.ctrlKey && k.key.charCodeAt(0) < 128 ? `\x1b${k.key}` : null
}

/** What is pasted: its lines end as those of a keyboard do, and it cannot end its own brackets. */
export function pasted(text: string, bracketed: boolean): string {
  const lines = text.replace(/\r?\n/g, '\r').replace(/\x1b/g, '')
  return bracketed ? `\x1b[200~${lines}\x1b[201~` : lines
}
