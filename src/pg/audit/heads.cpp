#include "pg/audit/heads.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/turns/chore_manners.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/audit/chain.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"

#include <string>

namespace winnow::pg {

namespace {

constexpr std::size_t kHeadsAtOnce = 50;
constexpr std::int64_t kRecordsAtOnce = 1'000;

constexpr auto kGrown = R"sql(
select tenant_id, seq, hash, now() from audit_heads where grown order by tenant_id limit $1
)sql";

constexpr auto kAnchor = "select audit_anchor($1, $2, $3, $4, $5, $6, $7, $8, $9)";

/// What the provider's chain says of a tenant's head.
audit::Act act_of_head(const audit::Anchor& anchor, const Uuid& chain, const std::string& hash_hex)
{
    audit::Act act;
    act.name = audit::kHeadSigned;
    act.object = "tenant:" + chain.str();
    act.detail = "{\"hash\":" + audit::json_string(hash_hex) + ",\"seq\":" + std::to_string(anchor.seq) + "}";
    return act;
}

/// False where that head is stored already.
bool sign_head(pqxx::transaction_base& tx, const HeadSigner& signer, const pqxx::row& row)
{
    const auto chain = uuid_of(row[0]);
    audit::Anchor anchor{.seq = row[1].as<std::int64_t>(),
                         .hash = bytes_of(row[2]),
                         .signed_at = format_rfc3339(time_of(row[3])),
                         .key_id = signer.key_id,
                         .signature = {}};
    const auto hash = crypto::to_hex(anchor.hash);
    anchor.signature = signer.sign(audit::head_text(chain, anchor.seq, hash, anchor.signed_at));
    const auto text = written(act_of_head(anchor, chain, hash));
    Arguments arguments;
    arguments.add(chain);
    arguments.add(anchor.seq);
    arguments.add(Bytes{anchor.hash});
    arguments.add(anchor.signed_at);
    arguments.add(anchor.key_id);
    arguments.add(Bytes{anchor.signature});
    arguments.add(text.record);
    arguments.add(text.detail);
    arguments.add(Bytes{text.salt});
    if (!query(tx, kAnchor, arguments)[0][0].as<bool>()) return false;
    observe::info("an audit head was signed", {{"tenant_id", chain.str()},
                                               {"seq", anchor.seq},
                                               {"hash", hash},
                                               {"signed_at", anchor.signed_at},
                                               {"key_id", anchor.key_id},
                                               {"signature", crypto::to_hex(anchor.signature)}});
    return true;
}

}  // namespace

ports::ChoreStep sign_heads(pqxx::transaction_base& tx, const HeadSigner& signer)
{
    tx.exec(kChoreManners);
    ports::ChoreStep done;
    const auto heads = query(tx, kGrown, kHeadsAtOnce);
    for (const auto& row : heads) done.rows += sign_head(tx, signer, row) ? 1 : 0;
    done.more = done.rows == kHeadsAtOnce;
    return done;
}

ports::ChoreStep cut_chain(pqxx::transaction_base& tx, std::chrono::days kept)
{
    tx.exec(kChoreManners);
    const auto removed =
        query(tx, "select audit_cut($1 * interval '1 day', $2)", kept.count(), kRecordsAtOnce)[0][0].as<std::size_t>();
    return {.rows = removed, .more = removed > 0};
}

}  // namespace winnow::pg
