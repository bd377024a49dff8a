#include "http/wire/request_id.hpp"

#include "http/wire/ascii.hpp"
#include "winnow/base/uuid.hpp"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <stdexcept>

namespace winnow::http {

namespace {

/// Random words that nobody can tell from those before them: a caller could count by them what others ask for between
/// his own requests. Fetched for many requests at once, because asking OpenSSL costs more than a request's share of it.
class Words {
public:
    std::uint64_t next()
    {
        if (left_ == 0) {
            if (RAND_bytes(reinterpret_cast<unsigned char*>(words_.data()), sizeof words_) != 1) {
                throw std::runtime_error("the system has no randomness to give");
            }
            left_ = words_.size();
        }
        return words_.at(--left_);
    }

private:
    std::array<std::uint64_t, 256> words_{};
    std::size_t left_ = 0;
};

}  // namespace

bool is_sane_request_id(std::string_view text) noexcept
{
    return !text.empty() && text.size() <= 128 &&
           std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

std::string fresh_request_id()
{
    static thread_local Words random;
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const auto high = random.next();
    const auto low = random.next();
    return Uuid::v7(static_cast<std::uint64_t>(milliseconds), high, low).str();
}

}  // namespace winnow::http
