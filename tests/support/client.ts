import { createClient, type SupabaseClient } from '@supabase/supabase-js'

// Node 20 has no WebSocket, and supabase-js refuses to start without one, though only Realtime would open it.
class NoWebSocket {
  constructor() {
    throw new Error('the local stack has no Realtime')
  }
}

/** The real supabase-js, as an app makes it, without anything that outlives a test: no storage, no timer. */
export function createTestClient(stack: { url: string }, key: string): SupabaseClient {
  return createClient(stack.url, key, {
    auth: { persistSession: false, autoRefreshToken: false, detectSessionInUrl: false },
    realtime: { transport: NoWebSocket as never },
  })
}
