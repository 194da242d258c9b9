import { CircleAlert, CircleCheck, CircleDashed, CirclePause, Clock, Eye, LoaderCircle } from '@lucide/vue'
import type { Component } from 'vue'
import type { MessageKey } from '../../i18n.ts'
import type { StageStatus } from '../../types.ts'

/** A status is always an icon and a word; the colour only helps. */
export const stageStatusLooks: Record<StageStatus, { icon: Component; word: MessageKey; tone: string; spins?: true }> =
  {
    ready: { icon: CircleDashed, word: 'status.ready', tone: 'text-faint' },
    queued: { icon: Clock, word: 'status.queued', tone: 'text-live' },
    running: { icon: LoaderCircle, word: 'status.running', tone: 'text-live', spins: true },
    waiting: { icon: Eye, word: 'status.waiting', tone: 'text-warn' },
    done: { icon: CircleCheck, word: 'status.done', tone: 'text-good' },
    stopped: { icon: CirclePause, word: 'status.stopped', tone: 'text-warn' },
    failed: { icon: CircleAlert, word: 'status.failed', tone: 'text-bad' },
  }
