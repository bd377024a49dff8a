#include "api/management/support_request.hpp"

#include <utility>

namespace winnow::api {

http::ResponseSink to_customers_path(http::Request& request, const std::string& path, http::ResponseSink sink)
{
    auto read = "/api/v1/" + path;
    auto asked = std::exchange(request.head.path, read);
    return [asked = std::move(asked), read = std::move(read), sink = std::move(sink)](http::Response response) mutable {
        for (auto& header : response.headers) {
            const bool leads = header.name == "Link" && header.value.starts_with('<' + read + '?');
            if (leads) header.value.replace(1, read.size(), asked);
        }
        response.set("Cache-Control", "no-store");
        sink(std::move(response));
    };
}

}  // namespace winnow::api
