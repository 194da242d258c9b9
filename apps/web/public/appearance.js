// Runs before the first paint. It must agree with src/stores/appearance.ts about keys and values.
;(function () {
  var theme = null
  var language = null
  try {
    theme = localStorage.getItem('stagewright.theme')
    language = localStorage.getItem('stagewright.language')
  } catch (e) {
    // Storage may be forbidden; the system's choice is good enough then.
  }
  var prefersDark = window.matchMedia('(prefers-color-scheme: dark)').matches
  var isDark = theme === 'dark' || (theme !== 'light' && prefersDark)
  document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
  var wanted = language || navigator.language || 'en'
  document.documentElement.lang = /^zh/i.test(wanted) ? 'zh-CN' : 'en'
})()
