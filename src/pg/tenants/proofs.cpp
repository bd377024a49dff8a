#include "pg/tenants/proofs.hpp"

#include "pg/rows/values.hpp"
#include "winnow/crypto/digest.hpp"

#include <pqxx/except>

#include <string>
#include <string_view>
#include <utility>

namespace winnow::pg {

namespace {

// Said in full, because a session's defaults may be what another tenant's request has left. First, because all
// statements of one message are one transaction, and how it reads must be known before it does.
constexpr std::string_view kEachItsMoment = "begin isolation level read committed, read write; ";
constexpr std::string_view kOneMoment = "begin isolation level repeatable read, read only; ";

// Then whatever else SQL in another tenant's request may have left goes: settings (an encoding, a zone, no row
// security) and locks. Last what a proof is good for: the backend and the moment at which the transaction began, as 12
// bytes.
constexpr std::string_view kCleared =
    "reset all; select pg_advisory_unlock_all(); select int4send(pg_backend_pid()) || timestamptz_send(now())";

constexpr auto kPutOn =
    "select set_config('winnow.tenant_id', $1, true), set_config('winnow.tenant_proof', $2, true), current_tenant(),"
    " set_config('winnow.groups', $3, true), set_config('winnow.groups_proof', $4, true)";

constexpr auto kPutOnForAWhile =
    "select set_config('winnow.tenant_id', $1, true), set_config('winnow.tenant_proof', $2, true), current_tenant(),"
    " set_config('winnow.groups', $3, true), set_config('winnow.groups_proof', $4, true),"
    " set_config('statement_timeout', $5, true)";

/// What a transaction is put on, and what is proven of it.
struct Said {
    TenantId tenant;
    std::string groups;       ///< access::said()
    std::string transaction;  ///< The backend and the moment it began, as 12 bytes.
};

std::string proof_of_tenant(const std::string& key, const Said& said)
{
    const auto id = said.tenant.value().bytes();
    return crypto::to_hex(crypto::hmac_sha256(key, std::string(id.begin(), id.end()) + said.transaction));
}

std::string proof_of_groups(const std::string& key, const Said& said)
{
    const auto id = said.tenant.value().bytes();
    return crypto::to_hex(
        crypto::hmac_sha256(key, "groups" + std::string(id.begin(), id.end()) + said.transaction + said.groups));
}

void put_on(pqxx::transaction_base& tx, const std::string& key, const Said& said, std::chrono::milliseconds timeout)
{
    const auto of_tenant = proof_of_tenant(key, said);
    const auto of_groups = proof_of_groups(key, said);
    if (timeout.count() == 0) {
        query(tx, kPutOn, said.tenant, of_tenant, said.groups, of_groups);
    } else {
        query(tx, kPutOnForAWhile, said.tenant, of_tenant, said.groups, of_groups, std::to_string(timeout.count()));
    }
}

}  // namespace

TenantProofs::TenantProofs(const Sessions& keys)
    : sessions_(keys.of(Errand::control)), key_([this] {
          return sessions_.run([](Session& session) -> Result<std::string> {
              pqxx::nontransaction tx(session.connection());
              return bytes_of(tx.exec1("select key from tenant_key")[0]);
          });
      })
{
}

Result<std::unique_ptr<Transaction>> TenantProofs::begin(Session& session, TenantId tenant, const Terms& terms)
{
    const auto begin = std::string(terms.reads_only ? kOneMoment : kEachItsMoment).append(kCleared);
    std::string refused;
    for (bool first = true;; first = false) {
        const auto asked = key_.ask(refused);
        const auto& key = asked.get();
        if (!key) return key.error();
        auto transaction = std::make_unique<Transaction>(session, begin.c_str());
        try {
            put_on(transaction->tx(), *key,
                   {.tenant = tenant,
                    .groups = access::said(terms.groups),
                    .transaction = bytes_of(transaction->begun()[0][0])},
                   terms.statement_timeout);
            return transaction;
        } catch (const pqxx::insufficient_privilege&) {
            if (!first) throw;
            refused = *key;
        }
    }
}

}  // namespace winnow::pg
