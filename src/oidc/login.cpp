#include "winnow/oidc/login.hpp"

#include "winnow/crypto/digest.hpp"

#include <algorithm>

namespace winnow::oidc {

namespace {

constexpr std::size_t kMaxCode = 4'096;

bool is_unreserved(char c) noexcept
{
    return ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z') || ('a' <= c && c <= 'z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
}

/// RFC 3986: all but unreserved characters as %XX.
std::string encoded(std::string_view text)
{
    constexpr std::string_view kHex = "0123456789ABCDEF";
    constexpr unsigned kNibble = 4;
    std::string result;
    for (const char c : text) {
        if (is_unreserved(c)) {
            result += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        result += '%';
        result += kHex[byte >> kNibble];
        result += kHex[byte & 0x0FU];
    }
    return result;
}

void append(std::string& form, std::string_view name, std::string_view value)
{
    if (!form.empty()) form += '&';
    form += name;
    form += '=';
    form += encoded(value);
}

std::string_view bytes_of(const Uuid& id) noexcept
{
    return {reinterpret_cast<const char*>(id.bytes().data()), id.bytes().size()};
}

/// What of a login is made from its browser's cookie. `purpose` and id are of one length each.
std::string made_of(std::string_view key, std::string_view purpose, const Uuid& login, std::string_view cookie)
{
    std::string text(purpose);
    text += bytes_of(login);
    text += cookie;
    return crypto::hmac_sha256(key, text);
}

}  // namespace

std::string challenge_of(std::string_view verifier)
{
    return crypto::to_base64url(crypto::sha256(verifier));
}

std::string binding_of(std::string_view key, const Uuid& login, std::string_view cookie)
{
    return made_of(key, "winnow-oidc/1", login, cookie);
}

std::string verifier_of(std::string_view key, const Uuid& login, std::string_view cookie)
{
    return crypto::to_base64url(made_of(key, "winnow-pkce/1", login, cookie));
}

bool is_return_path(std::string_view path) noexcept
{
    constexpr char kBlank = ' ';
    constexpr char kLast = 0x7e;
    if (path.empty() || path.size() > kMaxReturnTo || path.front() != '/') return false;
    if (path.size() > 1 && path[1] == '/') return false;  // "//host"
    // Browsers read '\' as '/'.
    return std::ranges::all_of(path, [](char c) { return kBlank < c && c <= kLast && c != '\\'; });
}

std::string authorization_url(const Metadata& metadata, const Request& request)
{
    std::string scope = "openid";
    for (const auto& each : request.scopes) scope += ' ' + each;
    std::string query;
    append(query, "response_type", "code");
    append(query, "client_id", request.client_id);
    append(query, "redirect_uri", request.redirect_uri);
    append(query, "scope", scope);
    append(query, "state", request.state);
    append(query, "nonce", request.nonce);
    append(query, "code_challenge", request.challenge);
    append(query, "code_challenge_method", "S256");
    if (request.prove_anew) append(query, "max_age", "0");
    const auto& endpoint = metadata.authorization_endpoint;
    return endpoint + (endpoint.contains('?') ? '&' : '?') + query;
}

std::string token_body(const TokenCall& call)
{
    std::string body;
    append(body, "grant_type", "authorization_code");
    append(body, "code", call.code);
    append(body, "redirect_uri", call.redirect_uri);
    append(body, "code_verifier", call.verifier);
    if (call.secret) {
        append(body, "client_id", call.client_id);
        append(body, "client_secret", *call.secret);
    }
    return body;
}

std::string basic_authorization(std::string_view client_id, std::string_view secret)
{
    return "Basic " + crypto::to_base64(encoded(client_id) + ':' + encoded(secret));
}

Judged<void> judge_return(const std::optional<StoredLogin>& login, const WayBack& back, std::string_view key,
                          Timestamp now)
{
    if (!login) return std::unexpected(Refusal::unknown_state);
    if (login->tenant != back.tenant || login->provider != back.provider) {
        return std::unexpected(Refusal::other_provider);
    }
    if (login->used) return std::unexpected(Refusal::used);
    if (now >= login->expires_at) return std::unexpected(Refusal::expired_login);
    if (!back.cookie || !crypto::constant_time_equal(login->binding, binding_of(key, login->id, *back.cookie))) {
        return std::unexpected(Refusal::binding);
    }
    return {};
}

Judged<std::string> judge_answer(const WayBack& back, const Metadata& metadata)
{
    // Where it is announced, its absence is as bad as another one's name: the answer may be another provider's.
    if (back.issuer ? *back.issuer != metadata.issuer : metadata.announces_issuer) {
        return std::unexpected(Refusal::issuer_parameter);
    }
    if (back.error && !back.code) return std::unexpected(Refusal::denied);
    if (back.error || !back.code || back.code->empty() || back.code->size() > kMaxCode) {
        return std::unexpected(Refusal::parameters);
    }
    return *back.code;
}

}  // namespace winnow::oidc
