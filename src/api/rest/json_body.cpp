#include "api/rest/json_body.hpp"

#include "api/rest/problem.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>
#include <vector>

namespace winnow::api {
namespace {

using nlohmann::json;

Error malformed(std::string pointer, std::string detail)
{
    return Error(std::vector<FieldError>{
        {.pointer = std::move(pointer), .code = std::string(kMalformedBody), .detail = std::move(detail)}});
}

/// Builds the document while it refuses what nlohmann's own reader lets through: a second member of a name, U+0000,
/// and depth without end.
class StrictBuilder : public nlohmann::json_sax<json> {
public:
    bool null() override { return put(json(nullptr)); }
    bool boolean(bool value) override { return put(json(value)); }
    bool number_integer(number_integer_t value) override { return put(json(value)); }
    bool number_unsigned(number_unsigned_t value) override { return put(json(value)); }
    bool number_float(number_float_t value, const string_t& /*text*/) override { return put(json(value)); }
    bool binary(binary_t& /*value*/) override { return refuse("binary values are not JSON"); }

    bool string(string_t& value) override
    {
        // Text columns cannot hold it, and a text that is cut there could pass for another one.
        if (value.find('\0') != std::string::npos) return refuse("a string holds U+0000");
        return put(json(std::move(value)));
    }

    bool start_object(std::size_t /*size*/) override { return open(json::object()); }
    bool start_array(std::size_t /*size*/) override { return open(json::array()); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool key(string_t& name) override
    {
        key_ = name;
        if (name.find('\0') != std::string::npos) return refuse("a member's name holds U+0000");
        if (stack_.back()->contains(name)) return refuse("the member stands twice in its object");
        return true;
    }

    bool parse_error(std::size_t position, const std::string& /*token*/, const json::exception& failure) override
    {
        const auto at = " at byte " + std::to_string(position);
        if (failure.id == kNumberOverflow) return refuse("a number is out of range" + at);
        error_ = malformed("", "the body is not valid JSON" + at);
        return false;
    }

    Result<json> take()
    {
        if (error_) return std::move(*error_);
        return std::move(root_);
    }

private:
    static constexpr int kNumberOverflow = 406;

    bool put(json value)
    {
        slot() = std::move(value);
        return true;
    }

    bool open(json container)
    {
        if (stack_.size() >= kMaxJsonDepth) {
            return refuse("nested deeper than " + std::to_string(kMaxJsonDepth) + " levels");
        }
        auto& place = slot();
        place = std::move(container);
        stack_.push_back(&place);
        path_.push_back(path_token());
        return true;
    }

    bool close()
    {
        stack_.pop_back();
        path_.pop_back();
        return true;
    }

    /// Where the next value goes. Only the innermost container grows, so pointers to the outer ones stay good.
    json& slot()
    {
        if (stack_.empty()) return root_;
        auto& parent = *stack_.back();
        if (parent.is_object()) return parent[key_];
        parent.push_back(nullptr);
        return parent.back();
    }

    /// The token of the container that was just opened, as its parent calls it.
    std::string path_token() const
    {
        if (stack_.size() < 2) return {};
        const auto& parent = *stack_[stack_.size() - 2];
        return '/' + (parent.is_object() ? escape_pointer(key_) : std::to_string(parent.size() - 1));
    }

    bool refuse(std::string detail)
    {
        std::string pointer;
        for (const auto& token : path_) pointer += token;
        if (!stack_.empty()) {
            const auto& inner = *stack_.back();
            pointer += '/' + (inner.is_object() ? escape_pointer(key_) : std::to_string(inner.size()));
        }
        error_ = malformed(std::move(pointer), std::move(detail));
        return false;
    }

    json root_;
    std::vector<json*> stack_;
    std::vector<std::string> path_;
    std::string key_;
    std::optional<Error> error_;
};

std::string lower(std::string_view text)
{
    std::string out(text);
    std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return out;
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

}  // namespace

std::optional<std::string> media_type_of(const http::RequestHead& head)
{
    auto header = lower(trimmed(head.header("Content-Type")));
    const std::string_view rest = header;
    if (const auto at = rest.find("charset="); at != std::string_view::npos) {
        auto charset = rest.substr(at + std::string_view("charset=").size());
        charset = trimmed(charset.substr(0, charset.find(';')));
        if (charset.size() >= 2 && charset.front() == '"' && charset.back() == '"') {
            charset = charset.substr(1, charset.size() - 2);
        }
        if (charset != "utf-8" && charset != "utf8" && charset != "us-ascii") return std::nullopt;
    }
    const auto bytes = trimmed(rest.substr(0, rest.find(';'))).size();
    if (bytes == 0 && !header.empty()) return std::nullopt;
    header.resize(bytes);  // no blanks are before it
    return header;
}

bool has_media_type(const http::RequestHead& head, std::initializer_list<std::string_view> allowed)
{
    const auto type = media_type_of(head);
    return type && (type->empty() || std::ranges::find(allowed, *type) != allowed.end());
}

Result<json> parse_json(std::string_view text)
{
    // The library's reader takes a NUL for the end, whatever follows.
    if (const auto nul = text.find('\0'); nul != std::string_view::npos) {
        return malformed("", "the body holds U+0000 at byte " + std::to_string(nul + 1) + ", which is not JSON");
    }
    StrictBuilder builder;
    json::sax_parse(text, &builder);  // its verdict and the reason come out of take()
    return builder.take();
}

Result<json> read_object(const http::Request& request)
{
    if (request.body.empty()) return malformed("", "the body is empty; send a JSON object");
    auto document = parse_json(request.body);
    if (document && !document->is_object()) return field_error("", "must be a JSON object");
    return document;
}

json merge_patch(json current, const json& patch)
{
    current.merge_patch(patch);
    return current;
}

}  // namespace winnow::api
