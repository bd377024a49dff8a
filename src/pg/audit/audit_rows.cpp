#include "pg/audit/audit_rows.hpp"

#include "pg/rows/values.hpp"
#include "winnow/crypto/digest.hpp"

#include <chrono>

namespace winnow::pg {

namespace {

constexpr std::size_t kSaltBytes = 16;

constexpr auto kAppendProviders = "select audit_append_provider($1, $2, $3)";
constexpr auto kAppendProvidersAct = "select audit_append_providers_act($1, $2, $3, $4)";

// The parameters' values are known when it is planned: what is not asked for costs nothing.
constexpr auto kPage = R"sql(
select seq, at, hash, record, detail, salt from audit
 where tenant_id = $1 and ($2::timestamptz is null or at >= $2) and ($3::timestamptz is null or at < $3)
   and ($4::text = '' or actor = $4) and ($5::text = '' or act = $5) and ($6::text = '' or object = $6)
   and ($7::timestamptz is null or (at, seq) < ($7, $8::bigint))
 order by at desc, seq desc limit $9
)sql";

constexpr auto kLinks = R"sql(
select seq, at, hash, record, detail, salt from audit
 where tenant_id = $1 and seq > $2 and seq <= $3 order by seq limit $4
)sql";

constexpr auto kAnchors = R"sql(
select seq, hash, signed_at, key_id, signature from audit_anchors
 where tenant_id = $1 and seq > $2 order by seq limit $3
)sql";

std::string fresh_id(Timestamp now)
{
    return Uuid::v7(static_cast<std::uint64_t>(now.time_since_epoch().count()), crypto::random_u64(),
                    crypto::random_u64())
        .str();
}

}  // namespace

WrittenAct written(const audit::Act& act)
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    WrittenAct out{.record = {}, .detail = act.detail, .salt = crypto::random_bytes(kSaltBytes)};
    out.record = audit::record_text(act, now, fresh_id(now), crypto::to_hex(crypto::sha256(out.salt + out.detail)));
    return out;
}

std::int64_t append_providers(pqxx::transaction_base& tx, const audit::Act& act)
{
    const auto text = written(act);
    return query(tx, kAppendProviders, text.record, text.detail, Bytes{text.salt})[0][0].as<std::int64_t>();
}

void append_providers_act(pqxx::transaction_base& tx, TenantId tenant, const audit::Act& act)
{
    const auto text = written(act);
    query(tx, kAppendProvidersAct, tenant, text.record, text.detail, Bytes{text.salt});
}

ports::AuditRecord read_audit_record(const pqxx::row& row)
{
    ports::AuditRecord record{.seq = row[0].as<std::int64_t>(),
                              .at = time_of(row[1]),
                              .hash = bytes_of(row[2]),
                              .record = text_of(row[3]),
                              .detail = {},
                              .salt = {}};
    if (!row[4].is_null()) {
        record.detail = text_of(row[4]);
        record.salt = bytes_of(row[5]);
    }
    return record;
}

std::vector<ports::AuditRecord> audit_page(pqxx::transaction_base& tx, const Uuid& chain,
                                           const ports::AuditFilter& filter,
                                           const std::optional<ports::AuditPlace>& after, std::size_t limit)
{
    Arguments arguments;
    arguments.add(chain);
    arguments.add(filter.from);
    arguments.add(filter.to);
    arguments.add(filter.actor);
    arguments.add(filter.act);
    arguments.add(filter.object);
    arguments.add(after ? std::optional(after->at) : std::nullopt);
    arguments.add(after ? after->seq : 0);
    arguments.add(limit);
    std::vector<ports::AuditRecord> records;
    for (const auto& row : query(tx, kPage, arguments)) records.push_back(read_audit_record(row));
    return records;
}

std::vector<ports::AuditRecord> audit_links(pqxx::transaction_base& tx, const Uuid& chain, std::int64_t after,
                                            std::int64_t last, std::size_t limit)
{
    std::vector<ports::AuditRecord> records;
    for (const auto& row : query(tx, kLinks, chain, after, last, limit)) records.push_back(read_audit_record(row));
    return records;
}

std::vector<audit::Anchor> audit_anchors(pqxx::transaction_base& tx, const Uuid& chain, std::int64_t after,
                                         std::size_t limit)
{
    std::vector<audit::Anchor> anchors;
    for (const auto& row : query(tx, kAnchors, chain, after, limit)) {
        anchors.push_back({.seq = row[0].as<std::int64_t>(),
                           .hash = bytes_of(row[1]),
                           .signed_at = format_rfc3339(time_of(row[2])),
                           .key_id = text_of(row[3]),
                           .signature = bytes_of(row[4])});
    }
    return anchors;
}

}  // namespace winnow::pg
