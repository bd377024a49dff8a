#include "app/key_file.hpp"

#include "winnow/crypto/digest.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <system_error>

namespace winnow::app {

namespace {

constexpr std::size_t kKeyBytes = 32;

}  // namespace

std::string read_key_file(const std::string& path)
{
    // A pipe or a device may never end, and a folder has nothing to read.
    std::error_code unknown;
    if (std::filesystem::exists(path, unknown) && !std::filesystem::is_regular_file(path, unknown)) {
        throw std::runtime_error("the encryption key " + path + " cannot be read: it is no file");
    }
    std::ifstream file(path, std::ios::binary);
    std::string content(std::istreambuf_iterator<char>(file), {});
    if (!file) throw std::runtime_error("the encryption key " + path + " cannot be read");
    if (content.size() == kKeyBytes) return content;
    while (!content.empty() && (content.back() == '\n' || content.back() == '\r')) content.pop_back();
    std::string key;
    if (content.size() == 2 * kKeyBytes && crypto::from_hex(content, key)) return key;
    throw std::runtime_error("the encryption key " + path +
                             " must hold 32 bytes, raw or as 64 hex digits; make one with: openssl rand -hex 32");
}

}  // namespace winnow::app
