#pragma once

/// @file
/// A request's head as readers of senders' bodies ask for it.

#include "api/rest/route.hpp"
#include "winnow/http/message.hpp"
#include "winnow/intake/sender.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace winnow::api {

/// Refers to what it is given.
class HeadFields final : public intake::RequestFields {
public:
    HeadFields(const http::RequestHead& head, const PathParameters& parameters) : head_(head), parameters_(parameters)
    {
    }

    [[nodiscard]] std::string_view header(std::string_view name) const override { return head_.header(name); }

    [[nodiscard]] std::optional<std::string> query(std::string_view name) const override
    {
        return head_.query_parameter(name);
    }

    [[nodiscard]] std::string_view parameter(std::string_view name) const override
    {
        for (const auto& [key, value] : parameters_) {
            if (key == name) return value;
        }
        return "";
    }

private:
    const http::RequestHead& head_;
    const PathParameters& parameters_;
};

}  // namespace winnow::api
