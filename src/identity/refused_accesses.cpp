#include "winnow/identity/refused_accesses.hpp"

#include "winnow/base/network.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/observe/log.hpp"
#include "winnow/ports/access/access_log.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

using access::CredentialKind;
using ports::AccessEntry;

using Clock = std::function<Timestamp()>;

constexpr std::chrono::seconds kEvery{10};
constexpr std::size_t kAtOnce = 2'000;
constexpr std::size_t kLongestKey = 255;
constexpr std::size_t kLongestPart = 200;  // of a sum's name: longer texts are cut when they are stored, too

Timestamp system_time()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

Uuid fresh_id(Timestamp at)
{
    return Uuid::v7(static_cast<std::uint64_t>(at.time_since_epoch().count()), crypto::random_u64(),
                    crypto::random_u64());
}

std::string part(std::string_view text)
{
    return std::string(text.substr(0, kLongestPart)) + '\n';
}

AccessEntry entry_of(const RefusedCall& call, Timestamp at)
{
    AccessEntry entry{.at = at, .id = fresh_id(at)};
    entry.address = call.address.substr(0, kLongestPart);
    entry.method = call.method.substr(0, kLongestPart);
    entry.route = call.route;
    entry.status = call.status;
    entry.code = call.code;
    return entry;
}

/// By what equal ones are known: a text that no two different calls share.
std::string name_of(const RefusedCall& call)
{
    return std::to_string(call.status) + '\n' + part(call.code) + part(call.method) + part(call.route) +
           part(call.address);
}

void count(AccessEntry& sum, std::int32_t times, Timestamp at)
{
    constexpr auto kMost = std::numeric_limits<std::int32_t>::max();
    sum.times = sum.times > kMost - times ? kMost : sum.times + times;
    sum.until = std::max(sum.until.value_or(sum.at), at);
}

class RefusedKind final : public ports::DueKind {
public:
    explicit RefusedKind(RefusedAccesses& refused) : refused_(refused) {}

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        const auto stored = refused_.store(turn.limit);
        if (!stored) return stored.error();
        return ports::DueDone{.rows = *stored, .more = *stored >= turn.limit};
    }

private:
    RefusedAccesses& refused_;
    const ports::DueTraits traits_{.name = "refused_accesses", .every = kEvery};
};

}  // namespace

std::string_view means_of(CredentialKind kind) noexcept
{
    switch (kind) {
        case CredentialKind::user_key: return "user_key";
        case CredentialKind::integration_key: return "integration_key";
        case CredentialKind::session: return "session";
        case CredentialKind::access_key: return "access_key";
        case CredentialKind::directory: return "directory";
        case CredentialKind::provider: return "provider";
        case CredentialKind::support: return "support_grant";
        case CredentialKind::none: return "none";
    }
    return "none";
}

class RefusedAccesses::Impl {
public:
    Impl(ports::RefusedAccessStore& store, Options options)
        : store_(store), options_(std::move(options)), clock_(options_.clock ? options_.clock : Clock(system_time))
    {
    }

    void note(const access::Principal& who, RefusedCall call)
    {
        const auto address = canonical_address(call.address);
        call.address = address;
        const auto now = clock_();
        auto entry = entry_of(call, now);
        entry.actor = who.actor();
        entry.means = means_of(who.kind);
        if (!who.key.is_nil()) entry.key = who.key;
        if (access::is_user(who.kind)) entry.role = to_string(who.role);
        const auto name = part(entry.actor) + part(who.key.str()) + name_of(call);
        const std::lock_guard lock(mutex_);
        auto& sums = tenants_[who.tenant];
        if (const auto known = sums.find(name); known != sums.end()) return count(known->second, 1, now);
        if (sums.size() < options_.of_tenant && sums_ < options_.most) {
            sums.emplace(name, std::move(entry));
            ++sums_;
            return;
        }
        // Too many that differ: how many, and what they were told, at least. There are no more of these than answers.
        const auto rest = std::to_string(call.status) + '\n' + part(call.code);
        if (const auto known = sums.find(rest); known != sums.end()) return count(known->second, 1, now);
        AccessEntry sum{.at = now, .id = entry.id};
        sum.status = call.status;
        sum.code = call.code;
        sums.emplace(rest, std::move(sum));
        ++sums_;
    }

    void note_key(std::string_view key, RefusedCall call)
    {
        const auto address = canonical_address(call.address);
        call.address = address;
        const bool plausible = key.size() <= kLongestKey &&
                               (key.starts_with("wnk_") || key.starts_with("wnu_") || key.starts_with("wns_"));
        if (!plausible) return;
        const auto now = clock_();
        auto hash = crypto::sha256(key);
        const auto name = hash + name_of(call);
        const std::lock_guard lock(mutex_);
        if (const auto known = keys_.find(name); known != keys_.end()) return count(known->second.entry, 1, now);
        if (keys_.size() >= options_.most_keys) {
            ++left_out_;
            return;
        }
        keys_.emplace(name, ports::RefusedKey{.hash = std::move(hash), .entry = entry_of(call, now)});
    }

    Result<std::size_t> store(std::size_t limit)
    {
        Taken taken = take(limit);
        if (taken.left_out > 0) {
            observe::warn("refusals of unknown keys were not looked into: they were too many",
                          {{"calls", static_cast<std::int64_t>(taken.left_out)}});
        }
        const auto sums = taken.refused.size() + taken.keys.size();
        if (sums == 0) return std::size_t{0};
        std::vector<ports::OwnedAccess> refused;
        refused.reserve(taken.refused.size());
        for (const auto& [name, owned] : taken.refused) refused.push_back(owned);
        std::vector<ports::RefusedKey> keys;
        keys.reserve(taken.keys.size());
        for (const auto& [name, known] : taken.keys) keys.push_back(known);
        if (const auto stored = store_.store(refused, keys); !stored) {
            put_back(std::move(taken));
            return stored.error();
        }
        return sums;
    }

private:
    using Sums = std::map<std::string, AccessEntry>;

    struct Taken {
        std::vector<std::pair<std::string, ports::OwnedAccess>> refused;
        std::vector<std::pair<std::string, ports::RefusedKey>> keys;
        std::uint64_t left_out = 0;
    };

    Taken take(std::size_t limit)
    {
        Taken taken;
        const std::lock_guard lock(mutex_);
        while (taken.refused.size() < limit && !tenants_.empty()) {
            const auto tenant = tenants_.begin();
            auto& sums = tenant->second;
            while (taken.refused.size() < limit && !sums.empty()) {
                auto sum = sums.extract(sums.begin());
                taken.refused.emplace_back(std::move(sum.key()), ports::OwnedAccess{.tenant = tenant->first,
                                                                                    .entry = std::move(sum.mapped())});
                --sums_;
            }
            if (sums.empty()) tenants_.erase(tenant);
        }
        while (taken.refused.size() + taken.keys.size() < limit && !keys_.empty()) {
            auto key = keys_.extract(keys_.begin());
            taken.keys.emplace_back(std::move(key.key()), std::move(key.mapped()));
        }
        taken.left_out = std::exchange(left_out_, 0);
        return taken;
    }

    /// What was noted meanwhile is later, and is added.
    void put_back(Taken taken)
    {
        const std::lock_guard lock(mutex_);
        for (auto& [name, owned] : taken.refused) {
            auto& sums = tenants_[owned.tenant];
            const auto [place, is_new] = sums.try_emplace(name, owned.entry);
            if (is_new) {
                ++sums_;
            } else {
                add_earlier(place->second, owned.entry);
            }
        }
        for (auto& [name, key] : taken.keys) {
            const auto [place, is_new] = keys_.try_emplace(name, key);
            if (!is_new) add_earlier(place->second.entry, key.entry);
        }
    }

    static void add_earlier(AccessEntry& sum, const AccessEntry& earlier)
    {
        count(sum, earlier.times, sum.at);
        sum.at = std::min(sum.at, earlier.at);
    }

    ports::RefusedAccessStore& store_;
    const Options options_;
    const Clock clock_;
    std::mutex mutex_;
    std::map<TenantId, Sums> tenants_;  // guarded by mutex_, as what follows
    std::size_t sums_ = 0;              // in all of them
    std::map<std::string, ports::RefusedKey> keys_;
    std::uint64_t left_out_ = 0;
};

RefusedAccesses::RefusedAccesses(ports::RefusedAccessStore& store, Options options)
    : impl_(std::make_unique<Impl>(store, std::move(options)))
{
}

RefusedAccesses::~RefusedAccesses() = default;

void RefusedAccesses::note(const access::Principal& who, const RefusedCall& call)
{
    impl_->note(who, call);
}

void RefusedAccesses::note_key(std::string_view key, const RefusedCall& call)
{
    impl_->note_key(key, call);
}

Result<std::size_t> RefusedAccesses::store(std::size_t limit)
{
    return impl_->store(limit);
}

void RefusedAccesses::store_rest()
{
    for (;;) {
        const auto stored = store(kAtOnce);
        if (!stored) observe::warn("refused calls could not be stored", {{"reason", stored.error().message()}});
        if (!stored || *stored < kAtOnce) return;
    }
}

std::unique_ptr<ports::DueKind> RefusedAccesses::make_kind()
{
    return std::make_unique<RefusedKind>(*this);
}

}  // namespace winnow::identity
