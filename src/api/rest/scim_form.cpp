#include "api/rest/scim_form.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <string>

namespace winnow::api {

namespace {

using nlohmann::json;

constexpr std::string_view kRoot = "/scim";
constexpr int kUnprocessable = 422;
constexpr int kBadRequest = 400;
constexpr int kConflict = 409;

/// The kinds of 400 that clients of SCIM tell apart, as fields' codes name them.
constexpr std::array<std::string_view, 6> kTypes{"invalidFilter", "invalidSyntax", "invalidPath",
                                                 "invalidValue",  "mutability",    "noTarget"};

std::string_view type_of(const intake::Refusal& why)
{
    if (why.status == kConflict && why.code == "conflict") return "uniqueness";
    if (!why.fields.empty()) {
        const auto* const known = std::ranges::find(kTypes, std::string_view(why.fields.front().code));
        if (known != kTypes.end()) return *known;
    }
    if (why.status == kUnprocessable) return "invalidValue";
    return why.code == "malformed_body" ? "invalidSyntax" : "";
}

intake::Reply refuse(const intake::Refusal& why)
{
    const auto status = why.status == kUnprocessable ? kBadRequest : why.status;
    json document{{"schemas", {"urn:ietf:params:scim:api:messages:2.0:Error"}},
                  {"status", std::to_string(status)},
                  {"detail", why.detail}};
    if (const auto type = type_of(why); !type.empty()) document["scimType"] = type;
    return {.status = status,
            .content_type = kScimType,
            .body = document.dump(-1, ' ', false, json::error_handler_t::replace)};
}

}  // namespace

bool is_scim(std::string_view path) noexcept
{
    return path.starts_with(kRoot) && (path.size() == kRoot.size() || path[kRoot.size()] == '/');
}

const intake::Sender& scim_form() noexcept
{
    static constexpr intake::Sender kForm{.name = "scim", .paths = {}, .refuse = refuse};
    return kForm;
}

}  // namespace winnow::api
