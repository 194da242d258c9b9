import { createServer, type AddressInfo, type Socket } from 'node:net'
import type { CallEvent, CallFailure, CallOutcome, CallRequest } from '@stagewright/core'
import { onTestFinished } from 'vitest'
import { createOpenaiProvider, type OpenaiProviderOptions } from '../openaiProvider.ts'
import { createQuirkStore } from '../quirks.ts'
import { collectCall, type CollectedCall } from './collectCall.ts'
import { startScriptedProvider, type Script, type ScriptedProvider } from './scriptedProvider.ts'

export const plantedKey = 'planted-Kq83hfHW02pQ-key'

/** A scripted provider that is closed with the test, which also fails if a script did. */
export async function openProvider(...scripts: [Script, ...Script[]]): Promise<ScriptedProvider> {
  const provider = await startScriptedProvider(...scripts)
  onTestFinished(() => provider.close())
  return provider
}

/** The options of a provider at that address, with one planted key. */
export function describeProvider(baseUrl: string, options: Partial<OpenaiProviderOptions> = {}): OpenaiProviderOptions {
  return {
    id: 'p1',
    name: 'Acme',
    baseUrl,
    apiKey: plantedKey,
    model: 'm1',
    allowPrivate: true,
    quirks: createQuirkStore(),
    ...options,
  }
}

/** A request in which only what matters need be said. */
export function describeRequest(request: Partial<CallRequest> = {}): CallRequest {
  return {
    messages: [{ role: 'user', content: 'Write.' }],
    format: 'text',
    model: null,
    signal: new AbortController().signal,
    ...request,
  }
}

/** One call against a provider that plays `script`. */
export async function callScript(
  script: Script,
  options: Partial<OpenaiProviderOptions> = {},
  request: Partial<CallRequest> = {},
  onEvent?: (event: CallEvent) => Promise<void> | void,
): Promise<CollectedCall & { provider: ScriptedProvider }> {
  const provider = await openProvider(script)
  const stream = createOpenaiProvider(describeProvider(provider.baseUrl, options)).stream(describeRequest(request))
  return { ...(await collectCall(stream, onEvent)), provider }
}

/** The failure of an outcome that is one. */
export function failureOf(outcome: CallOutcome): CallFailure {
  if (outcome.type !== 'failed') throw new Error(`It ended as ${outcome.type}.`)
  return outcome.failure
}

/** The failure of one call against a provider that plays `script`. */
export async function failScript(script: Script, options: Partial<OpenaiProviderOptions> = {}): Promise<CallFailure> {
  return failureOf((await callScript(script, options)).outcome)
}

/** The failure of one call to an address. */
export async function failAt(baseUrl: string, options: Partial<OpenaiProviderOptions> = {}): Promise<CallFailure> {
  const stream = createOpenaiProvider(describeProvider(baseUrl, options)).stream(describeRequest())
  return failureOf((await collectCall(stream)).outcome)
}

/** A script that gives one whole answer. */
export function answer(status: number, body: unknown, headers?: Record<string, string>): Script {
  return (exchange) => exchange.answer(status, body, headers)
}

/** A server that does with each connection what it is told, with no HTTP of its own. Returns its base URL. */
export async function openRawServer(serve: (socket: Socket) => unknown, scheme: 'http' | 'https'): Promise<string> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.once('data', () => serve(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}
