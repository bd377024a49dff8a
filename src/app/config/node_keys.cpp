#include "app/config/node_keys.hpp"

#include "app/config/config_key.hpp"
#include "winnow/base/text.hpp"
#include "winnow/domain/one_line.hpp"
#include "winnow/domain/tenant.hpp"

#include <chrono>
#include <string>

namespace winnow::app {

namespace {

using std::chrono::milliseconds;

/// Stands in every line of the log and in rows of the database: "" (the host's name), or what people can read.
Key node_name()
{
    return {"node.name", [](Config& config, const std::vector<std::string>& values) {
                constexpr std::size_t kMostCharacters = 100;
                const auto& name = values.front();
                if (domain::one_line(name) != name || count_code_points(name) > kMostCharacters) {
                    return std::string(
                        "must be 1 to 100 characters that can be seen, with no blank at either end nor two in a row");
                }
                config.node.name = name;
                return std::string();
            }};
}

/// Where the node, and the database that it works with, are.
Key data_region()
{
    return {"node.data_region", [](Config& config, const std::vector<std::string>& values) {
                const auto& region = values.front();
                if (!region.empty() && !domain::is_region(region)) {
                    return std::string("must be 1 to 32 characters of a-z, 0-9 and, between them, -");
                }
                config.node.data_region = region;
                return std::string();
            }};
}

}  // namespace

void add_node(std::vector<Key>& keys)
{
    keys.push_back(node_name());
    keys.push_back(data_region());
    keys.push_back(number<std::size_t>("node.io_threads", [](Config& c) -> auto& { return c.node.io_threads; }, 0, 64));
    keys.push_back(duration(
        "node.grace", [](Config& c) -> auto& { return c.node.grace; }, milliseconds{0}, std::chrono::minutes{10}));
}

}  // namespace winnow::app
