import { AppError } from '@stagewright/core'
import { create, parse } from 'content-disposition'
import type { FastifyRequest } from 'fastify'

/** What a file that is sent is called: by `?name=`, or as RFC 6266 says it. */
export function readFileName({ query, headers }: Pick<FastifyRequest, 'query' | 'headers'>): string {
  const { name } = query as { name?: unknown }
  const given = typeof name === 'string' ? name : parse(headers['content-disposition'] ?? '').parameters['filename']
  if (given !== undefined && given !== '') return given
  const message = 'Say what the file is called: PUT /files?name=… (percent-encoded UTF-8), or Content-Disposition.'
  throw new AppError('input.invalid', message, { params: { field: 'name' } })
}

/** To be saved, never shown: with the name in every language, and in ASCII for those who read no other. */
export function attachmentOf(name: string): string {
  return create(name, { type: 'attachment', fallback: asciiOf(name) })
}

/** What has no letter in ASCII is `_`; a percent sign would be taken for an encoding. */
function asciiOf(name: string): string {
  return name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^\x20-\x7E]|[%"\\/]/gu, '_')
}
