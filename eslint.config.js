// The page's scripts and their tests: one statement a line, imports that run one way, nothing unused.
import js from '@eslint/js';
import globals from 'globals';

const LINE = {
  'one-var': ['error', 'never'],
  'max-statements-per-line': ['error', {max: 1}],
  curly: ['error', 'all'],
};

const CARE = {
  eqeqeq: 'error',
  'no-else-return': 'error',
  'no-implicit-globals': 'error',
  'no-shadow-restricted-names': 'error',
  'no-unused-vars': [
    'error',
    {
      argsIgnorePattern: '^_',
      varsIgnorePattern: '^_',
      destructuredArrayIgnorePattern: '^_',
      ignoreRestSiblings: true,
    },
  ],
  'no-irregular-whitespace': ['error', {skipStrings: true, skipTemplates: true}],
  'no-use-before-define': ['error', {functions: false, classes: false, variables: false}],
  'no-var': 'error',
  'prefer-const': 'error',
};

export default [
  {
    ignores: [
      '**/*.min.js',
      'sxgeo/maps/assets/**',
      '**/node_modules/**',
      '.venv/**',
      'build/**',
      'dist/**',
    ],
  },
  js.configs.recommended,
  {
    files: ['sxgeo/maps/static/*/*.js'],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: 'module',
      globals: {...globals.browser, L: 'readonly', polygonClipping: 'readonly'},
    },
    rules: {...LINE, ...CARE},
  },
  {
    files: ['sxgeo/maps/static/floor.js'],
    languageOptions: {ecmaVersion: 2017, sourceType: 'script', globals: globals.browser},
    rules: LINE,
  },
  {
    files: ['tests/js/**/*.mjs', 'eslint.config.js'],
    languageOptions: {ecmaVersion: 2022, sourceType: 'module', globals: globals.node},
    rules: {...LINE, ...CARE},
  },
];
