/// @file
/// ./dev bench keys: what it costs to tell whose key a request shows, where the node knows it.

#include "winnow/crypto/digest.hpp"
#include "winnow/identity/authenticator.hpp"
#include "winnow/identity/request_signature.hpp"
#include "winnow/ports/access/access_key_door.hpp"
#include "winnow/ports/credential_store.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
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

/// Knows every access key, all with one secret.
class EveryAccessKey final : public ports::AccessKeyDoor {
public:
    void find(std::string /*access_key*/,
              std::move_only_function<void(Result<std::optional<ports::Credential>>)> done) override
    {
        access::Principal who;
        who.kind = access::CredentialKind::access_key;
        who.tenant = TenantId(Uuid::from_words(asked_++ / kKeysOfTenant + 1, 1));
        who.integration = IntegrationId(Uuid::from_words(asked_, 2));
        who.integration_name = "what was written for another service";
        who.signing_secret = secret_;
        done(std::optional(ports::Credential{.principal = std::move(who), .lives_for = std::nullopt}));
    }

    [[nodiscard]] const std::string& secret() const { return *secret_; }
    [[nodiscard]] std::size_t asked() const { return asked_; }

private:
    std::size_t asked_ = 0;
    const std::shared_ptr<const std::string> secret_ =
        std::make_shared<const std::string>(identity::make_access_key().secret);
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
    double is_signed = 0;      ///< A signed request of a known access key, with its HMAC.
};

/// Each request is in query style, of half a kilobyte.
double measure_signed(int rounds)
{
    constexpr std::size_t kTextBytes = 512;
    EveryAccessKey door;
    EveryKey none;
    identity::Authenticator authenticator(
        none, {.clock = [] { return identity::Instant(std::chrono::hours{1}); }, .access_keys = &door});
    authenticator.heard(identity::Instant(std::chrono::hours{1}));
    std::vector<std::string> names;
    std::unordered_map<std::string, identity::SignedRequest> requests;
    for (std::size_t i = 0; i < kKeys; ++i) {
        names.push_back(identity::make_access_key().access_key);
        const std::string text = names.back() + std::string(kTextBytes, 'x');
        requests[names.back()] = {.access_key = names.back(),
                                  .text = text,
                                  .signature = crypto::hmac_sha256(door.secret(), text),
                                  .expires_at = {}};
    }
    const auto check = [&](const std::string& name) {
        bool known = false;
        authenticator.authenticate_signed(requests.at(name),
                                          [&](const Result<access::Principal>& who) { known = who.has_value(); });
        if (!known) std::exit(1);
    };
    for (const auto& name : names) check(name);
    const auto took = microseconds(names, rounds, check);
    if (door.asked() != kKeys) std::exit(1);
    return took;
}

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
    figures.is_signed = measure_signed(rounds);
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
                  << R"(, "signed_us": )" << figures.is_signed << "}\n";
    } else {
        std::cout << "one of " << winnow::kKeys << " known keys is checked in " << figures.cached
                  << " us, of which its SHA-256 takes " << figures.digest << "; in " << figures.while_revoked
                  << " us while others' access is taken; a signed request in " << figures.is_signed << " us\n";
    }
    return 0;
}
