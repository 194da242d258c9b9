import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { checkVersion, describeServer, poolConfigOf } from './postgresServer.ts'

const serverUrl = process.env['TEST_DATABASE_URL']!

describe('poolConfigOf', () => {
  it.each(['', '?options=-c%20statement_timeout%3D5s'])(
    'gives sessions in UTC and a limit, with the options of the address (%s)',
    async (search) => {
      const pool = new pg.Pool(poolConfigOf(serverUrl + search))
      const { rows } = await pool.query(
        `SELECT current_setting('TimeZone') AS zone, current_setting('statement_timeout') AS timeout`,
      )
      expect(rows).toEqual([{ zone: 'UTC', timeout: search === '' ? '5400ms' : '5s' }])
      await pool.end()
    },
  )

  it.each(['', 'localhost', 'mysql://root:secret@localhost/x'])('refuses %j without repeating it', (url) => {
    expect(() => poolConfigOf(url)).toThrow(/^DATABASE_URL is not an address like postgresql:/)
  })
})

describe('checkVersion', () => {
  it('D14 refuses PostgreSQL 14 by name and takes 15', () => {
    const url = 'postgresql://me:secret@db.example:6432/studio'
    expect(() => checkVersion(14, url)).toThrow(
      'The database "studio" at db.example:6432 is PostgreSQL 14; at least PostgreSQL 15 is needed.',
    )
    expect(() => checkVersion(15, url)).not.toThrow()
  })
})

describe('describeServer', () => {
  it.each([
    ['postgresql://me:secret@db.example/studio', '"studio" at db.example:5432'],
    ['postgres://[::1]:6000/a%20b', '"a b" at [::1]:6000'],
    ['postgresql:///studio?host=/run/postgresql', '"studio" at /run/postgresql:5432'],
  ])('describes %s', (url, description) => {
    expect(describeServer(url)).toBe(description)
  })
})
