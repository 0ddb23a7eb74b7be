// SPDX-License-Identifier: Apache-2.0
// What programs write to a terminal, and what keys send: the page's own emulator, without a browser.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { keyText, pasted } from '../../web/src/terminal/keys.ts'
import { BOLD, INVERSE, Screen, background, foreground, runs, sixteen } from '../../web/src/terminal/screen.ts'

const text = (s: Screen): string[] => s.lines.map((l) => l.map((c) => c.text).join('').trimEnd())
const written = (t: string, columns = 20, rows = 4): Screen => { const s = new Screen(columns, rows); s.write(t); return s }

describe('a screen', () => {
  test('lines, returns, tabs, backspaces, and the end of a line', () => {
    assert.deepEqual(text(written('one\r\ntwo\b\bWO\r\n\tx')), ['one', 'tWO', '        x', ''])
    const s = written('12345678901234567890')
    assert.deepEqual([s.x, s.y], [19, 0], 'the cursor waits behind the last column')
    s.write('1')
    assert.deepEqual(text(s).slice(0, 2), ['12345678901234567890', '1'])
    s.write('\x1b[?7l\x1b[1;19Habcdef')
    assert.equal(text(s)[0], '123456789012345678af')
  })

  test('scrolls, keeps what goes, at most a thousand lines', () => {
    const s = written(Array.from({ length: 1200 }, (_, i) => `line ${i}`).join('\r\n'))
    assert.deepEqual(text(s), ['line 1196', 'line 1197', 'line 1198', 'line 1199'])
    assert.equal(s.history.length, 1000)
    assert.equal(s.history.at(-1)!.map((c) => c.text).join('').trimEnd(), 'line 1195')
    s.write('\x1b[3J')
    assert.equal(s.history.length, 0)
  })

  test('moves and erases as asked, within the screen whatever is asked', () => {
    const s = written('aaaaa\r\nbbbbb\r\nccccc\x1b[2;3H\x1b[K\x1b[1;1H\x1b[1P\x1b[3;2H\x1b[2X')
    assert.deepEqual(text(s), ['aaaa', 'bb', 'c  cc', ''])
    s.write('\x1b[9999;9999H')
    assert.deepEqual([s.x, s.y], [19, 3])
    s.write('\x1b[9999A\x1b[9999D\x1b[2J')
    assert.deepEqual([s.x, s.y, text(s).join('')], [0, 0, ''])
    s.write('ac\x1b[1;2H\x1b[@b')
    assert.equal(text(s)[0], 'abc')
  })

  test('a region scrolls alone: lines in and out', () => {
    const s = written('1\r\n2\r\n3\r\n4\x1b[2;3r\x1b[3;1H\n')
    assert.deepEqual(text(s), ['1', '3', '', '4'])
    s.write('\x1b[2;1H\x1bM')
    assert.deepEqual(text(s), ['1', '', '3', '4'])
    s.write('\x1b[r\x1b[1;1H\x1b[Lnew\x1b[3;1H\x1b[M')
    assert.deepEqual(text(s), ['new', '1', '3', ''])
    assert.equal(s.history.length, 0)
  })

  test('colours: 16, 256 and millions become 16; styles end where they are ended', () => {
    const s = written('\x1b[1;31mr\x1b[0mn\x1b[7;44mi\x1b[27;49m\x1b[38;5;196mx\x1b[48;2;0;0;250my\x1b[90mz\x1b[39mw')
    const styles = s.lines[0]!.map((c) => c.style)
    assert.deepEqual([foreground(styles[0]!), styles[0]! & BOLD], [1, BOLD])
    assert.equal(styles[1], 0)
    assert.deepEqual([background(styles[2]!), styles[2]! & INVERSE], [4, INVERSE])
    assert.deepEqual([foreground(styles[3]!), background(styles[4]!), foreground(styles[5]!), foreground(styles[6]!)], [9, 12, 8, -1])
    assert.deepEqual([sixteen(0, 0, 0), sixteen(255, 255, 255), sixteen(250, 10, 10), sixteen(10, 120, 10)], [0, 15, 9, 2])
    assert.deepEqual(runs(written('\x1b[31mab\x1b[0mcd', 6, 1).lines[0]!).map((r) => r.text), ['ab', 'cd  '])
    assert.deepEqual(runs(written('abcd', 6, 1).lines[0]!, 1).map((r) => [r.text, r.cursor]), [['a', false], ['b', true], ['cd  ', false]])
  })

  test('an editor has a screen of its own and leaves the other as it was', () => {
    const s = written('$ vi\r\n\x1b[?1049h\x1b[?1h\x1b[?2004h\x1b[Htext\r\n~\r\n~\r\n~\r\n~')
    assert.ok(s.alternate && s.application && s.bracketed)
    s.write('\x1b[?1049l\x1b[?1l\x1b[?2004l')
    assert.deepEqual(text(s).slice(0, 2), ['$ vi', ''])
    assert.deepEqual([s.alternate, s.application, s.bracketed, s.history.length, s.y], [false, false, false, 0, 1])
  })

  test('answers where the cursor is; titles and what it does not know are passed over', () => {
    const s = written('\x1b]0;a title\x07\x1b]52;c;ZXZpbA==\x1b\\\x1bP1$q\x1b\\ab\x1b[6n\x1b[c\x1b[>4;2m\x1b[?12;25l\x1b[99z')
    assert.equal(text(s)[0], 'ab')
    assert.equal(s.answers, '\x1b[1;3R\x1b[?1;2c')
    assert.equal(s.cursor, false)
  })

  test('wide and combining characters, boxes', () => {
    assert.deepEqual(text(written('日本\x1b[1;5Hx')), ['日本x', '', '', ''])
    assert.equal(text(written('e\u0301!'))[0], 'e\u0301!')
    assert.equal(text(written('\x1b(0lqk\x1b(B q'))[0], '┌─┐ q')
  })

  test('another size: what is near the cursor stays', () => {
    const s = written('1\r\n2\r\n3\r\n4')
    s.resize(10, 2)
    assert.deepEqual([text(s), s.y, s.history.length], [['3', '4'], 1, 2])
    s.resize(30, 5)
    assert.deepEqual(text(s), ['3', '4', '', '', ''])
    s.resize(1e9, 1e9)
    assert.deepEqual([s.columns, s.rows], [1000, 1000])
  })

  test('no input makes it throw, grow or leave its bounds', () => {
    let seed = 7
    const random = (n: number): number => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed % n }
    const pieces = ['\x1b[', '\x1b]', ';', '?', '\x1bP', '\x1b\\', '9999999999', 'H', 'r', 'L', 'M', '@', 'P', 'm', '38;5;', '\x1bM', '\n', '\r', '\t', '日', 'x', 'J', 'K', '\x1b7', '\x1b8', '\x1bc', '?1049h', '?1049l', '?6h', 'S', 'T', '\u0301', '\x18', '\x9b']
    const s = new Screen(13, 7)
    for (let i = 0; i < 40_000; i++) {
      s.write(pieces[random(pieces.length)]!)
      if (i % 501 === 0) s.resize(random(40), random(20))
      assert.ok(s.x >= 0 && s.x < s.columns && s.y >= 0 && s.y < s.rows && s.lines.length === s.rows)
      assert.ok(s.lines.every((l) => l.length === s.columns), `columns after ${i}`)
    }
    assert.ok(s.history.length <= 1000 && s.answers.length <= 512 && s.spoken.length < 4000)
  })
})

describe('keys', () => {
  const key = (k: string, more: Partial<Parameters<typeof keyText>[0]> = {}, application = false): string | null =>
    keyText({ key: k, ctrlKey: false, altKey: false, shiftKey: false, metaKey: false, ...more }, application)

  test('what they send, and which stay the browser\'s', () => {
    assert.deepEqual([key('Enter'), key('Tab'), key('ArrowUp'), key('ArrowUp', {}, true), key('ArrowUp', { ctrlKey: true }), key('Delete')],
      ['\r', '\t', '\x1b[A', '\x1bOA', '\x1b[1;5A', '\x1b[3~'])
    assert.deepEqual([key('c', { ctrlKey: true }), key(' ', { ctrlKey: true }), key('[', { ctrlKey: true }), key('b', { altKey: true })], ['\x03', '\0', '\x1b', '\x1bb'])
    for (const [k, more] of [['Tab', { shiftKey: true }], ['a', {}], ['v', { ctrlKey: true, shiftKey: true }], ['r', { metaKey: true }], ['Shift', { shiftKey: true }], ['F12', {}]] as Array<[string, object]>)
      assert.equal(key(k, more), null, k)
  })

  test('what is pasted cannot end its brackets', () => {
    assert.equal(pasted('a\nb\r\nc', false), 'a\rb\rc')
    assert.equal(pasted('x\x1b[201~rm -rf /\n', true), '\x1b[200~x[201~rm -rf /\r\x1b[201~')
  })
})
