#include "pg/erasure/erasing.hpp"

#include "pg/audit/audit_rows.hpp"
#include "pg/erasure/certificate_rows.hpp"
#include "pg/erasure/erased_tables.hpp"
#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/transaction.hpp"
#include "pg/turns/chore_manners.hpp"
#include "pg/turns/tenant_rounds.hpp"
#include "winnow/audit/acts.hpp"
#include "winnow/audit/erasure_certificate.hpp"
#include "winnow/observe/log.hpp"

#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace winnow::pg {

namespace {

using domain::ErasureStage;
using ports::ChoreStep;

constexpr std::int32_t kErasureLockClass = 0x574E4552;
/// Who reads a table that is to be written anew is often done in a moment, and always in the way.
constexpr fair::SetbackPauses kPauses{.first = std::chrono::seconds{5}, .at_once = 3};

// While a table is written anew nobody reads it, so it is not to take long.
constexpr auto kTimeForPages = "set local statement_timeout = '30s'";
constexpr std::chrono::seconds kPatience{40};

constexpr auto kNext = R"sql(
select e.erasure_id, e.erased_tenant, s.stage, s.relation
  from erasures e
 cross join lateral (select n.stage, n.relation from erasure_steps n
                      where n.erasure_id = e.erasure_id and n.done_at is null
                      order by n.position, n.relation limit 1) s
 where e.finished_at is null and e.begins_at <= now() and e.erased_tenant <> all($1::uuid[])
   and (s.stage <> 'keys' or $2::bool) and (s.stage <> 'certificate' or $3::bool)
 order by e.begins_at, e.erasure_id limit 1
)sql";
constexpr auto kLock = "select pg_try_advisory_xact_lock($1::int4, hashtext($2))";

constexpr auto kEraseRows = "select erase_rows($1, $2, $3, $4::int4)";
constexpr auto kErasePages = "select erase_pages($1, $2, $3::int8)";
constexpr auto kErasedKeys = "select erased_keys($1, $2::int8[])";
constexpr auto kFinish = "select finish_erasure($1, $2, $3, $4, $5, $6, $7)";

/// What the provider's chain says of the end.
audit::Act act_of_end(const audit::ErasureCertificate& certificate)
{
    audit::Act act;
    act.name = audit::kTenantErased;
    act.object = "tenant:" + certificate.tenant.str();
    act.detail = "{\"erasure\":" + audit::json_string(certificate.erasure.str()) +
                 ",\"service_code\":" + audit::json_string(certificate.service_code) + "}";
    return act;
}

}  // namespace

Erasing::Erasing(const ChoreLimits& limits, HeadSigner signer, std::optional<VaultChores> vault)
    : limits_(limits), signer_(std::move(signer)), vault_(std::move(vault)), setbacks_(kPauses)
{
}

Result<ChoreStep> Erasing::step(const Sessions& pool)
{
    std::optional<Next> at;
    auto done = pool.run(
        [&](Session& session) -> Result<ChoreStep> {
            Transaction transaction(session);
            auto& tx = transaction.tx();
            at = next(tx);
            if (!at || at->stage == ErasureStage::keys) return ChoreStep{};
            if (!query(tx, kLock, kErasureLockClass, at->erasure)[0][0].as<bool>()) return ChoreStep{};
            const auto locked = at->erasure;
            at = next(tx);  // whoever had the lock may have come further
            if (!at || at->erasure != locked || at->stage == ErasureStage::keys) return ChoreStep{.more = true};
            const auto did = work(tx, *at);
            transaction.commit();
            return did;
        },
        kPatience);
    if (done && at && at->stage == ErasureStage::keys) done = destroy_keys(pool, *at);
    if (!at) return done ? told(*done) : done;
    if (done) {
        setbacks_.succeeded(at->tenant);
        return told(*done);
    }
    if (!may_be_one_tenants(done.error())) return done;
    const auto pause = setbacks_.failed(at->tenant, Clock::now());
    observe::warn("a step of a tenant's erasure cannot be done, and is tried again",
                  {{"tenant_id", at->tenant.str()},
                   {"stage", to_string(at->stage)},
                   {"relation", at->relation},
                   {"error", done.error().message()},
                   {"seconds", std::chrono::duration_cast<std::chrono::seconds>(pause).count()}});
    return told({.more = true, .failed = 1});
}

/// nullopt: there is nothing to do, or what there is waits for the vault, or for a node with a key to sign by.
std::optional<Erasing::Next> Erasing::next(pqxx::transaction_base& tx) const
{
    Arguments arguments;
    arguments.add_literal(array_of(setbacks_.left_out(Clock::now())));
    arguments.add(!vault_ || vault_->is_there());
    arguments.add(static_cast<bool>(signer_.sign));
    const auto rows = query(tx, kNext, arguments);
    if (rows.empty()) return std::nullopt;
    const auto row = rows.front();
    const auto stage = domain::parse_erasure_stage(text_of(row[2]));
    if (!stage) throw std::runtime_error("a stage of an erasure is unknown to this program");
    return Next{.erasure = id_of<ErasureId>(row[0]),
                .tenant = id_of<TenantId>(row[1]),
                .stage = *stage,
                .relation = text_of(row[3])};
}

ChoreStep Erasing::work(pqxx::transaction_base& tx, const Next& at) const
{
    if (at.stage == ErasureStage::certificate) return certify(tx, at);
    tx.exec(kChoreManners);
    if (at.stage != ErasureStage::pages) {
        const auto rows =
            query(tx, kEraseRows, at.erasure, to_string(at.stage), at.relation, erased_at_once(at.relation));
        return {.rows = rows[0][0].as<std::size_t>(), .more = true};
    }
    tx.exec(kTimeForPages);
    if (!query(tx, kErasePages, at.erasure, at.relation, limits_.rewrite_bytes)[0][0].as<bool>()) {
        observe::info("what an erased tenant's rows stood in is too large to be written anew, and is left as it is",
                      {{"relation", at.relation}, {"bytes", limits_.rewrite_bytes}});
    }
    return {.more = true};
}

Result<ChoreStep> Erasing::destroy_keys(const Sessions& pool, const Next& at) const
{
    std::optional<std::string> versions;
    if (vault_) {
        if (const auto destroyed = vault_->keys->destroy_all(at.tenant); !destroyed) return destroyed.error();
        const auto keys = vault_->keys->keys_of(at.tenant);  // with what a step before this one has destroyed
        if (!keys) return keys.error();
        ArrayLiteral literal;
        for (const auto& key : *keys) literal.add(key.version);
        versions = literal.take();
    }
    return pool.run([&](Session& session) -> Result<ChoreStep> {
        Transaction transaction(session);
        Arguments arguments;
        arguments.add(at.erasure);
        if (versions) {
            arguments.add_literal(*versions);
        } else {
            arguments.add(nullptr);
        }
        query(transaction.tx(), kErasedKeys, arguments);
        transaction.commit();
        return ChoreStep{.more = true};
    });
}

ChoreStep Erasing::certify(pqxx::transaction_base& tx, const Next& at) const
{
    const auto certificate = read_certificate(tx, at.erasure, limits_.backups);
    const auto body = audit::certificate_body(certificate);
    const auto record = written(act_of_end(certificate));
    Arguments arguments;
    arguments.add(at.erasure);
    arguments.add(body);
    arguments.add(signer_.key_id);
    const auto signature = signer_.sign(audit::certificate_text(body));
    arguments.add(Bytes{signature});
    arguments.add(record.record);
    arguments.add(record.detail);
    arguments.add(Bytes{record.salt});
    if (query(tx, kFinish, arguments)[0][0].as<bool>()) {
        observe::info("a tenant was erased, and its certificate signed",
                      {{"tenant_id", at.tenant.str()}, {"erasure", at.erasure.str()}, {"key_id", signer_.key_id}});
    }
    return {.more = true};
}

ChoreStep Erasing::told(ChoreStep step) const
{
    const auto now = Clock::now();
    step.left_out = setbacks_.left_out(now).size();
    step.again_in = setbacks_.next_in(now);
    return step;
}

}  // namespace winnow::pg
