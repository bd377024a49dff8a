#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "winnow/pg/credential_store.hpp"

#include <pqxx/nontransaction>

#include <algorithm>
#include <string_view>
#include <vector>

namespace winnow::pg {

namespace {

using access::CredentialKind;

constexpr auto kNote = "select note_credential_use($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[])";
constexpr auto kNoteSessions = "select note_session_use($1::uuid[], $2::uuid[], $3::timestamptz[])";

/// How a key's kind stands in credential_use.
std::string_view word_of(CredentialKind kind)
{
    if (kind == CredentialKind::integration_key) return "integration";
    return kind == CredentialKind::access_key ? "access" : "user";
}

bool is_session(const ports::CredentialUse& use)
{
    return use.kind == CredentialKind::session;
}

void note_keys(pqxx::transaction_base& tx, const std::vector<ports::CredentialUse>& uses)
{
    ArrayLiteral tenants;
    ArrayLiteral kinds;
    ArrayLiteral keys;
    ArrayLiteral minutes;
    for (const auto& use : uses) {
        if (is_session(use)) continue;
        tenants.add(use.tenant);
        kinds.add(word_of(use.kind));
        keys.add(use.key);
        minutes.add(use.minute);
    }
    Arguments arguments;
    for (auto* const literal : {&tenants, &kinds, &keys, &minutes}) arguments.add_literal(literal->take());
    query(tx, kNote, arguments);
}

void note_sessions(pqxx::transaction_base& tx, const std::vector<ports::CredentialUse>& uses)
{
    ArrayLiteral tenants;
    ArrayLiteral ids;
    ArrayLiteral minutes;
    for (const auto& use : uses) {
        if (!is_session(use)) continue;
        tenants.add(use.tenant);
        ids.add(use.key);
        minutes.add(use.minute);
    }
    Arguments arguments;
    for (auto* const literal : {&tenants, &ids, &minutes}) arguments.add_literal(literal->take());
    query(tx, kNoteSessions, arguments);
}

class PgCredentialUseStore final : public ports::CredentialUseStore {
public:
    explicit PgCredentialUseStore(const Sessions& sessions) : pool_(sessions.of(Errand::timers)) {}

    Result<Done> note(const std::vector<ports::CredentialUse>& uses) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            pqxx::nontransaction tx(session.connection());
            const auto has = [&](bool sessions) {
                return std::ranges::any_of(uses, [&](const auto& use) { return is_session(use) == sessions; });
            };
            if (has(false)) note_keys(tx, uses);
            if (has(true)) note_sessions(tx, uses);
            return Done{};
        });
    }

private:
    const Sessions pool_;
};

}  // namespace

std::unique_ptr<ports::CredentialUseStore> make_credential_use_store(const Sessions& sessions)
{
    return std::make_unique<PgCredentialUseStore>(sessions);
}

}  // namespace winnow::pg
