/** `EngineRun.scenarios.module`, put in by bundle.ts. */
declare module 'journeys:scenarios' {
  import type { ScenarioSource } from '../../scenarios/scenario-source.ts'
  export const scenarios: ScenarioSource['scenarios']
}
