#include "winnow/identity/credential_uses.hpp"

#include "winnow/observe/log.hpp"
#include "winnow/ports/credential_store.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace winnow::identity {

namespace {

using access::CredentialKind;
using ports::CredentialUse;

using Clock = std::function<Timestamp()>;

constexpr std::chrono::minutes kEvery{1};
constexpr std::size_t kAtOnce = 10'000;

Timestamp system_time()
{
    return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

/// Which key: ids are unique in a tenant only.
struct Name {
    TenantId tenant;
    CredentialKind kind;
    Uuid key;

    friend bool operator==(const Name&, const Name&) = default;
};

struct NameHash {
    std::size_t operator()(const Name& name) const noexcept
    {
        return std::hash<Uuid>{}(name.key) ^ (std::hash<TenantId>{}(name.tenant) << 1U);
    }
};

class CredentialUseKind final : public ports::DueKind {
public:
    explicit CredentialUseKind(CredentialUses& uses) : uses_(uses) {}

    [[nodiscard]] const ports::DueTraits& traits() const noexcept override { return traits_; }

    Result<std::vector<TenantId>> tenants(std::size_t /*limit*/) override { return std::vector{TenantId()}; }

    Result<ports::DueDone> run(const ports::DueTurn& turn) override
    {
        const auto stored = uses_.store(turn.limit);
        if (!stored) return stored.error();
        return ports::DueDone{.rows = *stored, .more = *stored >= turn.limit};
    }

private:
    CredentialUses& uses_;
    const ports::DueTraits traits_{.name = "credential_use", .every = kEvery};
};

}  // namespace

class CredentialUses::Impl {
public:
    Impl(ports::CredentialUseStore& store, Options options)
        : store_(store), most_(options.most), clock_(options.clock ? std::move(options.clock) : Clock(system_time))
    {
    }

    void note(const access::Principal& who)
    {
        if (who.kind == CredentialKind::directory) return;  // whoever looks at the users sees that it is at work
        const auto& shown = who.kind == CredentialKind::session ? who.session.value() : who.key;
        if (shown.is_nil()) return;
        const auto minute = std::chrono::floor<std::chrono::minutes>(clock_());
        const std::lock_guard lock(mutex_);
        const Name name{.tenant = who.tenant, .kind = who.kind, .key = shown};
        if (const auto known = noted_.find(name); known != noted_.end()) {
            known->second = std::max<Timestamp>(known->second, minute);
        } else if (noted_.size() < most_) {
            noted_.emplace(name, minute);
        }
    }

    Result<std::size_t> store(std::size_t limit)
    {
        const auto uses = take(limit);
        if (uses.empty()) return std::size_t{0};
        if (const auto stored = store_.note(uses); !stored) {
            put_back(uses);
            return stored.error();
        }
        return uses.size();
    }

private:
    std::vector<CredentialUse> take(std::size_t limit)
    {
        std::vector<CredentialUse> taken;
        const std::lock_guard lock(mutex_);
        taken.reserve(std::min(limit, noted_.size()));
        while (taken.size() < limit && !noted_.empty()) {
            const auto& [name, minute] = *noted_.begin();
            taken.push_back({.tenant = name.tenant, .kind = name.kind, .key = name.key, .minute = minute});
            noted_.erase(noted_.begin());
        }
        return taken;
    }

    /// What was noted meanwhile is later, and stays.
    void put_back(const std::vector<CredentialUse>& uses)
    {
        const std::lock_guard lock(mutex_);
        for (const auto& use : uses) {
            if (noted_.size() >= most_) return;
            noted_.emplace(Name{.tenant = use.tenant, .kind = use.kind, .key = use.key}, use.minute);
        }
    }

    ports::CredentialUseStore& store_;
    const std::size_t most_;
    const Clock clock_;
    std::mutex mutex_;
    std::unordered_map<Name, Timestamp, NameHash> noted_;  // its minute; guarded by mutex_
};

CredentialUses::CredentialUses(ports::CredentialUseStore& store, Options options)
    : impl_(std::make_unique<Impl>(store, std::move(options)))
{
}

CredentialUses::~CredentialUses() = default;

void CredentialUses::note(const access::Principal& who)
{
    impl_->note(who);
}

Result<std::size_t> CredentialUses::store(std::size_t limit)
{
    return impl_->store(limit);
}

void CredentialUses::store_rest()
{
    for (;;) {
        const auto stored = store(kAtOnce);
        if (!stored) {
            observe::warn("when keys were used last could not be stored", {{"reason", stored.error().message()}});
        }
        if (!stored || *stored < kAtOnce) return;
    }
}

std::unique_ptr<ports::DueKind> CredentialUses::make_kind()
{
    return std::make_unique<CredentialUseKind>(*this);
}

}  // namespace winnow::identity
