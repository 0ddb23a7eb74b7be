// SPDX-License-Identifier: Apache-2.0
// What a program writes to its terminal, as lines of cells: the part of xterm's language that shells, editors and pagers use.
// It knows neither page nor socket. Everything a program can ask for is bounded; what is not known is passed over.

export interface Cell { text: string; style: number }
export type Line = Cell[]

/** A style is a number: 9 bits of foreground (0: none, else colour + 1), 9 of background, then these. */
export const BOLD = 1 << 18, DIM = 1 << 19, UNDERLINE = 1 << 20, INVERSE = 1 << 21
export const foreground = (style: number): number => (style & 511) - 1
export const background = (style: number): number => ((style >> 9) & 511) - 1

const HISTORY = 1000, PARAMETERS = 32, SIDE = 1000, STRING = 4096

interface Place { x: number; y: number; style: number }
interface Plane { lines: Line[]; saved: Place }

const blank = (style: number): Cell => ({ text: ' ', style: style & (511 << 9) })
const clamp = (n: number, low: number, high: number): number => Math.min(Math.max(n, low), high)

/** One of the 16 colours that is near to what was asked for. */
export function sixteen(r: number, g: number, b: number): number {
  const high = Math.max(r, g, b)
  if (high < 48) return 0
  if (high - Math.min(r, g, b) < 40) return high < 130 ? 8 : high < 215 ? 7 : 15
  const bits = (r > high * 0.6 ? 1 : 0) | (g > high * 0.6 ? 2 : 0) | (b > high * 0.6 ? 4 : 0)
  return high > 190 ? bits + 8 : bits
}

function indexed(n: number): number {
  if (n < 16) return n
  if (n >= 232) return sixteen((n - 232) * 10 + 8, (n - 232) * 10 + 8, (n - 232) * 10 + 8)
  const level = (v: number): number => v ? 55 + v * 40 : 0
  return sixteen(level(Math.floor((n - 16) / 36)), level(Math.floor((n - 16) / 6) % 6), level((n - 16) % 6))
}

/** Whether a character takes two columns (East Asian wide, emoji), or none (combining). */
function width(code: number): number {
  if (code < 0x300) return 1
  if (code <= 0x36f || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f) || (code >= 0x20d0 && code <= 0x20ff)) return 0
  return (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) || (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) || (code >= 0x1f300 && code <= 0x1faff) || (code >= 0x20000 && code <= 0x3fffd) ? 2 : 1
}

export class Screen {
  columns: number
  rows: number
  x = 0
  y = 0
  style = 0
  history: Line[] = []
  cursor = true
  /** cursor keys are sent as ESC O A */
  application = false
  /** what is pasted is put between marks */
  bracketed = false
  /** answers of the terminal that wait to be sent */
  answers = ''
  /** lines that were completed since somebody took them, for who listens instead of looking */
  spoken = ''
  private top = 0
  private bottom: number
  private wrap = true
  private pending = false // the cursor stands behind the last column
  private origin = false
  private graphics = false // line drawing instead of letters
  private main: Plane
  private other: Plane | null = null // the main plane while the alternate one is shown
  private state: (c: string) => void
  private params = ''
  private string = ''

  constructor(columns: number, rows: number) {
    this.columns = columns
    this.rows = rows
    this.bottom = rows - 1
    this.main = { lines: this.empty(), saved: { x: 0, y: 0, style: 0 } }
    this.state = this.ground
  }

  get lines(): Line[] { return this.main.lines }
  get alternate(): boolean { return this.other !== null }

  private row(): Line { return Array.from({ length: this.columns }, () => blank(this.style)) }
  private empty(): Line[] { return Array.from({ length: this.rows }, () => this.row()) }

  resize(columns: number, rows: number): void {
    columns = clamp(columns, 2, SIDE)
    rows = clamp(rows, 1, SIDE)
    for (const plane of [this.main, this.other]) {
      for (const line of plane?.lines ?? []) while (line.length < columns) line.push(blank(0))
      for (const line of plane?.lines ?? []) line.length = columns
    }
    this.columns = columns
    while (this.rows > rows) { // what is above the cursor goes first, what is empty below it before that
      if (this.y < this.rows - 1) this.main.lines.pop()
      else { this.keep(this.main.lines.shift()!); this.y-- }
      this.other?.lines.pop()
      this.rows--
    }
    while (this.rows < rows) {
      this.main.lines.push(this.row())
      this.other?.lines.push(this.row())
      this.rows++
    }
    this.top = 0
    this.bottom = rows - 1
    this.move(this.x, this.y)
  }

  write(text: string): void { for (const c of text) this.state(c) }

  private keep(line: Line): void {
    if (this.other) return
    this.history.push(line)
    if (this.history.length > HISTORY) this.history.shift()
  }

  private move(x: number, y: number): void {
    this.x = clamp(x, 0, this.columns - 1)
    this.y = clamp(y, 0, this.rows - 1)
    this.pending = false
  }

  // ---- characters

  private readonly ground = (c: string): void => {
    const code = c.codePointAt(0)!
    if (code >= 32 && code !== 127) { if (code < 128 || code > 159) this.print(c, code) } else this.control(c)
  }

  private print(c: string, code: number): void {
    if (this.graphics && code >= 96 && code < 127) c = '◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·'[code - 96]!
    const wide = width(code)
    if (wide === 0) {
      const before = this.lines[this.y]![Math.max(0, this.x - (this.pending ? 0 : 1))]!
      if (before.text.length < 8) before.text += c
      return
    }
    if (this.wrap && (this.pending || (wide === 2 && this.x === this.columns - 1))) { this.x = 0; this.feed() }
    const line = this.lines[this.y]!
    line[this.x] = { text: c, style: this.style }
    if (wide === 2 && this.x + 1 < this.columns) line[this.x + 1] = { text: '', style: this.style }
    this.pending = this.x + wide >= this.columns
    this.x = Math.min(this.x + wide, this.columns - 1)
  }

  private control(c: string): void {
    switch (c) {
      case '\r': this.move(0, this.y); break
      case '\n': case '\v': case '\f': this.speak(); this.feed(); break
      case '\b': this.move(this.x - 1, this.y); break
      case '\t': this.move((this.x | 7) + 1, this.y); break
      case '\x0e': this.graphics = true; break
      case '\x0f': this.graphics = false; break
      case '\x1b': this.state = this.escape; break
    }
  }

  private speak(): void {
    if (!this.other && this.spoken.length < 2000) this.spoken += `${this.lines[this.y]!.map((k) => k.text).join('').trimEnd()}\n`
  }

  private feed(): void {
    this.pending = false
    if (this.y === this.bottom) this.scroll(1)
    else if (this.y < this.rows - 1) this.y++
  }

  /** Lines of the region go up by n, or down. */
  private scroll(n: number, from = this.top): void {
    const height = this.bottom - from + 1
    for (let i = 0; i < Math.min(Math.abs(n), height); i++) {
      const gone = this.lines.splice(n > 0 ? from : this.bottom, 1)[0]!
      if (n > 0 && from === 0) this.keep(gone)
      this.lines.splice(n > 0 ? this.bottom : from, 0, this.row())
    }
  }

  // ---- escapes

  private readonly escape = (c: string): void => {
    this.state = this.ground
    switch (c) {
      case '[': this.params = ''; this.state = this.csi; break
      case ']': case 'P': case '_': case '^': case 'X': this.string = ''; this.state = this.text; break
      case '(': case ')': case '*': case '+': this.state = c === '(' ? this.charset : this.skip; break
      case '#': case '%': case ' ': this.state = this.skip; break
      case '7': this.save(); break
      case '8': this.restore(); break
      case 'D': this.feed(); break
      case 'E': this.x = 0; this.feed(); break
      case 'M': if (this.y === this.top) this.scroll(-1); else this.move(this.x, this.y - 1); break
      case 'c': this.reset(); break
      case '\x1b': this.state = this.escape; break
    }
  }

  private readonly skip = (): void => { this.state = this.ground }
  private readonly charset = (c: string): void => { this.graphics = c === '0'; this.state = this.ground }

  /** A title, a colour, a clipboard: nothing of it is obeyed. */
  private readonly text = (c: string): void => {
    if (c === '\x07' || c === '\x9c' || (c === '\\' && this.string.endsWith('\x1b'))) this.state = this.ground
    else if (this.string.length > STRING) this.string = c
    else this.string += c
  }

  private readonly csi = (c: string): void => {
    if (c === '\x1b') this.state = this.escape
    else if (c < ' ') this.control(c)
    else if (c < '@') { if (this.params.length < 256) this.params += c } else { this.state = this.ground; this.obey(c) }
  }

  private save(): void { this.main.saved = { x: this.x, y: this.y, style: this.style } }
  private restore(): void { this.style = this.main.saved.style; this.move(this.main.saved.x, this.main.saved.y) }

  private reset(): void {
    if (this.other) this.leave()
    this.style = 0
    this.main.lines = this.empty()
    Object.assign(this, { top: 0, bottom: this.rows - 1, wrap: true, origin: false, graphics: false, cursor: true, application: false, bracketed: false })
    this.move(0, 0)
  }

  private obey(c: string): void {
    const mark = /^[<=>?]/.exec(this.params)?.[0] ?? ''
    const p = this.params.slice(mark.length).split(/[;:]/).slice(0, PARAMETERS).map((s) => Math.min(Number.parseInt(s, 10) || 0, 9999))
    if (/[ !"$']/.test(this.params)) return
    if (mark === '?') { if (c === 'h' || c === 'l') for (const n of p) this.mode(n, c === 'h') } else if (!mark) this.plain(c, p)
    else if (mark === '>' && c === 'c') this.answers += '\x1b[>0;0;0c'
  }

  private plain(c: string, p: number[]): void {
    const n = Math.max(p[0]!, 1)
    const base = this.origin ? this.top : 0
    switch (c) {
      case 'A': this.move(this.x, Math.max(this.y - n, this.y >= this.top ? this.top : 0)); break
      case 'B': case 'e': this.move(this.x, Math.min(this.y + n, this.y <= this.bottom ? this.bottom : this.rows)); break
      case 'C': case 'a': this.move(this.x + n, this.y); break
      case 'D': this.move(this.x - n, this.y); break
      case 'E': this.move(0, this.y + n); break
      case 'F': this.move(0, this.y - n); break
      case 'G': case '`': this.move(n - 1, this.y); break
      case 'd': this.move(this.x, base + n - 1); break
      case 'H': case 'f': this.move(Math.max(p[1] ?? 1, 1) - 1, base + n - 1); break
      case 'J': this.eraseScreen(p[0]!); break
      case 'K': this.erase(this.y, p[0] === 0 ? this.x : 0, p[0] === 1 ? this.x + 1 : this.columns); break
      case 'L': if (this.y >= this.top && this.y <= this.bottom) this.scroll(-n, this.y); break
      case 'M': if (this.y >= this.top && this.y <= this.bottom) this.scroll(n, Math.max(this.y, this.top)); break
      case 'S': this.scroll(n); break
      case 'T': this.scroll(-n); break
      case '@': case 'P': this.shift(c === '@' ? n : -n); break
      case 'X': this.erase(this.y, this.x, this.x + n); break
      case 'm': this.paint(p); break
      case 'r': this.region(n - 1, (p[1] || this.rows) - 1); break
      case 's': this.save(); break
      case 'u': this.restore(); break
      case 'n': if (p[0] === 6) this.answers += `\x1b[${this.y + 1};${this.x + 1}R`; else if (p[0] === 5) this.answers += '\x1b[0n'; break
      case 'c': this.answers += '\x1b[?1;2c'; break
    }
    if (this.answers.length > 256) this.answers = ''
  }

  private region(top: number, bottom: number): void {
    if (top >= bottom || bottom >= this.rows) return
    this.top = top
    this.bottom = bottom
    this.move(0, this.origin ? top : 0)
  }

  private erase(y: number, from: number, to: number): void {
    const line = this.lines[y]!
    for (let x = from; x < Math.min(to, this.columns); x++) line[x] = blank(this.style)
    this.pending = false
  }

  private eraseScreen(what: number): void {
    if (what === 3) { this.history = []; return }
    if (what === 0) this.erase(this.y, this.x, this.columns)
    if (what === 1) this.erase(this.y, 0, this.x + 1)
    const [from, to] = what === 0 ? [this.y + 1, this.rows] : what === 1 ? [0, this.y] : [0, this.rows]
    for (let y = from; y < to; y++) this.erase(y, 0, this.columns)
  }

  /** Characters are inserted at the cursor, or taken out. */
  private shift(n: number): void {
    const line = this.lines[this.y]!
    for (let i = 0; i < Math.min(Math.abs(n), this.columns - this.x); i++) {
      if (n > 0) { line.splice(this.x, 0, blank(this.style)); line.pop() } else { line.splice(this.x, 1); line.push(blank(this.style)) }
    }
    this.pending = false
  }

  private mode(n: number, on: boolean): void {
    switch (n) {
      case 1: this.application = on; break
      case 6: this.origin = on; this.move(0, on ? this.top : 0); break
      case 7: this.wrap = on; break
      case 25: this.cursor = on; break
      case 47: case 1047: case 1049:
        if (on && !this.other) {
          this.save()
          this.other = this.main
          this.main = { lines: this.empty(), saved: { x: 0, y: 0, style: 0 } }
        } else if (!on && this.other) this.leave()
        break
      case 2004: this.bracketed = on; break
    }
  }

  private leave(): void {
    this.main = this.other!
    this.other = null
    this.top = 0
    this.bottom = this.rows - 1
    this.restore()
  }

  private paint(p: number[]): void {
    for (let i = 0; i < p.length; i++) {
      const n = p[i]!
      if (n === 0) this.style = 0
      else if (n === 1) this.style |= BOLD
      else if (n === 2) this.style |= DIM
      else if (n === 4) this.style |= UNDERLINE
      else if (n === 7) this.style |= INVERSE
      else if (n === 22) this.style &= ~(BOLD | DIM)
      else if (n === 24) this.style &= ~UNDERLINE
      else if (n === 27) this.style &= ~INVERSE
      else if (n >= 30 && n <= 37) this.colour(n - 30, 0)
      else if (n >= 40 && n <= 47) this.colour(n - 40, 9)
      else if (n >= 90 && n <= 97) this.colour(n - 82, 0)
      else if (n >= 100 && n <= 107) this.colour(n - 92, 9)
      else if (n === 39) this.colour(-1, 0)
      else if (n === 49) this.colour(-1, 9)
      else if (n === 38 || n === 48) {
        const at = n === 38 ? 0 : 9
        if (p[i + 1] === 5) { this.colour(indexed(Math.min(p[i + 2] ?? 0, 255)), at); i += 2 } else if (p[i + 1] === 2) { this.colour(sixteen(p[i + 2] ?? 0, p[i + 3] ?? 0, p[i + 4] ?? 0), at); i += 4 } else return
      }
    }
  }

  private colour(n: number, at: number): void { this.style = (this.style & ~(511 << at)) | ((n + 1) << at) }
}

/** Neighbours of one style together. */
export function runs(line: Line, cursor = -1): Array<{ text: string; style: number; cursor: boolean }> {
  const all: Array<{ text: string; style: number; cursor: boolean }> = []
  line.forEach((k, x) => {
    const last = all.at(-1)
    const here = x === cursor
    if (last && last.style === k.style && !here && !last.cursor) last.text += k.text
    else all.push({ text: k.text || (here ? ' ' : ''), style: k.style, cursor: here })
  })
  return all
}
