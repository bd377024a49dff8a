#include "api/rest/etag.hpp"

#include <string_view>

namespace winnow::api {
namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Whether a list of entity tags holds `wanted`. Our tags hold no commas, so that splitting at them is enough.
bool lists(std::string_view header, std::string_view wanted)
{
    while (!header.empty()) {
        const auto comma = header.find(',');
        auto tag = trimmed(header.substr(0, comma));
        if (tag.starts_with("W/")) tag.remove_prefix(2);
        if (tag == "*" || tag == wanted) return true;
        if (comma == std::string_view::npos) break;
        header.remove_prefix(comma + 1);
    }
    return false;
}

}  // namespace

std::string etag(std::int64_t version)
{
    return '"' + std::to_string(version) + '"';
}

Result<Done> check_if_match(const http::RequestHead& head, std::int64_t current)
{
    const auto header = head.header("If-Match");
    if (header.empty() || lists(header, etag(current))) return Done{};
    return Error(ErrorCode::version_mismatch,
                 "the current version is " + etag(current) + "; read the object again and repeat the change");
}

bool matches_if_none_match(const http::RequestHead& head, std::int64_t current)
{
    const auto header = head.header("If-None-Match");
    return !header.empty() && lists(header, etag(current));
}

}  // namespace winnow::api
