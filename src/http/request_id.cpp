#include "http/request_id.hpp"

#include "http/ascii.hpp"
#include "winnow/base/uuid.hpp"

#include <algorithm>
#include <chrono>
#include <random>

namespace winnow::http {

bool is_sane_request_id(std::string_view text) noexcept
{
    return !text.empty() && text.size() <= 128 &&
           std::ranges::all_of(text, [](char c) { return is_alnum(c) || c == '.' || c == '_' || c == '-'; });
}

std::string fresh_request_id()
{
    static thread_local std::mt19937_64 random = [] {
        std::random_device device;
        std::seed_seq seed{device(), device(), device(), device()};
        return std::mt19937_64(seed);
    }();
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
    const auto high = random();
    const auto low = random();
    return Uuid::v7(static_cast<std::uint64_t>(milliseconds), high, low).str();
}

}  // namespace winnow::http
