#include "api/rest/page.hpp"

#include "api/rest/problem.hpp"
#include "api/rest/respond.hpp"
#include "winnow/base/text.hpp"
#include "winnow/crypto/digest.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

constexpr std::size_t kMaxCursorBytes = 4'096;
constexpr std::string_view kIsList = "[]";

/// A parameter's name without the sign of a list.
std::string_view plain(std::string_view known)
{
    if (known.ends_with(kIsList)) known.remove_suffix(kIsList.size());
    return known;
}

std::optional<Cursor> decode_cursor(std::string text)
{
    if (text.empty() || text.size() > kMaxCursorBytes || text.find_first_of("+/=") != std::string::npos) return {};
    std::ranges::replace(text, '-', '+');
    std::ranges::replace(text, '_', '/');
    while (text.size() % 4 != 0) text += '=';
    std::string bytes;
    if (!crypto::from_base64(text, bytes)) return {};
    const auto parts = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
    if (!parts.is_array() || parts.empty()) return {};
    Cursor cursor;
    for (const auto& part : parts) {
        if (!part.is_string()) return {};
        cursor.push_back(part.get<std::string>());
        if (cursor.back().find('\0') != std::string::npos) return {};
    }
    return cursor;
}

/// The request's own query with another cursor. The text stays as the client encoded it.
std::string next_query(std::string_view query, std::string_view cursor)
{
    std::string out;
    while (!query.empty()) {
        const auto end = query.find('&');
        const auto pair = query.substr(0, end);
        if (!pair.empty() && pair != "cursor" && !pair.starts_with("cursor=")) {
            out += pair;
            out += '&';
        }
        if (end == std::string_view::npos) break;
        query.remove_prefix(end + 1);
    }
    return out + "cursor=" + std::string(cursor);
}

}  // namespace

std::string encode_cursor(const Cursor& cursor)
{
    return crypto::to_base64url(dump(nlohmann::json(cursor)));
}

Error bad_cursor()
{
    return query_error("cursor", "is not one that this list gave; begin again without it");
}

Result<PageRequest> page_request(const http::RequestHead& head, std::size_t cursor_parts)
{
    PageRequest page;
    if (const auto text = head.query_parameter("limit")) {
        const auto* const end = text->data() + text->size();
        const auto [stop, failure] = std::from_chars(text->data(), end, page.limit);
        if (failure != std::errc{} || stop != end || page.limit < 1 || page.limit > kMaxPage) {
            return query_error("limit", "must be a number from 1 to " + std::to_string(kMaxPage));
        }
    }
    if (auto text = head.query_parameter("cursor")) {
        auto cursor = decode_cursor(std::move(*text));
        if (!cursor || cursor->size() != cursor_parts) return bad_cursor();
        page.cursor = std::move(*cursor);
    }
    return page;
}

std::string next_link(const http::RequestHead& head, std::string_view cursor)
{
    return '<' + head.path + '?' + next_query(head.query, cursor) + ">; rel=\"next\"";
}

bool PageText::add(const nlohmann::json& item)
{
    const auto text = dump(item);
    if (!is_first_ && items_.size() + text.size() >= kMaxPageBytes) return false;
    if (!is_first_) items_ += ',';
    is_first_ = false;
    items_ += text;
    return true;
}

http::Response PageText::response(const http::RequestHead& head, const Cursor& next) &&
{
    const auto cursor = next.empty() ? std::string() : encode_cursor(next);
    auto body = R"({"items":[)" + std::move(items_) + R"(],"next_cursor":)" +
                (next.empty() ? "null" : '"' + cursor + '"') + '}';
    http::Response response(200, "application/json", std::move(body));
    if (!next.empty()) response.set("Link", next_link(head, cursor));
    return response;
}

Result<Done> only_parameters(const http::RequestHead& head, std::initializer_list<std::string_view> known)
{
    std::set<std::string> given;
    for (const auto& [name, value] : head.query_parameters()) {
        const auto* const found = std::ranges::find_if(known, [&name](std::string_view candidate) {
            if (candidate.ends_with('.')) return name.starts_with(candidate) && name != candidate;
            return name == plain(candidate);
        });
        if (found != known.end()) {
            // Of two, a proxy or a filter before us may have looked at the other one. Of a label each has to hold.
            if (given.insert(name).second || found->ends_with(kIsList) || found->ends_with('.')) continue;
            return query_error(truncate_utf8(name, 64), "must be given once");
        }
        if (name.ends_with('.') && std::ranges::find(known, name) != known.end()) {
            return query_error(name, "needs a name behind the dot, as in " + name + "env=prod");
        }
        std::vector<std::string_view> names;
        for (const auto candidate : known) names.push_back(plain(candidate));
        const auto suggestion = nearest(name, names);
        return query_error(truncate_utf8(name, 64), suggestion.empty()
                                                        ? std::string("is not known here")
                                                        : "is not known here; did you mean '" + suggestion + "'?");
    }
    return Done{};
}

}  // namespace winnow::api
