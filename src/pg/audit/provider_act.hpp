#pragma once

/// @file
/// What is recorded of an act of the provider's. Private to pg.

#include "winnow/ports/credential_store.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace winnow::pg {

/// @param object  "tenant:<id>". @param what  It was goes into the detail, with from where it was asked for.
[[nodiscard]] inline audit::Act provider_act(std::string object, std::string_view name,
                                             const ports::ProviderRequest& by,
                                             nlohmann::json what = nlohmann::json::object())
{
    if (!by.address.empty()) what["address"] = by.address;
    if (!by.user_agent.empty()) what["user_agent"] = by.user_agent;
    if (!by.certificate_subject.empty()) what["certificate_subject"] = by.certificate_subject;
    return {.actor = by.actor,
            .name = std::string(name),
            .object = std::move(object),
            .detail = what.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)};
}

}  // namespace winnow::pg
