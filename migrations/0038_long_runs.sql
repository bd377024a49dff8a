-- 0038: a long run of letters is indexed in time that hardly grows faster than its length.
-- compatible: yes
--
-- What search_grams() returns is what it returned before. The pieces of 0017 were cut from the whole run, and substr() counts
-- characters from its start each time: 8,192 letters were walked 273 times. So a run is cut into stretches of 902 that begin every
-- 900 characters first, and pieces are cut from those. Two characters belong to both neighbours, as they do of pieces.
create or replace function search_grams(body text, indexed boolean) returns text[]
    language sql immutable strict parallel safe
    return (select coalesce(array_agg(distinct substr(piece, at, width) collate "C"), '{}')
              from (select piece, width, generate_series(1, length(piece) - width + 1) as at
                      from (select piece, generate_series(case when indexed then 1 else most end, most) as width
                              from (select most, substr(stretch, generate_series(1, length(stretch), 30), 32) as piece
                                      from (select most, substr(run, generate_series(1, length(run), 900), 902) as stretch
                                              from (select m[1] as run,
                                                           least(length(m[1]),
                                                                 case when m[1] < '{' collate "C" then 3 else 2 end) as most
                                                      from regexp_matches(body collate "C", '([a-z0-9]+|[^\x01-\x7f]+)', 'g')
                                                           as m) as runs) as stretches) as pieces) as widths) as places);
