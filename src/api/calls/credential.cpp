#include "api/calls/credential.hpp"

#include "api/calls/entitlement.hpp"
#include "winnow/crypto/digest.hpp"

#include <algorithm>
#include <utility>

namespace winnow::api {

namespace {

/// What follows the scheme, which is named in any case.
std::string_view after_scheme(std::string_view header, std::string_view scheme)
{
    if (header.size() <= scheme.size() || header[scheme.size()] != ' ') return "";
    const bool same = std::ranges::equal(header.substr(0, scheme.size()), scheme, [](char a, char b) {
        return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
    });
    if (!same) return "";
    auto rest = header.substr(scheme.size());
    while (rest.starts_with(' ')) rest.remove_prefix(1);
    return rest;
}

/// The key that Authorization holds; "" where it holds none.
std::string authorized_key(const http::RequestHead& head, const intake::Credentials& own)
{
    const auto authorization = head.header("Authorization");
    if (const auto token = after_scheme(authorization, "bearer"); !token.empty()) return std::string(token);
    if (const auto encoded = after_scheme(authorization, "basic"); !encoded.empty()) {
        std::string decoded;
        if (!crypto::from_base64(encoded, decoded)) return "";
        const auto colon = decoded.find(':');
        return colon == std::string::npos ? "" : decoded.substr(colon + 1);
    }
    for (const auto scheme : own.schemes) {
        if (const auto key = after_scheme(authorization, scheme); !key.empty()) return std::string(key);
    }
    return "";
}

intake::Credentials credentials_of(const intake::Sender* sender)
{
    return sender == nullptr ? intake::Credentials{} : sender->credentials;
}

}  // namespace

void authenticate(identity::Authenticator& authenticator, const Shown& shown,
                  std::move_only_function<void(Result<access::Principal>)> done, const std::function<bool()>& may_ask)
{
    if (shown.is_session) return authenticator.authenticate_session(shown.secret, std::move(done), may_ask);
    if (shown.request) return authenticator.authenticate_signed(*shown.request, std::move(done), may_ask);
    authenticator.authenticate(shown.secret, std::move(done), may_ask);
}

std::string credential_of(const http::RequestHead& head, std::string_view path_token, const intake::Sender* sender)
{
    if (!path_token.empty()) return std::string(path_token);
    const auto own = credentials_of(sender);
    if (auto key = authorized_key(head, own); !key.empty()) return key;
    if (!after_scheme(head.header("Authorization"), "basic").empty())
        return "";  // malformed, and nothing else is meant
    if (const auto key = head.header("X-Api-Key"); !key.empty()) return std::string(key);
    for (const auto name : own.parameters) {
        if (auto key = head.query_parameter(name); key && !key->empty()) return *std::move(key);
    }
    return "";
}

bool shows_two_keys(const http::RequestHead& head, const intake::Sender* sender)
{
    const auto key = head.header("X-Api-Key");
    if (key.empty()) return false;
    const auto authorized = authorized_key(head, credentials_of(sender));
    return !authorized.empty() && authorized != key;
}

std::string why_forbidden(const access::Principal& who, access::Permission needed)
{
    const bool sends_alerts = needed == access::Permission::ingest;
    if (sends_alerts && who.kind == access::CredentialKind::session) {
        return "this is a person's session; alerts are sent with the key of an integration (wnk_…)";
    }
    if (sends_alerts && who.kind == access::CredentialKind::user_key) {
        return "this is a user's key (wnu_…); alerts are sent with the key of an integration (wnk_…)";
    }
    if (who.kind == access::CredentialKind::access_key && sends_alerts == who.integration.is_nil()) {
        return sends_alerts ? "this is a user's access key; alerts are sent with the access key of an integration"
                            : "this is an integration's access key, which sends alerts only; use a user's";
    }
    if (!sends_alerts && who.kind == access::CredentialKind::integration_key) {
        return "this is the key of an integration (wnk_…), which sends alerts only; use a user's key (wnu_…)";
    }
    if (who.kind == access::CredentialKind::directory && needed != access::Permission::provision_users) {
        return "this is the token of a directory (wns_…), which is for SCIM only; use a user's key (wnu_…)";
    }
    if (needed == access::Permission::provision_users && who.kind != access::CredentialKind::directory) {
        return "SCIM takes the token of a directory (wns_…): an admin makes one by POST /api/v1/scim-tokens";
    }
    if (needed == access::Permission::session || needed == access::Permission::write_own_factors) {
        if (who.tenant_suspended) return "the tenant is suspended; ask your provider";
        return "this takes a person's session: sign in; a key may not do it";
    }
    const std::string permission(to_string(needed));
    if (!access::is_in_scope(who, needed)) {
        const bool is_grant = who.kind == access::CredentialKind::support;
        return (is_grant ? "this support grant opens some things only, and " : "this key is limited to scopes, and ") +
               permission + " is none of them";
    }
    const bool is_users = access::is_user(who.kind) || who.kind == access::CredentialKind::access_key;
    if (is_users && !access::has(who.role, needed)) {
        const auto roles = access::roles_with(needed);
        return "this credential lacks the permission " + permission + ": its user's role is " +
               std::string(to_string(who.role)) + ", and " + (roles.empty() ? "no role" : roles) + " has it";
    }
    if (!access::is_for_groups(who, needed)) {
        return "this credential is narrowed to management groups, and " + permission + " is for the whole tenant";
    }
    if (who.tenant_suspended) return "the tenant is suspended; ask your provider";
    return "this credential lacks the permission " + permission;
}

std::optional<std::string> why_not_asked(const access::Principal& who, const Route& route)
{
    if (!may(who, route)) return why_forbidden(who, route.permission);
    if (!route.is_whole || !who.groups) return std::nullopt;
    return "this credential is narrowed to management groups, and this tells of the whole tenant";
}

std::string why_not_from(const access::Principal& who, std::string_view address)
{
    const auto whom = [&]() -> std::string {
        switch (access::out_of_place(who, address)) {
            case access::OutOfPlace::users: return "the tenant lets its users in";
            case access::OutOfPlace::admins: return "the tenant lets its admins in";
            case access::OutOfPlace::keys: return "the tenant's keys may be used";
            case access::OutOfPlace::key:
            case access::OutOfPlace::none: break;
        }
        return "this key may be used";
    }();
    return whom + " from some networks only, and " + std::string(address) + " is in none of them";
}

Error unauthenticated(const Shown& shown, const http::RequestHead& head)
{
    const auto& credential = shown.secret;
    if (shown.is_session) {
        return {ErrorCode::unauthenticated,
                "the session is over, or waits for its second factor (POST /auth/mfa): show that, or sign in anew"};
    }
    if (shown.request) {
        return {ErrorCode::unauthenticated,
                "the access key is unknown, expired or revoked, or the signature is not by its secret"};
    }
    const auto why = [&]() -> std::string {
        if (credential.starts_with("wnk_") || credential.starts_with("wnu_") || credential.starts_with("wns_")) {
            return "the key is unknown, expired or revoked";
        }
        if (credential.starts_with("wnp_")) {
            return "this is the provider's key; it belongs to the management listener";
        }
        if (!credential.empty()) {
            return "this is no key of Winnow's: those of integrations begin with wnk_, those of users with wnu_";
        }
        if (!head.header("Authorization").empty()) {
            return "the Authorization header holds no key: send \"Bearer <key>\", or Basic with the key as password";
        }
        return "there is no credential: send a key as Authorization: Bearer, as the password of Basic, or as X-Api-Key";
    };
    return {ErrorCode::unauthenticated, why()};
}

}  // namespace winnow::api
