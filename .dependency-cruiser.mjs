// The direction of dependencies, as ARCHITECTURE.md draws it:
//   web -> client -> (types only) api -> core <- db, and server -> api, core, db.
//   In core: pipelines -> engine -> ports; the engine knows no pipeline, the feed neither engine nor pipelines.
// Tests and what helps them may import anything.

const TESTS = '(\\.test\\.ts$|/testing/|/[^/]+\\.config\\.ts$)'

/** A part of the repository and the only other parts that it may import. */
function only(part, allowed, comment) {
  const parts = 'packages|apps|tests|scripts|examples'
  return {
    name: `direction-${part.replace('/', '-')}`,
    comment,
    severity: 'error',
    from: { path: `^${part}/`, pathNot: TESTS },
    to: { path: `^(${parts})/`, pathNot: [part, ...allowed].map((folder) => `^${folder}/`) },
  }
}

/** Inside core: `from` may not import `to`. */
function never(name, from, to, comment) {
  return { name, comment, severity: 'error', from: { path: from, pathNot: TESTS }, to: { path: to } }
}

const CORE = '^packages/core/src'

export default {
  forbidden: [
    only('packages/core', [], 'core is the program itself and depends on nothing of ours.'),
    only('packages/db', ['packages/core'], 'db puts the ports of core on PostgreSQL, and knows nothing else.'),
    only('packages/api', ['packages/core'], 'api turns calls into calls of core, and knows no storage and no server.'),
    only('packages/client', ['packages/api', 'packages/core'], 'client follows the api.'),
    only('apps/web', ['packages/client'], 'The studio talks to the server through the client alone.'),
    only(
      'apps/server',
      ['packages/api', 'packages/core', 'packages/db'],
      'The server wires the parts; nobody else does.',
    ),
    {
      name: 'client-takes-types-of-api',
      comment: 'The client runs elsewhere: of the api it may know the types, never the code.',
      severity: 'error',
      from: { path: '^packages/client/', pathNot: TESTS },
      to: { path: '^packages/api/', dependencyTypesNot: ['type-only'] },
    },
    never(
      'engine-knows-no-pipeline',
      `${CORE}/engine/`,
      `${CORE}/pipelines/`,
      'A pipeline is added without the engine.',
    ),
    never(
      'feed-stands-alone',
      `${CORE}/feed/`,
      `${CORE}/(engine|pipelines)/`,
      'The feed tells what happened, whoever did it.',
    ),
    never(
      'ports-stand-alone',
      `${CORE}/ports(/|\\.ts)`,
      `${CORE}/(engine|pipelines|feed|credits)/`,
      'Ports are what others build on.',
    ),
    never(
      'no-tests-in-the-product',
      '^(packages|apps)/',
      '(\\.test\\.ts$|^tests/|/testing/)',
      'The product runs without its tests.',
    ),
    {
      name: 'no-cycles',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'nothing-unresolved',
      comment: 'What cannot be found cannot be checked.',
      severity: 'error',
      from: { pathNot: 'generated/' },
      to: { couldNotResolve: true, pathNot: '(generated/|^node$|^virtual:|\\?|\\.css$)' },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', 'generated/'] },
    exclude: { path: ['/dist/', '(^|/)node_modules/'] },
    // Type-only imports count: they are what ties a reader of the code, if not a process.
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.vue', '.json'],
    },
  },
}
