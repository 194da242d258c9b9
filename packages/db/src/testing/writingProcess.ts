// For CommandProcess: writes numbered rows into the embedded database of the folder given as argument, from the number
// given on, as fast as it can, and prints each number once its row is acknowledged.
import { openDatabase } from '../openDatabase.ts'

const [dataDir, first] = process.argv.slice(2)
const { pool } = await openDatabase({ dataDir: dataDir! })
await pool.query('CREATE TABLE IF NOT EXISTS written (number int PRIMARY KEY, filling text NOT NULL)')
let next = Number(first)

async function write(): Promise<never> {
  for (;;) {
    const number = next++
    await pool.query('INSERT INTO written VALUES ($1, $2)', [number, 'x'.repeat(200)])
    process.stdout.write(`${number}\n`)
  }
}
await Promise.all([write(), write(), write()])
