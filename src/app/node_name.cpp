#include "app/node_name.hpp"

#include "app/documents.hpp"
#include "winnow/crypto/digest.hpp"

#include <unistd.h>

#include <array>
#include <cstddef>

namespace winnow::app {

std::string node_name(const Config& config)
{
    auto name = config.node.name;
    if (name.empty()) {
        std::array<char, 256> host{};
        // The system takes any bytes as its name.
        const bool named = gethostname(host.data(), host.size() - 1) == 0 && problem_of_text(host.data()).empty();
        name = named ? host.data() : "winnow";
    }
    constexpr std::size_t kDice = 4;
    return name + "-" + std::to_string(getpid()) + "-" + crypto::to_hex(crypto::random_bytes(kDice));
}

}  // namespace winnow::app
