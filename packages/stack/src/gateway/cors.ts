/** Headers that a browser's script may read: those of PostgREST, Auth, Storage and this gateway. */
const exposed = [
  'Accept-Ranges',
  'Content-Disposition',
  'Content-Encoding',
  'Content-Location',
  'Content-Range',
  'Content-Type',
  'Date',
  'ETag',
  'Last-Modified',
  'Link',
  'Location',
  'Preference-Applied',
  'Range-Unit',
  'Retry-After',
  'Server',
  'Transfer-Encoding',
  'X-Request-Id',
  'X-Supabase-Api-Version',
  'X-Total-Count',
].join(', ')

/** Name, value, name, value: what an answer to a browser carries. Any origin may ask, as on Supabase: the key and the token decide. */
export const corsHeaders: readonly string[] = [
  'Access-Control-Allow-Origin',
  '*',
  'Access-Control-Expose-Headers',
  exposed,
]

const PREFLIGHT_AGE_S = '3600'

/**
 * The answer to a preflight. It needs no key, since a browser sends none with it.
 * @param requested the browser's `Access-Control-Request-Headers`; whatever it asks for is allowed, as on Supabase.
 */
export function preflightHeaders(requested: string | undefined): string[] {
  return [
    'Access-Control-Allow-Origin',
    '*',
    'Access-Control-Allow-Methods',
    'GET,HEAD,PUT,PATCH,POST,DELETE,OPTIONS',
    'Access-Control-Allow-Headers',
    requested ?? 'authorization, x-client-info, apikey, content-type',
    'Access-Control-Max-Age',
    PREFLIGHT_AGE_S,
    'Vary',
    'Access-Control-Request-Headers',
    'Content-Length',
    '0',
  ]
}
