#include "app/config/key_file.hpp"

#include "winnow/crypto/digest.hpp"
#include "winnow/crypto/secret_bytes.hpp"
#include "winnow/documents/documents.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace winnow::app {

namespace {

constexpr std::size_t kKeyBytes = 32;

}  // namespace

std::string read_key_file(const std::string& path, const std::string& what)
{
    const auto unreadable = [&](const std::string& why) {
        return std::runtime_error("the " + what + " " + path + " cannot be read: " + why);
    };
    if (const auto why = documents::why_unreadable(path); !why.empty()) throw unreadable(why);
    std::ifstream file(path, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(file), {});
    if (!file) throw unreadable("its bytes do not come");
    if (content.size() == kKeyBytes) return content;
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
    std::string key;
    const bool is_hex = content.size() == 2 * kKeyBytes && crypto::from_hex(content, key);
    crypto::cleanse(content);
    if (is_hex) return key;
    throw std::runtime_error("the " + what + " " + path +
                             " must hold 32 bytes, raw or as 64 hex digits; make one with: openssl rand -hex 32");
}

crypto::SigningKey read_signing_key(const std::string& path)
{
    const auto wrong = [&](const std::string& why) {
        return std::runtime_error("the audit signing key " + path + " " + why);
    };
    if (const auto why = documents::why_unreadable(path); !why.empty()) throw wrong("cannot be read: " + why);
    std::ifstream file(path, std::ios::binary);
    const std::string content(std::istreambuf_iterator<char>(file), {});
    if (!file) throw wrong("cannot be read: its bytes do not come");
    try {
        return crypto::SigningKey(content);
    } catch (const std::invalid_argument& refused) {
        throw wrong(refused.what());
    }
}

}  // namespace winnow::app
