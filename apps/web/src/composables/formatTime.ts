import type { Translate } from '../i18n.ts'

/** `12 s`, `3 min 5 s`. */
export function formatDuration(ms: number, t: Translate): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 60) return t('panel.seconds', { seconds })
  return t('panel.minutes', { minutes: Math.floor(seconds / 60), seconds: seconds % 60 })
}

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
]

/** "5 minutes ago", "yesterday"; after a month the date. */
export function formatAgo(iso: string, nowMs: number, language: string): string {
  const agoMs = nowMs - Date.parse(iso)
  if (agoMs > 30 * 86_400_000) return new Intl.DateTimeFormat(language, { dateStyle: 'medium' }).format(new Date(iso))
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' })
  for (const [unit, ms] of steps) if (agoMs >= ms) return format.format(-Math.floor(agoMs / ms), unit)
  return format.format(-Math.max(0, Math.floor(agoMs / 1000)), 'second')
}
