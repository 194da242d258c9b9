import type { z } from 'zod'
import type { Failure } from '../errors.ts'
import type { StageDefinition } from '../engine/definition.ts'
import { describeProblem, parseJson } from './jsonRows.ts'
import { detectLanguage } from './language.ts'

type Check = ReturnType<StageDefinition['check']>

/** Prose is good when something readable is there; summed up as characters (Chinese, Japanese) or words. */
export function checkProse(text: string): Check {
  if (!/[\p{L}\p{N}]/u.test(text)) return badAnswer('The answer has no text in it.', {})
  const language = detectLanguage(text)
  if (language === 'zh') return { ok: true, summary: `${countCharacters(text)} 字` }
  if (language === 'ja') return { ok: true, summary: `${countCharacters(text)} 字` }
  const words = text.match(/[\p{L}\p{N}][\p{L}\p{N}\p{M}'’-]*/gu)?.length ?? 0
  return { ok: true, summary: words === 1 ? '1 word' : `${words.toLocaleString('en')} words` }
}

function countCharacters(text: string): string {
  // As Chinese word processors count: characters with their punctuation, without white space.
  return Array.from(text.replace(/\s+/g, '')).length.toLocaleString('en')
}

/** Where the rows of a JSON answer are and what each must be. */
export type RowRules<T extends { number: number }> = {
  key: string
  /** One row in the words of a message: "Shot". */
  rowName: string
  schema: z.ZodType<T>
  summarize(rows: readonly T[], text: string): string
}

/** Reads a whole JSON answer strictly: every row must fit its schema, and no number may stand twice. */
export function checkRows<T extends { number: number }>(text: string, rules: RowRules<T>): Check {
  const found = findList(text, rules.key)
  if (!found.ok) return badAnswer(found.problem, { field: rules.key })
  if (found.list.length === 0) return badAnswer(`The list "${rules.key}" is empty.`, { field: rules.key })
  const rows: T[] = []
  const numbers = new Set<number>()
  for (const [index, value] of found.list.entries()) {
    const parsed = rules.schema.safeParse(value)
    if (!parsed.success) return badRow(rules.rowName, index + 1, describeProblem(parsed.error))
    if (numbers.has(parsed.data.number)) {
      const problem = `the number ${parsed.data.number} stands on an earlier row already`
      return badRow(rules.rowName, index + 1, { field: 'number', problem })
    }
    numbers.add(parsed.data.number)
    rows.push(parsed.data)
  }
  return { ok: true, summary: rules.summarize(rows, text) }
}

/** A broken answer may hold any number of braces; an honest one has its object at one of the first. */
const objectStartsTried = 8

/** The list under `key` of the first JSON object that has one, whatever stands around it (a fence, a sentence, a BOM). */
function findList(text: string, key: string): { ok: true; list: readonly unknown[] } | { ok: false; problem: string } {
  const problems: string[] = []
  let tried = 0
  let passedTo = 0
  for (const { index: start } of text.matchAll(/\{\s*"/g)) {
    // An object inside one already looked at is a part, not the answer.
    if (start < passedTo) continue
    if (tried++ === objectStartsTried) break
    const found = readObject(text, start)
    if (!found.ok) {
      problems.push(found.problem)
      continue
    }
    passedTo = found.end
    const list = found.value[key]
    if (Array.isArray(list)) return { ok: true, list }
    problems.push(`The JSON has no list "${key}".`)
  }
  return { ok: false, problem: problems[0] ?? 'The answer holds no JSON object.' }
}

type FoundObject = { ok: true; value: Record<string, unknown>; end: number } | { ok: false; problem: string }

function readObject(text: string, start: number): FoundObject {
  const end = endOfObject(text, start)
  if (end === null) return { ok: false, problem: 'The JSON ends before it is complete.' }
  const parsed = parseJson(text.slice(start, end))
  if (!parsed.ok) return { ok: false, problem: `The answer is not valid JSON: ${parsed.problem}` }
  return { ok: true, value: parsed.value as Record<string, unknown>, end }
}

function endOfObject(text: string, start: number): number | null {
  let depth = 0
  let inString = false
  for (let at = start; at < text.length; at++) {
    const char = text[at]
    if (inString && char === '\\') at += 1
    else if (char === '"') inString = !inString
    else if (!inString && char === '{') depth += 1
    else if (!inString && char === '}' && --depth === 0) return at + 1
  }
  return null
}

function badRow(rowName: string, row: number, found: { field: string | null; problem: string }): Check {
  const place = found.field === null ? `${rowName} ${row}` : `${rowName} ${row}, "${found.field}"`
  return badAnswer(`${place}: ${found.problem}.`, { row, field: found.field, problem: found.problem })
}

/** An answer of the model that is of no use, in the words of a failure. */
export function badAnswer(message: string, params: NonNullable<Failure['params']>): Check {
  return { ok: false, failure: { code: 'provider.badAnswer', message, params } }
}
