import type { Component } from 'vue'
import {
  Brain,
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CirclePause,
  Clock,
  ExternalLink,
  Eye,
  Hourglass,
  LoaderCircle,
  PencilLine,
  PenLine,
  Scissors,
} from '@lucide/vue'
import type { PanelKind, PanelState } from '../../composables/derivePanelState.ts'
import { describeFailure } from '../../composables/errorWords.ts'
import { formatDuration } from '../../composables/formatTime.ts'
import type { VersionView } from '../../api/studio.ts'
import type { Speaking } from '../../i18n.ts'

/** The mark of a state in the status strip. */
export const panelMarks: Record<PanelKind, { icon: Component; tone: string; moves?: 'spin' | 'pulse' }> = {
  blocked: { icon: CircleDashed, tone: 'text-faint' },
  idle: { icon: CircleDashed, tone: 'text-faint' },
  queued: { icon: Clock, tone: 'text-live' },
  connecting: { icon: LoaderCircle, tone: 'text-live', moves: 'spin' },
  outside: { icon: ExternalLink, tone: 'text-live', moves: 'pulse' },
  thinking: { icon: Brain, tone: 'text-live', moves: 'pulse' },
  streaming: { icon: PenLine, tone: 'text-live', moves: 'pulse' },
  slow: { icon: Hourglass, tone: 'text-warn' },
  restoring: { icon: LoaderCircle, tone: 'text-live', moves: 'spin' },
  stopping: { icon: LoaderCircle, tone: 'text-warn', moves: 'spin' },
  stopped: { icon: CirclePause, tone: 'text-warn' },
  cutOff: { icon: Scissors, tone: 'text-warn' },
  failed: { icon: CircleAlert, tone: 'text-bad' },
  review: { icon: Eye, tone: 'text-warn' },
  edited: { icon: PencilLine, tone: 'text-live' },
  done: { icon: CircleCheck, tone: 'text-good' },
}

export type PanelFacts = Pick<Speaking, 't' | 'count' | 'nameStage'> & {
  estimate: { tokens: number } | null
  stageKey: string
  previousKey: string | null
}

/** What the status strip says. */
export function describePanel(
  state: PanelState,
  { t, count, nameStage, estimate, stageKey, previousKey }: PanelFacts,
): string {
  const previous = previousKey === null ? '' : nameStage(previousKey)
  switch (state.kind) {
    case 'blocked':
      return t('panel.words.blocked', { stage: previous })
    case 'idle':
      return estimate === null
        ? t('panel.words.idle')
        : t('panel.words.idleEstimate', { tokens: count(estimate.tokens) })
    case 'queued':
      if (state.behind !== null) return t('panel.words.queuedBehind', { stage: nameStage(state.behind) })
      if (state.ahead === null) return t('panel.words.starting')
      return state.ahead === 0 ? t('panel.words.queuedNext') : t('panel.words.queued', { count: state.ahead })
    case 'connecting':
      return state.model === null
        ? t('panel.words.connectingUnknown')
        : t('panel.words.connecting', { model: state.model })
    case 'outside':
      return describeOutside(state, t)
    case 'slow':
      return t('panel.words.slow', { seconds: Math.floor(state.silentMs / 1000) })
    case 'stopped':
      return state.tokens === null
        ? t('panel.words.stopped')
        : t('panel.words.stoppedTokens', { tokens: count(state.tokens) })
    case 'failed':
      return [
        state.failure === null ? t('panel.words.failed') : describeFailure(state.failure, t).title,
        state.isTextKept ? t('panel.words.kept') : '',
      ]
        .join(' ')
        .trim()
    case 'review':
      return state.reviewed === stageKey
        ? t('panel.words.review', { next: nameStage(state.next) })
        : t('panel.words.reviewNext', { reviewed: nameStage(state.reviewed) })
    case 'done':
      return describeDone(state.version, { t, count })
    case 'thinking':
    case 'streaming':
    case 'restoring':
    case 'stopping':
    case 'cutOff':
    case 'edited':
      return t(`panel.words.${state.kind}`)
  }
}

function describeOutside({ fraction, message }: Extract<PanelState, { kind: 'outside' }>, t: Speaking['t']): string {
  const percent = fraction === null ? '' : `${Math.round(fraction * 100)} %`
  return [t('panel.words.outside'), percent, message ?? ''].filter((part) => part !== '').join(' · ')
}

function describeDone(version: VersionView | null, { t, count }: Pick<PanelFacts, 't' | 'count'>): string {
  if (version === null) return t('panel.words.done')
  const wasRun = (version.kind === 'generated' || version.kind === 'continued') && version.closedAt !== null
  const durationMs = wasRun ? Date.parse(version.closedAt!) - Date.parse(version.createdAt) : null
  return [
    durationMs === null
      ? t(`versions.kind.${version.kind}`)
      : t('panel.words.doneIn', { time: formatDuration(durationMs, t) }),
    version.tokens === null || version.tokens === 0 ? '' : t('panel.tokens', { count: count(version.tokens) }),
    version.summary ?? '',
    t('stage.version', { version: version.version }),
  ]
    .filter((part) => part !== '')
    .join(' · ')
}
