import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseSettings, readSettings } from './settings.ts'

describe('supabase/config.toml', () => {
  it('of this repository is read', async () => {
    const settings = await readSettings(join(import.meta.dirname, '..', '..', '..'))
    expect(settings).toMatchObject({ api: { port: 54321, schemas: ['public'] }, db: { port: 54322 } })
  })

  it('may be empty: then the defaults of the Supabase CLI hold', () => {
    expect(parseSettings('')).toMatchObject({
      api: { port: 54321, max_rows: 1000 },
      db: { port: 54322, seed: { enabled: true, sql_paths: ['./seed.sql'] } },
      auth: { jwt_expiry: 3600, enable_signup: true, rate_limit: { sign_in_sign_ups: 30 } },
    })
  })

  it('may hold everything else that the Supabase CLI knows', () => {
    expect(() => parseSettings('[studio]\nport = 54323\n[auth.external.apple]\nenabled = false')).not.toThrow()
  })

  it('with several mistakes gets all of them named at once', () => {
    expect(() => parseSettings('[api]\nport = 99999\n[auth]\njwt_expiry = "1h"')).toThrow(
      expect.objectContaining({
        code: 'settings_invalid',
        exitCode: 2,
        detail: expect.stringMatching(/api\.port: .*\nauth\.jwt_expiry: /),
      }),
    )
  })

  it('that is not TOML gets the line named', () => {
    expect(() => parseSettings('[api]\nport =')).toThrow(
      expect.objectContaining({ code: 'settings_invalid', detail: expect.stringMatching(/2/) }),
    )
  })
})
