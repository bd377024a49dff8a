#include "pg/rows/array_literal.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/session_pool.hpp"
#include "winnow/pg/credential_store.hpp"

#include <pqxx/nontransaction>

namespace winnow::pg {

namespace {

using access::CredentialKind;

constexpr auto kNote = "select note_credential_use($1::uuid[], $2::text[], $3::uuid[], $4::timestamptz[])";

class PgCredentialUseStore final : public ports::CredentialUseStore {
public:
    explicit PgCredentialUseStore(const Sessions& sessions) : pool_(sessions.of(Errand::timers)) {}

    Result<Done> note(const std::vector<ports::CredentialUse>& uses) override
    {
        return pool_.run([&](Session& session) -> Result<Done> {
            ArrayLiteral tenants;
            ArrayLiteral kinds;
            ArrayLiteral keys;
            ArrayLiteral minutes;
            for (const auto& use : uses) {
                tenants.add(use.tenant);
                kinds.add(use.kind == CredentialKind::integration_key ? "integration" : "user");
                keys.add(use.key);
                minutes.add(use.minute);
            }
            pqxx::nontransaction tx(session.connection());
            Arguments arguments;
            for (auto* const literal : {&tenants, &kinds, &keys, &minutes}) arguments.add_literal(literal->take());
            query(tx, kNote, arguments);
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
