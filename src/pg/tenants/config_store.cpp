#include "winnow/pg/config_store.hpp"

#include "pg/costs/judge_costs.hpp"
#include "pg/rows/tenant_rows.hpp"
#include "pg/rows/values.hpp"
#include "pg/session/noun_stores.hpp"
#include "pg/session/session_pool.hpp"
#include "pg/session/transaction.hpp"
#include "winnow/ports/contact_store.hpp"
#include "winnow/ports/inhibition_store.hpp"
#include "winnow/ports/maintenance_store.hpp"
#include "winnow/ports/rule_store.hpp"
#include "winnow/ports/settings_store.hpp"
#include "winnow/ports/silence_store.hpp"
#include "winnow/ports/tenants/management_group_store.hpp"

#include <pqxx/nontransaction>
#include <pqxx/notification>

#include <cstddef>
#include <map>
#include <optional>
#include <utility>

namespace winnow::pg {

namespace {

using domain::TenantConfig;

constexpr std::size_t kAll = 1'000'000;

constexpr auto kTenant = R"sql(
select t.*, coalesce(nullif(current_setting('winnow.max_contacts_told', true), '')::int8, 0) as max_contacts_told
  from tenants t where tenant_id = $1
)sql";

using Changes = std::map<TenantId, ports::TenantChange>;

/// Collects the tenants that a channel names, as changes of one part of their configuration.
class Notices final : public pqxx::notification_receiver {
public:
    Notices(pqxx::connection_base& connection, const char* channel, bool ports::TenantChange::* part, Changes& changes)
        : pqxx::notification_receiver(connection, channel), part_(part), changes_(changes)
    {
    }

    void operator()(const std::string& payload, int /*backend*/) override
    {
        const auto tenant = TenantId::parse(payload);
        if (!tenant) return;
        auto& change = changes_[*tenant];
        change.tenant = *tenant;
        change.*part_ = true;
    }

private:
    bool ports::TenantChange::* const part_;
    Changes& changes_;
};

/// Moves a Result's value out, or leaves with its error.
template <typename T>
bool take(T& into, Result<T> from, std::optional<Error>& error)
{
    if (from) {
        into = *std::move(from);
    } else {
        error = from.error();
    }
    return !error;
}

Error no_such_tenant()
{
    return {ErrorCode::not_found, "there is no such tenant"};
}

Result<TenantConfig> load_config(pqxx::transaction_base& tx, TenantId tenant)
{
    TenantConfig config;
    const auto rows = query(tx, kTenant, tenant);
    if (rows.empty()) return no_such_tenant();
    config.tenant = read_tenant(rows.front());
    config.max_contacts_told = rows.front()["max_contacts_told"].as<std::size_t>();
    const auto contacts = make_contact_store(tx, tenant);
    std::vector<domain::ManagementGroup> management_groups;
    std::optional<Error> error;
    const bool complete =
        take(config.settings, make_settings_store(tx, tenant)->load(), error) &&
        take(config.rules, make_rule_store(tx, tenant)->all(), error) &&
        take(config.contacts, contacts->page(std::nullopt, kAll), error) &&
        take(config.groups, contacts->page_groups(std::nullopt, kAll), error) &&
        take(config.silences, make_silence_store(tx, tenant)->in_force(), error) &&
        take(config.windows, make_maintenance_store(tx, tenant)->all(), error) &&
        take(config.inhibitions, make_inhibition_store(tx, tenant)->all(), error) &&
        take(management_groups, make_management_group_store(tx, tenant)->page(std::nullopt, kAll), error);
    if (!complete) return *error;
    config.settings.management_groups = domain::GroupMap(management_groups);
    config.set_asides = load_set_asides(tx, tenant);
    return config;
}

class PgConfigStore final : public ports::ConfigStore {
public:
    explicit PgConfigStore(const Sessions& sessions) : pool_(sessions.of(Errand::control)), options_(pool_.options()) {}

    Result<TenantConfig> load(TenantId tenant) override
    {
        return pool_.run([&](Session& session) -> Result<TenantConfig> {
            Transaction transaction(session);
            // One snapshot: a rule never names a group that the same answer lacks.
            transaction.tx().exec("set transaction isolation level repeatable read, read only");
            auto config = load_config(transaction.tx(), tenant);
            if (config) transaction.commit();
            return config;
        });
    }

    Result<std::int64_t> policy_version(TenantId tenant) override
    {
        return pool_.run([&](Session& session) -> Result<std::int64_t> {
            pqxx::nontransaction tx(session.connection());
            const auto rows = query(tx, "select config_version from tenants where tenant_id = $1", tenant);
            if (rows.empty()) return no_such_tenant();
            return rows[0][0].as<std::int64_t>();
        });
    }

    Result<std::vector<std::pair<TenantId, ports::TenantVersions>>> versions() override
    {
        return pool_.run([&](Session& session) -> Result<std::vector<std::pair<TenantId, ports::TenantVersions>>> {
            pqxx::nontransaction tx(session.connection());
            std::vector<std::pair<TenantId, ports::TenantVersions>> versions;
            for (const auto& row :
                 tx.exec("select tenant_id, config_version, credentials_version from tenants order by tenant_id")) {
                versions.emplace_back(id_of<TenantId>(row[0]),
                                      ports::TenantVersions{.policy = row[1].as<std::int64_t>(),
                                                            .credentials = row[2].as<std::int64_t>()});
            }
            return versions;
        });
    }

    Result<std::vector<ports::TenantChange>> wait_for_changes(std::chrono::milliseconds timeout) override
    {
        auto changed = translated([&]() -> Result<std::vector<ports::TenantChange>> {
            if (!listening_) listening_ = std::make_unique<Listening>(options_, *dog_);
            auto& connection = listening_->session.connection();
            connection.await_notification(timeout.count() / 1000, (timeout.count() % 1000) * 1000);
            return listening_->take();
        });
        if (!changed) listening_.reset();
        return changed;
    }

private:
    struct Listening {
        Listening(const PgOptions& options, Watchdog& dog)
            : session(options),
              guard(std::in_place, dog, session.socket(), options.deadline),
              policy(session.connection(), "winnow_config", &ports::TenantChange::policy, changes),
              credentials(session.connection(), "winnow_credentials", &ports::TenantChange::credentials, changes)
        {
            guard.reset();  // what comes now waits with a timeout of its own
        }

        /// Its receivers would say goodbye to the server and wait for an answer, which one that hangs never gives, and
        /// which libpqxx 6 does not give back. The server forgets who listens with the session.
        ~Listening()
        {
            session.socket().shut_down();
            session.connection().disconnect();
        }
        Listening(const Listening&) = delete;
        Listening& operator=(const Listening&) = delete;

        [[nodiscard]] std::vector<ports::TenantChange> take()
        {
            std::vector<ports::TenantChange> taken;
            for (const auto& [tenant, change] : std::exchange(changes, {})) taken.push_back(change);
            return taken;
        }

        Session session;
        std::optional<Watchdog::Guard> guard;
        Changes changes;
        Notices policy;
        Notices credentials;
    };

    const Sessions pool_;
    const PgOptions options_;  ///< Of the session that listens.
    const std::shared_ptr<Watchdog> dog_ = Watchdog::shared();
    std::unique_ptr<Listening> listening_;
};

}  // namespace

std::unique_ptr<ports::ConfigStore> make_config_store(const Sessions& sessions)
{
    return std::make_unique<PgConfigStore>(sessions);
}

}  // namespace winnow::pg
