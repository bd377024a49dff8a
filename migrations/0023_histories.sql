-- 0023: what happened is written once. A serving role adds to histories; it never changes what stands in them, and deletes
-- only what is past its retention (0011, forget_alerts() of 0022).
-- compatible: yes

revoke update on journal, verdicts, ticket_events from winnow_pipeline;
revoke update on ticket_events, rule_versions from winnow_api;
