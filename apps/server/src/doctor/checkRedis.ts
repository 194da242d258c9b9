import { openConnection } from '../redis/connection.ts'
import { well, wordsOf, wrong, type Finding } from './finding.ts'

const answerWithinMs = 5_000
const channel = 'stagewright:doctor'

/** Redis is reached, says its version, and lets us publish. It only speeds up: without it all goes on, more slowly. */
export async function checkRedis(url: string): Promise<Finding> {
  const { promise: ready, resolve: onReady, reject } = Promise.withResolvers<void>()
  let reason = 'no answer'
  // It is tried again and again; the first reason is as good as the last.
  const connection = openConnection(url, { onReady, onLost: (words) => (reason = words) })
  const timer = setTimeout(() => reject(new Error(reason)), answerWithinMs)
  try {
    await ready
    const said = await connection.redis.info('server')
    await connection.redis.publish(channel, '')
    const [, name = 'redis', version = '?'] = /^(redis|valkey)_version:(\S+)/m.exec(said) ?? []
    return well('redis', `It answers and takes messages: ${name} ${version}.`)
  } catch (error) {
    const says = `It cannot be used (${wordsOf(error)}). Live text of other processes comes through the database meanwhile.`
    return wrong('redis', says)
  } finally {
    clearTimeout(timer)
    connection.close()
  }
}
