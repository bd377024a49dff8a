-- 0017: a long run of letters is indexed in time that grows with its length and not with its square.
--
-- What search_grams() returns is what it returned before; substr() counts characters from the start of what it is given, so
-- a run is cut into pieces first. Pieces of 32 that begin every 30 characters hold every gram of three, and of two, once.
create or replace function search_grams(body text, indexed boolean) returns text[]
    language sql immutable strict parallel safe
    return (select coalesce(array_agg(distinct substr(piece, at, width) collate "C"), '{}')
              from (select piece, width, generate_series(1, length(piece) - width + 1) as at
                      from (select piece, generate_series(case when indexed then 1 else most end, most) as width
                              from (select most, substr(run, generate_series(1, length(run), 30), 32) as piece
                                      from (select m[1] as run,
                                                   least(length(m[1]),
                                                         case when m[1] < '{' collate "C" then 3 else 2 end) as most
                                              from regexp_matches(body collate "C", '([a-z0-9]+|[^\x01-\x7f]+)', 'g') as m
                                           ) as runs) as pieces) as widths) as places);
