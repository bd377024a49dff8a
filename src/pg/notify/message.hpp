#pragma once

/// @file
/// What a delivery tells its contact, as SQL. Private to pg.

/// The message of a row of `deliveries`: the notice of its event, under what this contact alone is told besides; or
/// what an older program wrote down whole. jsonb: its text is what receivers get, byte for byte, at every attempt. By
/// the notice's primary key, whatever the planner believes of the table. Null where neither is there: nobody is sent a
/// message that says nothing.
#define WINNOW_MESSAGE_OF(row)                                                             \
    "(coalesce(" row ".payload, (select n.content from notices n where n.tenant_id = " row \
    ".tenant_id and"                                                                       \
    " n.ticket_id = " row ".ticket_id and n.event_seq = " row                              \
    ".event_seq))"                                                                         \
    " || coalesce(" row ".addition, '{}'))"

/// Where the links of that message lead; null where an older program wrote it.
#define WINNOW_PUBLIC_URL_OF(row)                                                                      \
    "(select n.public_url from notices n where n.tenant_id = " row ".tenant_id and n.ticket_id = " row \
    ".ticket_id and n.event_seq = " row ".event_seq)"
