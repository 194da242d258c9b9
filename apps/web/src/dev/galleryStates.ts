import type { VersionView } from '../api/studio.ts'
import type { PanelState } from '../composables/derivePanelState.ts'
import type { ShownText } from '../composables/useStage.ts'
import type { Language } from '../i18n.ts'
import type { Figures } from '../types.ts'
import { sampleTexts } from './sampleTexts.ts'

export type GalleryPanel = {
  name: string
  stageKey: string
  state: PanelState
  shown: ShownText
  figures: Figures | null
  elapsedMs: number | null
}

const version: VersionView = {
  rewriteId: 'r4',
  no: 4,
  version: 4,
  kind: 'generated',
  ending: 'complete',
  length: 2_140,
  summary: null,
  instruction: null,
  tokens: 2_140,
  createdAt: new Date(Date.now() - 48_000).toISOString(),
  closedAt: new Date().toISOString(),
}
const figures: Figures = {
  rewriteNo: 4,
  tokens: 1_203,
  tokensPerSecond: 58.4,
  firstTokenMs: 640,
  elapsedMs: 21_400,
  provider: 'DeepSeek',
  model: 'deepseek-chat',
  reasoning: null,
}
const reasoning = {
  characters: 3_912,
  tail: 'The user wants a quiet ending. The letter must not be read aloud; the shell is enough. Perhaps the tide should come in at the last line…',
}
const nothing: ShownText = { rewriteId: null, version: null, text: null, isOpen: false, isCurrent: true }

/** Every state a panel can be in, with something to show in it. */
export function galleryPanels(language: Language): GalleryPanel[] {
  const texts = sampleTexts[language]
  const part: ShownText = {
    rewriteId: 'r4',
    version: { ...version, ending: 'stopped' },
    text: texts.rewrite.slice(0, 330),
    isOpen: false,
    isCurrent: true,
  }
  const open: ShownText = {
    rewriteId: 'r4',
    version: null,
    text: texts.rewrite.slice(0, 330),
    isOpen: true,
    isCurrent: true,
  }
  const whole: ShownText = { rewriteId: 'r4', version, text: texts.rewrite, isOpen: false, isCurrent: true }
  const rows = (key: 'storyboard' | 'camera', share: number): ShownText => ({
    ...open,
    text: texts[key].slice(0, Math.floor(texts[key].length * share)),
  })
  const panel = (
    name: string,
    state: PanelState,
    shown: ShownText,
    more: Partial<GalleryPanel> = {},
  ): GalleryPanel => ({
    name,
    stageKey: 'rewrite',
    state,
    shown,
    figures: null,
    elapsedMs: null,
    ...more,
  })
  const running = { figures, elapsedMs: 21_400 }
  return [
    panel('idle', { kind: 'idle' }, nothing),
    panel('blocked', { kind: 'blocked' }, nothing, { stageKey: 'storyboard' }),
    panel('queued', { kind: 'queued', ahead: 2, behind: null }, nothing),
    panel('queued behind', { kind: 'queued', ahead: null, behind: 'rewrite' }, nothing, { stageKey: 'storyboard' }),
    panel(
      'connecting',
      { kind: 'connecting', elapsedMs: 3_200, model: 'deepseek-chat' },
      { ...nothing, isOpen: true },
      { elapsedMs: 3_200, figures: { ...figures, tokens: 0, tokensPerSecond: null } },
    ),
    panel(
      'thinking',
      { kind: 'thinking', elapsedMs: 12_000, reasoning },
      { ...nothing, isOpen: true },
      { elapsedMs: 12_000, figures: { ...figures, tokens: 0, tokensPerSecond: null } },
    ),
    panel('outside', { kind: 'outside', fraction: 0.4, message: 'page 2 of 5' }, nothing),
    panel('streaming', { kind: 'streaming' }, open, running),
    panel('slow', { kind: 'slow', silentMs: 23_000 }, open, running),
    panel('restoring', { kind: 'restoring' }, nothing),
    panel('stopping', { kind: 'stopping' }, open, running),
    panel('stopped', { kind: 'stopped', tokens: 1_203 }, part),
    panel('cutOff', { kind: 'cutOff' }, part),
    panel(
      'failed, text kept',
      {
        kind: 'failed',
        failure: { code: 'provider.interrupted', message: 'The stream ended without a finish reason.' },
        isTextKept: true,
      },
      { ...part, isCurrent: false },
    ),
    panel(
      'failed, nothing came',
      {
        kind: 'failed',
        failure: {
          code: 'provider.rateLimited',
          message: 'HTTP 429: rate limit reached for requests',
          params: { retryAfterMs: 12_000 },
        },
        isTextKept: false,
      },
      nothing,
    ),
    panel(
      'failed, key',
      {
        kind: 'failed',
        failure: { code: 'provider.keyRefused', message: 'HTTP 401: incorrect API key provided' },
        isTextKept: false,
      },
      nothing,
    ),
    panel('review', { kind: 'review', reviewed: 'rewrite', next: 'storyboard' }, part),
    panel('done', { kind: 'done', version }, whole),
    panel('storyboard streaming', { kind: 'streaming' }, rows('storyboard', 0.52), {
      ...running,
      stageKey: 'storyboard',
    }),
    panel(
      'storyboard done',
      { kind: 'done', version },
      { ...whole, text: texts.storyboard },
      { stageKey: 'storyboard' },
    ),
    panel(
      'storyboard with a bad row',
      { kind: 'done', version },
      { ...whole, text: '{"shots":[{"number":1,"visual":"A","narration":"B","seconds":4},{"number":2,"seen":"?"}]}' },
      { stageKey: 'storyboard' },
    ),
    panel(
      'storyboard unreadable',
      {
        kind: 'failed',
        failure: { code: 'provider.badAnswer', message: 'There is no list "shots" in the answer.' },
        isTextKept: true,
      },
      { ...part, text: 'I am sorry, I can only describe this in words.' },
      { stageKey: 'storyboard' },
    ),
    panel('camera streaming', { kind: 'streaming' }, rows('camera', 0.5), { ...running, stageKey: 'camera' }),
    panel('camera done', { kind: 'done', version }, { ...whole, text: texts.camera }, { stageKey: 'camera' }),
  ]
}
