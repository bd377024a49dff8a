#include "winnow/api/denials.hpp"

#include "winnow/audit/acts.hpp"
#include "winnow/audit/record.hpp"
#include "winnow/identity/refused_accesses.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/ports/audit_store.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::api {

namespace {

using nlohmann::json;

using Clock = std::function<Timestamp()>;

constexpr std::chrono::minutes kEvery{1};
constexpr std::size_t kAtOnce = 100;
constexpr int kForbidden = 403;

Timestamp system_time()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Equal ones have one.
struct Name {
    std::string actor;
    std::string operation;  ///< "": whatever was too many of the actor's, as what follows.
    std::string code;
    std::string address;

    friend auto operator<=>(const Name&, const Name&) = default;
};

struct Tally {
    std::int64_t count = 0;  ///< Not appended yet.
    Timestamp first;         ///< Of these.
    Timestamp last;
    Timestamp due;
    std::string request_id;  ///< The last one's.
    std::string means;
    std::string who, email;
};

using Tallies = std::map<Name, Tally>;

audit::Act act_of(const Name& name, const Tally& tally)
{
    json detail{{"count", tally.count},
                {"first_at", format_rfc3339(tally.first)},
                {"last_at", format_rfc3339(tally.last)},
                {"name", tally.who}};
    if (!name.code.empty()) detail["code"] = name.code;
    if (!name.address.empty()) detail["address"] = name.address;
    if (!tally.email.empty()) detail["email"] = tally.email;
    return {.actor = {.id = name.actor, .means = tally.means, .request_id = tally.request_id},
            .name = std::string(audit::kRequestDenied),
            .object = name.operation.empty() ? "operations" : "operation:" + name.operation,
            .result = kForbidden,
            .detail = detail.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace

class Denials::Impl {
public:
    explicit Impl(Options options)
        : options_(std::move(options)), clock_(options_.clock ? options_.clock : Clock(system_time))
    {
    }

    void note(const access::Principal& who, const Denied& what)
    {
        const bool is_sender = !who.integration.is_nil();
        if (who.tenant.is_nil() || (is_sender && who.tenant_suspended)) return;
        const auto now = clock_();
        Name name{.actor = who.actor(), .operation = what.operation, .code = what.code, .address = what.address};
        const std::lock_guard lock(mutex_);
        auto* tally = find(who.tenant, name);
        if (tally == nullptr) return;
        if (tally->count++ == 0) tally->first = now;
        tally->last = now;
        tally->request_id = what.request_id;
        tally->means = identity::means_of(who.kind);
        tally->who = is_sender ? who.integration_name : who.user_name;
        tally->email = who.email;
    }

    /// Those of which something is due. Forgets what has come to rest.
    std::vector<TenantId> tenants(std::size_t limit)
    {
        const auto now = clock_();
        std::vector<TenantId> due;
        const std::lock_guard lock(mutex_);
        for (auto at = tenants_.begin(); at != tenants_.end();) {
            auto& tallies = at->second;
            noted_ -= std::erase_if(tallies, [&](const auto& item) { return is_at_rest(item.second, now); });
            const auto is_due = [&](const auto& item) {
                return is_due_at(item.second, now);
            };
            if (due.size() < limit && std::ranges::any_of(tallies, is_due)) due.push_back(at->first);
            at = tallies.empty() ? tenants_.erase(at) : std::next(at);
        }
        return due;
    }

    /// At most `limit` of the tenant's that are due, or (nullopt) of all that are left. How many.
    Result<std::size_t> store(ports::TenantDatabase& database, TenantId tenant, std::size_t limit,
                              std::optional<Timestamp> due_at)
    {
        const auto taken = copy_of(tenant, limit, due_at);
        if (taken.empty()) return std::size_t{0};
        if (const auto appended = append(database, tenant, taken); !appended) return appended.error();
        const auto now = clock_();
        const std::lock_guard lock(mutex_);
        auto& tallies = tenants_[tenant];
        for (const auto& [name, was] : taken) {
            auto& tally = tallies[name];
            tally.count -= was.count;
            tally.first = tally.last;  // of what was noted while these were appended; or a little earlier
            tally.due = now + options_.again_after;
        }
        return taken.size();
    }

    void store_rest(ports::TenantDatabase& database)
    {
        for (const auto tenant : all_tenants()) {
            for (;;) {
                const auto stored = store(database, tenant, kAtOnce, std::nullopt);
                if (!stored) {
                    observe::warn("denied requests could not be recorded", {{"reason", stored.error().message()}});
                    return;  // the others would not get through either
                }
                if (*stored < kAtOnce) break;
            }
        }
    }

    [[nodiscard]] Timestamp now() const { return clock_(); }

private:
    static bool is_due_at(const Tally& tally, Timestamp now) { return tally.count > 0 && tally.due <= now; }
    static bool is_at_rest(const Tally& tally, Timestamp now) { return tally.count == 0 && tally.due <= now; }

    /// A tally of that name, or the one for what is too much; nullptr: there is no room. mutex_ held.
    Tally* find(TenantId tenant, Name& name)
    {
        auto& tallies = tenants_[tenant];
        if (const auto known = tallies.find(name); known != tallies.end()) return &known->second;
        const auto is_callers = [&](const auto& item) {
            return item.first.actor == name.actor;
        };
        // Those of one actor stand side by side.
        const auto begin = tallies.lower_bound(Name{.actor = name.actor, .operation = {}, .code = {}, .address = {}});
        const auto end = std::find_if_not(begin, tallies.end(), is_callers);
        if (static_cast<std::size_t>(std::distance(begin, end)) >= options_.most_of_caller) {
            name = {.actor = name.actor, .operation = {}, .code = {}, .address = {}};
            if (const auto others = tallies.find(name); others != tallies.end()) return &others->second;
        }
        if (noted_ >= options_.most) {
            if (tallies.empty()) tenants_.erase(tenant);
            return nullptr;
        }
        auto& made = tallies[name];
        made.due = clock_() + options_.first_after;
        ++noted_;
        return &made;
    }

    std::vector<std::pair<Name, Tally>> copy_of(TenantId tenant, std::size_t limit, std::optional<Timestamp> due_at)
    {
        std::vector<std::pair<Name, Tally>> taken;
        const std::lock_guard lock(mutex_);
        const auto found = tenants_.find(tenant);
        if (found == tenants_.end()) return taken;
        for (const auto& [name, tally] : found->second) {
            if (taken.size() >= limit) break;
            if (due_at ? is_due_at(tally, *due_at) : tally.count > 0) taken.emplace_back(name, tally);
        }
        return taken;
    }

    std::vector<TenantId> all_tenants()
    {
        std::vector<TenantId> all;
        const std::lock_guard lock(mutex_);
        for (const auto& [tenant, tallies] : tenants_) all.push_back(tenant);
        return all;
    }

    /// In one transaction of the tenant's.
    static Result<Done> append(ports::TenantDatabase& database, TenantId tenant,
                               const std::vector<std::pair<Name, Tally>>& taken)
    {
        auto finished = std::make_shared<std::promise<Result<Done>>>();
        auto outcome = finished->get_future();
        database.submit(
            tenant,
            [&taken](ports::TenantSession& session) -> Result<Done> {
                for (const auto& [name, tally] : taken) {
                    if (const auto seq = session.audit().append(act_of(name, tally)); !seq) return seq.error();
                }
                return Done{};
            },
            [finished](Result<Done> done) { finished->set_value(std::move(done)); });
        return outcome.get();
    }

    const Options options_;
    const Clock clock_;
    std::mutex mutex_;
    std::unordered_map<TenantId, Tallies> tenants_;  // guarded by mutex_; none is empty
    std::size_t noted_ = 0;                          // tallies in all of them
};

namespace {

/// Of the clock: the Impl's store() for one tenant after the other.
template <typename Notes>
class DenialsKind final : public ports::DueKind {
public:
    DenialsKind(Notes& notes, ports::TenantDatabase& database) : notes_(notes), database_(database) {}

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t limit) override { return notes_.tenants(limit); }

    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        const auto limit = std::min(turn.limit, kAtOnce);
        const auto stored = notes_.store(database_, turn.tenant, limit, notes_.now());
        if (!stored) return stored.error();
        return ports::DueDone{.rows = *stored, .more = *stored >= limit};
    }

private:
    Notes& notes_;
    ports::TenantDatabase& database_;
    const ports::DueTraits traits_{.name = "denials", .every = kEvery};
};

}  // namespace

Denials::Denials(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Denials::~Denials() = default;

void Denials::note(const access::Principal& who, const Denied& what)
{
    impl_->note(who, what);
}

void Denials::store_rest(ports::TenantDatabase& database)
{
    impl_->store_rest(database);
}

std::unique_ptr<ports::DueKind> Denials::make_kind(ports::TenantDatabase& database)
{
    return std::make_unique<DenialsKind<Impl>>(*impl_, database);
}

}  // namespace winnow::api
