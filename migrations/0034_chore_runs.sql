-- 0034: when each chore that has an interval was begun last, by whatever node: one does it, and the others wait until its
-- interval is over.
-- compatible: yes

create table chore_runs (
    chore    text        primary key check (octet_length(chore) between 1 and 64),
    begun_at timestamptz not null
);
grant select, insert, update on chore_runs to winnow_pipeline;
