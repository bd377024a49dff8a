#include "winnow/oidc/provider.hpp"

#include "oidc/strict_json.hpp"
#include "winnow/base/network.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace winnow::oidc {

namespace {

constexpr std::string_view kScheme = "https://";

char lower(char c) noexcept
{
    return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool is_bearer(std::string_view text) noexcept
{
    return std::ranges::equal(text, std::string_view("bearer"), {}, lower);
}

/// Whether resolvers take it for an IPv4 address although it does not look like one: 127.1, 0x7f000001.
bool is_odd_address(std::string_view host)
{
    auto label = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
    label.remove_prefix(label.rfind('.') + 1);
    constexpr std::string_view kDigits = "0123456789";
    constexpr std::string_view kHex = "0123456789abcdefABCDEF";
    const bool is_hex = label.starts_with("0x") || label.starts_with("0X");
    const bool is_number = is_hex ? label.find_first_not_of(kHex, 2) == std::string_view::npos
                                  : !label.empty() && label.find_first_not_of(kDigits) == std::string_view::npos;
    return is_number && !parse_address(host);
}

}  // namespace

std::string problem_of_endpoint(std::string_view url)
{
    constexpr char kBlank = ' ';
    constexpr char kLast = 0x7e;
    if (url.size() > kMaxUrl) return "must be " + std::to_string(kMaxUrl) + " characters at most";
    if (!url.starts_with(kScheme)) return "must begin with https://";
    if (!std::ranges::all_of(url, [](char c) { return kBlank < c && c <= kLast && c != '\\'; })) {
        return "must hold nothing but visible ASCII characters";
    }
    if (url.contains('#')) return "must have no fragment";
    const auto rest = url.substr(kScheme.size());
    const auto authority = rest.substr(0, rest.find_first_of("/?"));
    if (authority.empty() || authority.starts_with(':')) return "must name a host";
    if (authority.contains('@')) return "must hold no user name";
    if (is_odd_address(authority.substr(0, authority.find(':')))) {
        return "must name a host, or an address in full, as 192.0.2.1";
    }
    return {};
}

std::string problem_of_issuer(std::string_view issuer)
{
    auto problem = problem_of_endpoint(issuer);
    if (problem.empty() && issuer.contains('?')) problem = "must have no query";
    return problem;
}

std::string metadata_url(std::string_view issuer)
{
    if (issuer.ends_with('/')) issuer.remove_suffix(1);
    return std::string(issuer) + "/.well-known/openid-configuration";
}

Judged<Metadata> read_metadata(std::string_view json, std::string_view issuer)
{
    const auto document = read_object(json, kMaxMetadataBytes);
    if (!document) return std::unexpected(Refusal::document);
    Metadata metadata;
    metadata.issuer = text_member(*document, "issuer").value_or("");
    if (metadata.issuer != issuer || issuer.empty()) return std::unexpected(Refusal::other_issuer);
    constexpr std::array kEndpoints{std::pair{"authorization_endpoint", &Metadata::authorization_endpoint},
                                    std::pair{"token_endpoint", &Metadata::token_endpoint},
                                    std::pair{"jwks_uri", &Metadata::jwks_uri}};
    for (const auto& [name, place] : kEndpoints) {
        auto url = text_member(*document, name);
        if (!url || !problem_of_endpoint(*url).empty()) return std::unexpected(Refusal::endpoint);
        metadata.*place = *std::move(url);
    }
    const auto* const announced = member(*document, "authorization_response_iss_parameter_supported");
    metadata.announces_issuer = announced != nullptr && announced->is_boolean() && announced->get<bool>();
    return metadata;
}

Judged<TokenAnswer> read_token_answer(std::string_view json)
{
    const auto document = read_object(json, kMaxTokenAnswerBytes);
    if (!document) return std::unexpected(Refusal::document);
    if (!is_bearer(text_member(*document, "token_type").value_or(""))) return std::unexpected(Refusal::token_type);
    auto token = text_member(*document, "id_token");
    if (!token) return std::unexpected(Refusal::document);
    return TokenAnswer{.id_token = *std::move(token),
                       .access_token = text_member(*document, "access_token").value_or("")};
}

}  // namespace winnow::oidc
