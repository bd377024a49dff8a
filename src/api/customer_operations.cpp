#include "api/calls/router.hpp"
#include "winnow/api/customer_api.hpp"

namespace winnow::api {

std::vector<Operation> customer_operations()
{
    std::vector<Operation> operations;
    for (const auto& entry : customer_routes()) {
        const auto& route = entry.route;
        operations.push_back({std::string(route.method), std::string(route.pattern), std::string(route.operation_id),
                              std::string(to_string(route.permission))});
    }
    return operations;
}

}  // namespace winnow::api
