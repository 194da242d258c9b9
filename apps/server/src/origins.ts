import type { Config } from './config.ts'

/** Where a server that listens on `port` is reached, as far as it knows. */
export function addressOf({ publicUrl, host }: Pick<Config, 'publicUrl' | 'host'>, port: number): string {
  return publicUrl ?? `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

/** Which pages may use the server with a person's cookie: its own address, and those the operator names. */
export type OriginRule = {
  isAllowed(origin: string): boolean
  list(): string[]
  /** The hosts of those addresses, any port. */
  hosts(): string[]
}

/** `port` is asked each time: it is known only once the server listens. */
export function createOriginRule(
  config: Pick<Config, 'publicUrl' | 'allowedOrigins' | 'host'>,
  port: () => number,
): OriginRule {
  const list = (): string[] => {
    const named = config.publicUrl === null ? [] : [new URL(config.publicUrl).origin]
    const hosts = new Set([
      '127.0.0.1',
      'localhost',
      '[::1]',
      config.host.includes(':') ? `[${config.host}]` : config.host,
    ])
    return [...named, ...config.allowedOrigins, ...[...hosts].map((host) => `http://${host}:${port()}`)]
  }
  return {
    isAllowed: (origin) => list().includes(origin),
    list,
    hosts: () => list().map((origin) => `${new URL(origin).hostname}:*`),
  }
}
