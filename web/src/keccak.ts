// SPDX-License-Identifier: Apache-2.0
// Keccak-256, for the letter case of addresses (EIP-55). Short rather than fast: it hashes 40 bytes at a time.
const MASK = (1n << 64n) - 1n
const rotate = (x: bigint, n: number): bigint => n ? (x << BigInt(n) | x >> BigInt(64 - n)) & MASK : x

/** The round constants come out of a shift register, the rotations out of a walk over the lanes. */
function permute(s: bigint[]): void {
  let lfsr = 1
  for (let round = 0; round < 24; round++) {
    const c = [0, 1, 2, 3, 4].map((x) => s[x]! ^ s[x + 5]! ^ s[x + 10]! ^ s[x + 15]! ^ s[x + 20]!)
    for (let i = 0; i < 25; i++) s[i]! ^= c[(i + 4) % 5]! ^ rotate(c[(i + 1) % 5]!, 1)
    let [x, y, held] = [1, 0, s[1]!]
    for (let i = 0; i < 24; i++) {
      [x, y] = [y, (2 * x + 3 * y) % 5]
      const at = x + 5 * y
      const next = s[at]!
      s[at] = rotate(held, (i + 1) * (i + 2) / 2 % 64)
      held = next
    }
    for (let row = 0; row < 25; row += 5) {
      const r = s.slice(row, row + 5)
      for (let i = 0; i < 5; i++) s[row + i] = r[i]! ^ (~r[(i + 1) % 5]! & MASK & r[(i + 2) % 5]!)
    }
    for (let i = 0; i < 7; i++) {
      if (lfsr & 1) s[0]! ^= 1n << BigInt((1 << i) - 1)
      lfsr = lfsr << 1 ^ (lfsr & 0x80 ? 0x171 : 0)
    }
  }
}

/** Of at most 135 bytes. */
export function keccak256(bytes: Uint8Array): Uint8Array {
  const block = new Uint8Array(136)
  block.set(bytes)
  block[bytes.length]! ^= 1
  block[135]! ^= 0x80
  const view = new DataView(block.buffer)
  const state = Array.from({ length: 25 }, (_, i) => i < 17 ? view.getBigUint64(8 * i, true) : 0n)
  permute(state)
  const out = new DataView(new ArrayBuffer(32))
  for (let i = 0; i < 4; i++) out.setBigUint64(8 * i, state[i]!, true)
  return new Uint8Array(out.buffer)
}

/** An address in the letter case that carries its checksum. */
export function checksum(address: string): string {
  const hex = address.slice(2).toLowerCase()
  const hash = keccak256(new TextEncoder().encode(hex))
  return '0x' + [...hex].map((c, i) => (hash[i >> 1]! >> (i % 2 ? 0 : 4) & 15) > 7 ? c.toUpperCase() : c).join('')
}
