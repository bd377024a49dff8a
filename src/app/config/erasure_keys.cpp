#include "app/config/erasure_keys.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace winnow::app {

void add_erasure(std::vector<Key>& keys)
{
    keys.push_back(duration(
        "erasure.begins_after", [](Config& c) -> auto& { return c.erasure.begins_after; }, std::chrono::milliseconds{0},
        std::chrono::hours{24}));
    keys.push_back(number<std::size_t>(
        "erasure.rewrite_bytes", [](Config& c) -> auto& { return c.erasure.rewrite_bytes; }, 0,
        std::uint64_t{1} << 40U));
    keys.push_back(
        number<std::size_t>("erasure.backup_days", [](Config& c) -> auto& { return c.erasure.backup_days; }, 0, 3'650));
}

}  // namespace winnow::app
