-- Of the check that the migration before made: looks at every row, and readers and writers go on meanwhile.
alter table public.journal_entries validate constraint journal_entries_owned_or_anonymized;
