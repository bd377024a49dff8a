/// @file
/// ./dev bench keys: what it costs to tell whose key a request shows, where the node knows it.

#include "winnow/crypto/digest.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/ports/credential_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace winnow {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kKeys = 10'000;
constexpr std::size_t kKeysOfTenant = 50;

/// Knows every key, as an integration of some tenant.
class EveryKey final : public ports::CredentialStore {
public:
    void find(std::string /*hash*/,
              std::move_only_function<void(Result<std::optional<ports::Credential>>)> done) override
    {
        const auto number = asked_++;
        access::Principal who;
        who.kind = access::CredentialKind::integration_key;
        who.tenant = TenantId(Uuid::from_words(number / kKeysOfTenant + 1, 1));
        who.service_code = "tenant" + std::to_string(number / kKeysOfTenant);
        who.integration = IntegrationId(Uuid::from_words(number, 2));
        who.integration_name = "monitoring of data centre " + std::to_string(number);
        who.key = Uuid::from_words(number, 3);
        done(std::optional(ports::Credential{.principal = std::move(who), .lives_for = std::nullopt}));
    }

    [[nodiscard]] std::size_t asked() const { return asked_; }

private:
    std::size_t asked_ = 0;
};

/// Keys in the order in which they are shown: each once, far from sorted.
std::vector<std::string> keys()
{
    std::vector<std::string> all;
    for (std::size_t i = 0; i < kKeys; ++i) {
        all.push_back(identity::make_key(access::CredentialKind::integration_key).secret);
    }
    return all;
}

/// Microseconds a call of `work`, over all keys again and again: the median of rounds.
template <typename Work>
double microseconds(const std::vector<std::string>& keys, int rounds, Work work)
{
    std::vector<double> all;
    for (int round = 0; round < rounds; ++round) {
        const auto begun = Clock::now();
        for (const auto& key : keys) work(key);
        all.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begun).count() /
                      static_cast<double>(keys.size()));
    }
    std::ranges::sort(all);
    return all[all.size() / 2];
}

struct Figures {
    double cached = 0;
    double while_revoked = 0;  ///< While a thousand times a second some other tenant's access is taken.
    double digest = 0;         ///< Of that: the SHA-256 of a key.
};

Figures measure(int rounds)
{
    const auto all = keys();
    EveryKey store;
    // As on a node that hears of revocations: its clock stands, so that no key grows old meanwhile.
    identity::Authenticator authenticator(store, {.clock = [] {
                                              return identity::Instant(std::chrono::hours{1});
                                          }});
    authenticator.heard(identity::Instant(std::chrono::hours{1}));
    const auto check = [&](const std::string& key) {
        bool known = false;
        authenticator.authenticate(key, [&](const Result<access::Principal>& who) { known = who.has_value(); });
        if (!known) std::exit(1);
    };
    for (const auto& key : all) check(key);
    Figures figures;
    std::size_t bytes = 0;
    figures.digest = microseconds(all, rounds, [&](const std::string& key) { bytes += crypto::sha256(key).size(); });
    figures.cached = microseconds(all, rounds, check);
    if (store.asked() != kKeys || bytes == 0) std::exit(1);  // else it was not the cache that was measured

    std::atomic<bool> ends = false;
    std::thread other([&] {
        while (!ends) {
            authenticator.revoked(
                {.kind = access::Revoked::Kind::tenant, .tenant = TenantId(Uuid::from_words(1'000'000, 1)), .id = {}});
            std::this_thread::sleep_for(std::chrono::milliseconds{1});  // its pace
        }
    });
    figures.while_revoked = microseconds(all, rounds, check);
    ends = true;
    other.join();
    return figures;
}

}  // namespace
}  // namespace winnow

int main(int argc, char** argv)
{
    bool json = false;
    bool quick = false;
    for (int i = 1; i < argc; ++i) {
        if (std::string_view(argv[i]) == "--help") {
            std::cout << "usage: ./dev bench keys [--quick] [--json]\n";
            return 0;
        }
        json = json || std::string_view(argv[i]) == "--json";
        quick = quick || std::string_view(argv[i]) == "--quick";
    }
    const auto figures = winnow::measure(quick ? 5 : 101);
    if (json) {
        std::cout << R"({"keys": )" << winnow::kKeys << R"(, "cached_us": )" << figures.cached
                  << R"(, "while_revoked_us": )" << figures.while_revoked << R"(, "digest_us": )" << figures.digest
                  << "}\n";
    } else {
        std::cout << "one of " << winnow::kKeys << " known keys is checked in " << figures.cached
                  << " us, of which its SHA-256 takes " << figures.digest << "; in " << figures.while_revoked
                  << " us while others' access is taken\n";
    }
    return 0;
}
