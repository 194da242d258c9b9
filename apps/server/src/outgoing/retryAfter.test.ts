import { describe, expect, it } from 'vitest'
import { readRetryAfterMs } from './retryAfter.ts'

const nowMs = Date.parse('Sun, 22 Nov 2026 02:00:00 GMT')
const read = (headers: Record<string, string>) => readRetryAfterMs(new Headers(headers), nowMs)

describe('readRetryAfterMs', () => {
  it.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': ' 0.25 ' }, 250],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '86400' }, 86_400_000],
    [{ 'retry-after-ms': '1500' }, 1500],
    [{ 'retry-after-ms': '12.4', 'retry-after': '9' }, 13],
    [{ 'retry-after-ms': 'x', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 02:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sunday, 22-Nov-26 02:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 02:00:30 GMT', date: 'Sun, 22 Nov 2026 02:00:25 GMT' }, 5000],
    [{ 'retry-after': 'Sun, 22 Nov 2020 02:00:30 GMT' }, 0],
  ])('W19 reads %j as %d ms', (headers, expectedMs) => expect(read(headers)).toBe(expectedMs))

  it.each(['soon', '', '-5', '1e9', 'NaN', 'Infinity', '0x10', 'soon 5', 'Sunday', '9'.repeat(400), '5;6', '２'])(
    'takes %j for nothing',
    (value) => expect(readRetryAfterMs({ get: (name) => (name === 'retry-after' ? value : null) }, nowMs)).toBeNull(),
  )
})
