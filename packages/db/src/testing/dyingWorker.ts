// The embedded database's thread, which ends itself in the way it is told on this channel.
import { BroadcastChannel } from 'node:worker_threads'
import '../embedded/worker.ts'

const channel = new BroadcastChannel('dying worker')
channel.unref()
channel.onmessage = ({ data: way }) => {
  if (way === 'exit') process.exit(7)
  throw new Error('told to crash')
}
