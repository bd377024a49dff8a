#include "app/config/password_settings.hpp"

#include "app/config/key_file.hpp"
#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/token.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

namespace winnow::app {

namespace {

/// So that a stored hash says under which one it is: a part of a digest, which gives nothing of it away.
crypto::Pepper named(std::string secret)
{
    constexpr std::size_t kIdCharacters = 16;
    auto id = crypto::to_hex(crypto::derive_key(secret, "winnow-pepper-id/1")).substr(0, kIdCharacters);
    return {.id = std::move(id), .secret = std::move(secret)};
}

}  // namespace

crypto::Peppers password_peppers(const Config& config)
{
    std::vector<crypto::Pepper> all;
    const auto add = [&](std::string secret) {
        auto pepper = named(std::move(secret));
        if (std::ranges::find(all, pepper.id, &crypto::Pepper::id) == all.end()) all.push_back(std::move(pepper));
    };
    const auto& passwords = config.passwords;
    if (!passwords.pepper_file.empty()) add(read_key_file(passwords.pepper_file, kPepper));
    const auto made = crypto::derive_key(read_key_file(config.encryption_key_file), "winnow-pepper/1");
    if (passwords.pepper_file.empty()) add(made);
    for (const auto& file : passwords.old_pepper_files) add(read_key_file(file, kPepper));
    add(made);
    return crypto::Peppers(std::move(all));
}

identity::PasswordHasher::Options password_options(const Config& config)
{
    return {.cost = config.passwords.hash};
}

std::string sign_in_key(const Config& config)
{
    return crypto::derive_key(read_key_file(config.encryption_key_file), "winnow-sign-in/1");
}

identity::BreachedPasswords breached_passwords(const Config& config)
{
    const auto& file = config.passwords.breached_file;
    return file.empty() ? identity::BreachedPasswords() : identity::BreachedPasswords(file);
}

std::string problem_of_breached(const std::string& file)
{
    if (file.empty()) return {};
    try {
        static_cast<void>(identity::BreachedPasswords(file));
        return {};
    } catch (const std::runtime_error& wrong) {
        return wrong.what();
    }
}

}  // namespace winnow::app
