import { describe, expect, it } from 'vitest'
import { decideFollow, isKeyUp, type FollowState } from './scrollFollow.ts'

const following: FollowState = { isFollowing: true, top: 500 }
const paused: FollowState = { isFollowing: false, top: 500 }

describe('following the end of a growing text', () => {
  it('begins only near the end', () => {
    expect(decideFollow(paused, { type: 'began', top: 0, distance: 100 }).isFollowing).toBe(true)
    expect(decideFollow(following, { type: 'began', top: 0, distance: 101 }).isFollowing).toBe(false)
  })

  it('goes on when the text grows faster than the page scrolls', () => {
    expect(decideFollow(following, { type: 'scrolled', top: 510, distance: 4_000 }).isFollowing).toBe(true)
  })

  it('stops at once on an upward wheel, key or touch, and small steps near the end do not restart it', () => {
    const stopped = decideFollow(following, { type: 'wentUp' })
    expect(stopped.isFollowing).toBe(false)
    expect(decideFollow(stopped, { type: 'scrolled', top: 470, distance: 30 }).isFollowing).toBe(false)
  })

  it('stops when the scroll bar is dragged away, and keeps on when the text was cut short', () => {
    expect(decideFollow(following, { type: 'scrolled', top: 200, distance: 300 }).isFollowing).toBe(false)
    expect(decideFollow(following, { type: 'scrolled', top: 200, distance: 0 }).isFollowing).toBe(true)
  })

  it('starts again when the user comes down to the end, or asks', () => {
    expect(decideFollow(paused, { type: 'scrolled', top: 560, distance: 80 }).isFollowing).toBe(true)
    expect(decideFollow(paused, { type: 'scrolled', top: 560, distance: 180 }).isFollowing).toBe(false)
    expect(decideFollow(paused, { type: 'jumped' }).isFollowing).toBe(true)
  })
})

describe('keys that go up', () => {
  it('are keys of the page, not of a field', () => {
    const field = document.createElement('textarea')
    expect(isKeyUp({ key: 'PageUp', target: document.body })).toBe(true)
    expect(isKeyUp({ key: 'ArrowUp', target: field })).toBe(false)
    expect(isKeyUp({ key: 'ArrowDown', target: document.body })).toBe(false)
  })
})
