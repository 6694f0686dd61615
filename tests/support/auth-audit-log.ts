import type pg from 'pg'

/** Auth's own audit log as a hosted project has it (github.com/supabase/auth, migrations up to 2025); the local stack has none. */
export async function createAuthAuditLog(superuser: Pick<pg.Client, 'query'>): Promise<void> {
  await superuser.query(`
    create table auth.audit_log_entries (
      instance_id uuid,
      id uuid not null primary key,
      payload json,
      created_at timestamptz,
      ip_address varchar(64) not null default ''
    );
    create index audit_logs_instance_id_idx on auth.audit_log_entries (instance_id);
    alter table auth.audit_log_entries enable row level security;
    alter table auth.audit_log_entries owner to supabase_auth_admin;
    grant all on auth.audit_log_entries to postgres with grant option;
  `)
}
