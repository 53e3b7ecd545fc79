import js from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

/** Each ban says what to do instead: the message is all that a newcomer sees. */
const bannedSyntax = [
  ['TSEnumDeclaration', 'Write `const x = {…} as const` or a union of literals.'],
  ['ExportDefaultDeclaration', 'Export by name: a name is what a reader searches for.'],
  ['ExportAllDeclaration', 'Re-export by name, or import from the file that has it.'],
  ['TSAsExpression > TSAsExpression', 'A double assertion hides a lie: parse instead.'],
  ['SwitchCase[test=null]', 'Name every case: the compiler then finds the one you forget.'],
]

/** A `class` carries hidden state; only errors need one, for `instanceof`. */
const bannedClass = [
  'ClassDeclaration:not([superClass.name=/(Error|^Unavailable|^OutcomeUnknown)$/]), ClassExpression',
  'Write a factory that returns an object; only errors are classes.',
]

/** Where bytes, rows and documents from outside become types: the only files that may narrow with `as`. */
const parsers = ['**/wire.ts', '**/variables.ts', '**/config.ts', '**/*parse*.ts', '**/*row*.ts']

const restrict = (bans) => ['error', ...bans.map(([selector, message]) => ({ selector, message }))]

export default defineConfig(
  globalIgnores(['dist/', 'coverage/', 'data/', '.tools/']),
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { allowDefaultCaseForExhaustiveSwitch: false, requireDefaultForNonUnion: false },
      ],
      // bigint and number print the same everywhere; everything else must be turned into words on purpose.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // `async` without `await` turns a throw into a rejection, which is what a contract's caller expects.
      '@typescript-eslint/require-await': 'off',
      // Contracts are written with methods, and met by objects without a `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      eqeqeq: 'error',
      'no-console': 'error',
      'no-restricted-syntax': restrict([...bannedSyntax, bannedClass]),
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 60, skipComments: true }],
      'max-params': ['error', 3],
      'max-depth': ['error', 3],
      // A switch over a closed set is one decision, however many its cases.
      complexity: ['error', { max: 10, variant: 'modified' }],
    },
  },
  {
    // Express is fast on Node 20 only when its request and response are classes of our own (DECISIONS.md).
    files: ['hub/http*.ts', 'sandbox/http*.ts', '**/*.d.ts'],
    rules: { 'no-restricted-syntax': restrict(bannedSyntax) },
  },
  {
    files: ['hub/**/*.ts', 'connectors/**/*.ts', 'workflows/**/*.ts'],
    ignores: parsers,
    rules: { '@typescript-eslint/no-unsafe-type-assertion': 'error' },
  },
  {
    // A test is a list of cases: long is fine, and what comes off a wire is looked at as it is.
    files: ['test/**/*.ts'],
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      'max-params': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    // Tools read their configuration as a default export, or as CommonJS.
    files: ['*.js', '*.cjs'],
    languageOptions: { globals: { module: 'writable' } },
  },
)
