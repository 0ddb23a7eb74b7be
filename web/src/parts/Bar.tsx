// SPDX-License-Identifier: Apache-2.0
// How much of something is used.
export function Bar({ label, value, max, tone }: { label: string; value: number; max: number; tone?: string }) {
  const share = max > 0 ? Math.min(100, 100 * value / max) : 0
  return (
    <svg class={`bar ${tone ?? (share > 90 ? 'bad' : share > 70 ? 'warn' : 'good')}`} viewBox="0 0 100 4" preserveAspectRatio="none"
      role="img" aria-label={`${label}: ${share.toFixed(0)} %`}>
      <rect class="bar-back" width="100" height="4" rx="0" />
      <rect class="bar-fill" width={share} height="4" rx="0" />
    </svg>
  )
}
