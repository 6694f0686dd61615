// scripts/build.mjs and vitest.config.ts import these as text.
declare module '*.sql' {
  const text: string
  export default text
}
declare module '*.html' {
  const text: string
  export default text
}
