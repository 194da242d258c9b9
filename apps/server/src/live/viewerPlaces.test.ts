import { describe, expect, it } from 'vitest'
import { createViewerPlaces, decideEntry } from './viewerPlaces.ts'

const limits = { viewersOfUser: 2, viewersTotal: 3 }
const arrival = (userId: string) => ({ userId, transport: 'sse', isReturning: false }) as const

describe('places of live viewers', () => {
  it('L1 a user is refused beyond their limit, others are not, and a place that was left is free once', () => {
    const places = createViewerPlaces(limits)
    const first = places.enter(arrival('anna'))
    places.enter(arrival('anna'))
    expect(() => places.enter(arrival('anna'))).toThrow(expect.objectContaining({ code: 'limit.viewers' }))
    places.enter(arrival('ben'))
    first.leave()
    first.leave()
    places.enter(arrival('anna'))
    expect(() => places.enter(arrival('anna'))).toThrow(expect.objectContaining({ code: 'limit.viewers' }))
    expect(places.count('sse')).toBe(3)
    expect(places.count('webSocket')).toBe(0)
  })

  it('L1 a full process refuses everybody', () => {
    const places = createViewerPlaces(limits)
    for (const user of ['anna', 'ben', 'carl']) places.enter(arrival(user))
    expect(() => places.enter(arrival('dora'))).toThrow(expect.objectContaining({ code: 'server.busy' }))
  })

  it('L1 those who are refused are told to come back at different times', () => {
    const present = { ofUser: 2, total: 2 }
    const times = [0, 0.5, 0.99].map((random) => decideEntry(present, limits, random)?.params['retryAfterMs'])
    expect(times).toEqual([5_000, 7_500, 9_950])
  })
})
