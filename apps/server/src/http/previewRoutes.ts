import { describeError, toTrpcError, type Exporter } from '@stagewright/api'
import { AppError, hasPreview, notFound, pipelineOf, type Database, type Stages } from '@stagewright/core'
import { getHTTPStatusCodeFromError } from '@trpc/server/http'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Identify } from '../accounts/identify.ts'
import { answerRefusal } from './refusals.ts'

/** A page made of a model's words: it runs nothing, fetches nothing, and is of no origin. */
const textPolicy = "sandbox; default-src 'none'; style-src 'unsafe-inline'"
/** An app runs its own scripts, with nothing of the studio's: no origin, no cookie, no network, no window but its own. */
const appPolicy =
  "sandbox allow-scripts allow-forms; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"

export type PreviewSource = {
  identify: Identify
  stages: Stages
  database: Pick<Database, 'projectLook'>
  exportFile: Exporter
}

/** `GET /previews/:rewriteId`: a version's text as a page, while it is being written too. */
export function addPreviewRoutes(app: FastifyInstance, source: PreviewSource): void {
  app.get<{ Params: { rewriteId: string } }>('/previews/:rewriteId', async (request, reply) => {
    try {
      const page = await makePage(source, request)
      return await reply
        .header('content-security-policy', page.policy)
        .header('cache-control', 'no-store')
        .type('text/html; charset=utf-8')
        .send(page.content)
    } catch (cause) {
      const error = toTrpcError(cause)
      const { message, facts } = describeError(error)
      const status = getHTTPStatusCodeFromError(error)
      answerRefusal({ status, appCode: facts.appCode, message, params: facts.params }, request, reply)
      return reply
    }
  })
}

async function makePage(
  { identify, stages, database, exportFile }: PreviewSource,
  { headers, params }: FastifyRequest<{ Params: { rewriteId: string } }>,
): Promise<{ content: Buffer | string; policy: string }> {
  const { user } = await identify(headers)
  if (user === null) throw new AppError('auth.required', 'Sign in, or send an API key, to see a preview.')
  const actor = { userId: user.id }
  const { rewriteId } = params
  const { rewrite, text } = await stages.version(actor, rewriteId)
  const look = await database.projectLook(rewrite.projectId)
  const definition =
    look === null ? undefined : pipelineOf(look.project.pipeline).stages.find(({ key }) => key === rewrite.stageKey)
  // A text that is too short for a page has none yet: its address is answered like one that does not exist.
  if (definition === undefined || !hasPreview(definition, rewrite)) throw notFound('preview', rewriteId)
  if (definition.readPage !== undefined) {
    const page = definition.readPage(text)
    if (page === null) throw notFound('preview', rewriteId)
    return { content: page, policy: appPolicy }
  }
  const { content } = await exportFile(actor, { projectId: rewrite.projectId, format: 'html', rewriteId })
  return { content: Buffer.from(content, 'base64'), policy: textPolicy }
}
